import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuMilliseconds } from '../../../tests/support/cpu-time.ts';
import { runs } from '../../../tests/support/long.ts';
import { integerField, jsonDepth, jsonErrorAt } from './json-syntax.ts';

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('integerField', () => {
  it.each([
    ['{"seed":9223372036854775807}', 9223372036854775807n],
    ['{"a":[{"seed":1}],"b":"\\"seed\\":2","se\\u0065d" : -5 }', -5n],
    ['{"seed":1,"seed":18446744073709551615}', 18446744073709551615n],
    ['{"a":{"seed":1}}', null],
    ['{"a":"seed"}', null],
    ['{"seed":1.5}', null],
    ['{"seed":1e18}', null],
    ['{"seed":"7"}', null],
  ])('reads %s', (text, value) => {
    expect(integerField(text, 'seed')).toBe(value);
  });
});

describe('jsonErrorAt', () => {
  it.each([
    ['', 0],
    ['   ', 3],
    ['{"a":}', 5],
    ['{"a":1,}', 7],
    ['[1,]', 3],
    ['[1 2]', 3],
    ['abc', 0],
    ['nul', 0],
    ['01', 0],
    ['1.', 0],
    ['[1,2', 4],
    ['{"a":1} x', 8],
    ['{"a":"\n"}', 6],
    ['"\\x"', 1],
    ['"\\u12g4"', 1],
    ['"abc', 4],
    ['[}', 1],
    ['{]', 1],
    ['{"a" 1}', 5],
    ['{1:2}', 1],
    ['{"a":1 "b":2}', 7],
    ["{'a':1}", 1],
    ['[NaN]', 1],
    ['\ufeff{}', 0],
  ])('finds the place in %j', (text, at) => {
    expect(jsonErrorAt(text)).toBe(at);
  });

  it('agrees with JSON.parse on what is JSON', () => {
    const value = fc
      .json()
      .chain((text) =>
        fc
          .tuple(
            fc.nat(text.length),
            fc.nat(3),
            fc.constantFrom('', '"', '\\', ',', '}', ']', '{', '1', 'e', ' '),
          )
          .map(([at, drop, put]) => text.slice(0, at) + put + text.slice(at + drop)),
      );
    fc.assert(
      fc.property(fc.oneof(value, fc.json()), (text) => (jsonErrorAt(text) === null) === parses(text)),
      {
        numRuns: runs(1_000, 60_000),
      },
    );
  });

  it('takes time in proportion to a hostile text', () => {
    const started = cpuMilliseconds();
    expect(jsonErrorAt('['.repeat(1_000_000))).toBe(1_000_000);
    expect(jsonErrorAt(`"${'\\"'.repeat(500_000)}`)).toBe(1_000_001);
    expect(cpuMilliseconds() - started).toBeLessThan(2000);
  });
});

describe('jsonDepth', () => {
  it.each([
    ['1', 0],
    ['[]', 1],
    ['[[],{"a":[]}]', 3],
    ['"[[[["', 0],
    ['["\\"[[", []]', 2],
  ])('of %s is %i', (text, depth) => {
    expect(jsonDepth(text)).toBe(depth);
  });
});
