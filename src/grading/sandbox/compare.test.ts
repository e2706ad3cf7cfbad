import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuMilliseconds } from '../../../tests/support/cpu-time.ts';
import type { Json } from '../../records.ts';
import { ComparisonTimeout, outputDifference, sameJson } from './compare.ts';

describe('printed output', () => {
  it.each([
    ['1 2\n3\n', '1 2 3', null],
    ['  a\r\n\tb  ', 'a b\n', null],
    ['', ' \n', null],
    ['1 2', '1 2 3', '2 of 3 tokens printed'],
    ['1 2 3', '1 2', '3 tokens printed, 2 expected'],
    ['yes', 'YES', 'token 1 is "yes"'],
    ['1.0', '1', 'token 1 is "1.0"'],
    ['ab', 'a b', 'token 1 is "ab"'],
  ])('%j against %j: %j', (actual, expected, difference) => {
    expect(outputDifference(actual, expected)).toBe(difference);
  });

  it.each([
    ['1.0', '1', 0, true],
    ['1e3', '1000', 0, true],
    ['1.0000001', '1', 1e-6, true],
    ['1.00001', '1', 1e-6, false],
    ['1000000.5', '1000000', 1e-6, true],
    ['1.', '1', 0, true],
    ['.5', '0.5', 0, true],
    ['-1.5e-1', '-0.15', 0, true],
    ['1.5.', '1.5', 1, false],
    ['1e', '1', 1, false],
    ['1e400', '2e400', 1, false],
    ['1e400', '1e400', 1, true],
    ['1', '1e400', 1, false],
    ['.', '0', 1, false],
    ['nan', '1', 1, false],
    ['0x1', '1', 1, false],
    ['', '0', 1, false],
  ])('%s is %s within %d: %j', (actual, expected, tolerance, same) => {
    expect(outputDifference(actual, expected, tolerance) === null).toBe(same);
  });

  it('takes time that grows with the length of tokens and texts only', () => {
    const long = 1_000_000;
    const start = cpuMilliseconds();
    for (const token of ['1', '1.', '.1', '1e', '-', '0.0'])
      expect(outputDifference(`${token.repeat(long)}x`, '5', 1e-6)).toMatch(/^token 1 is/u);
    expect(outputDifference('9'.repeat(long), `${'9'.repeat(long)}1`, 1e-6)).toMatch(/^token 1 is/u);
    expect(outputDifference('9'.repeat(long), '9'.repeat(long), 1e-6)).toBeNull();
    expect(outputDifference(' '.repeat(long), '\n'.repeat(long))).toBeNull();
    expect(outputDifference('1 '.repeat(long), '1\n'.repeat(long), 0)).toBeNull();
    expect(outputDifference('x'.repeat(40 * long), 'y')).toMatch(/^token 1 is/u);
    expect(cpuMilliseconds() - start).toBeLessThan(10_000);
  });

  it('is given up after its time limit', () => {
    const text = '1 '.repeat(100_000);
    expect(() => outputDifference(text, text, undefined, -1)).toThrow(ComparisonTimeout);
    expect(() => outputDifference(text, '1', undefined, -1)).toThrow('the comparison took more than -1 ms');
  });

  it('never shows the expected text', () => {
    expect(outputDifference('x'.repeat(100), 'secret')).toBe(`token 1 is "${'x'.repeat(39)}…"`);
  });
});

describe('returned values', () => {
  it.each<[Json, Json, boolean]>([
    [{ a: 1, b: [2] }, { b: [2], a: 1 }, true],
    [{ a: 1 }, { a: 1, b: null }, false],
    [{ a: 1, b: null }, { a: 1 }, false],
    [[1, 2], [2, 1], false],
    [[], {}, false],
    [{}, [], false],
    [{ 0: 1 }, [1], false],
    [null, {}, false],
    [null, null, true],
    ['1', 1, false],
    [true, 1, false],
    [0.1 + 0.2, 0.3, false],
    [{ length: 1 }, [1], false],
    [JSON.parse('{"__proto__":{"a":1}}') as Json, { a: 1 }, false],
    [{}, JSON.parse('{"__proto__":1}') as Json, false],
  ])('%j against %j: %j', (actual, expected, same) => {
    expect(sameJson(actual, expected)).toBe(same);
  });

  it('lets numbers differ by the tolerance, anywhere inside', () => {
    expect(sameJson([{ x: 0.1 + 0.2 }], [{ x: 0.3 }], 1e-9)).toBe(true);
    expect(sameJson([{ x: 0.31 }], [{ x: 0.3 }], 1e-9)).toBe(false);
  });

  it('are given up after their time limit', () => {
    const list = Array.from({ length: 100_000 }, (_, i) => i);
    expect(() => sameJson(list, list, 0, -1)).toThrow(ComparisonTimeout);
    expect(sameJson(list, list)).toBe(true);
  });

  it('finds every value equal to itself and to its copy', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.parse(JSON.stringify(value)) as Json;
        return sameJson(json, structuredClone(json));
      }),
    );
  });
});
