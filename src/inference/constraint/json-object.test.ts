import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../../tests/support/long.ts';
import { jsonObjectGrammar } from './json-object.ts';
import { accepts } from './testing.ts';

const grammar = jsonObjectGrammar();
/** Numbers below the largest power of ten that fits a double. */
const numbers = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e307, max: 1e307 });
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false),
    fc.string({ unit: 'binary' }),
    fc.integer(),
    numbers,
    fc.array(tie('value'), { maxLength: 4 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.string({ unit: 'binary' }), tie('value'), { maxKeys: 4 }),
}));

const nested = (depth: number): string => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;

function parses(text: string): boolean {
  try {
    return text.trimStart().startsWith('{') && JSON.parse(text) !== null;
  } catch {
    return false;
  }
}

describe('jsonObjectGrammar', () => {
  it('takes what JSON.stringify writes of any object, with and without blanks', () => {
    fc.assert(
      fc.property(values.object, fc.constantFrom(0, 1, 2), (object, indent) => {
        expect(accepts(grammar, JSON.stringify(object, null, indent))).toBe(true);
      }),
      { numRuns: runs(200, 4_000) },
    );
  });

  it('takes no text that JSON.parse refuses', () => {
    fc.assert(
      fc.property(
        values.object,
        fc.array(fc.tuple(fc.nat(), fc.constantFrom(...'{}[]",:\\u0eE.-+1 \n\tatdé')), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.boolean(),
        (object, edits, isInserted) => {
          let text = JSON.stringify(object);
          for (const [at, letter] of edits) {
            const place = at % (text.length + 1);
            text = text.slice(0, place) + letter + text.slice(isInserted ? place : place + 1);
          }
          // Half a pair has no bytes of its own.
          if (/[\ud800-\udfff]/u.test(text)) return;
          if (!parses(text)) expect(accepts(grammar, text), text).toBe(false);
        },
      ),
      { numRuns: runs(500, 10_000) },
    );
  });

  it.each([
    ['', '[]', '1', '{', '{"a"}', '{"a":}', '{"a":1,}', '{,}', "{'a':1}", '{a:1}', '{} ', '{}{}', '{"a":01}'],
    [
      '{"a":.5}',
      '{"a":1.}',
      '{"a":-}',
      '{"a":+1}',
      '{"a":1e}',
      '{"a":1e400}',
      '{"a":NaN}',
      '{"a":tru}',
      '{"a":True}',
    ],
    [
      '{"\n":1}',
      '{"\\x":1}',
      '{"\\u12g4":1}',
      '{"a" "b"}',
      '{"a":[1 2]}',
      '{"a":[1,]}',
      '{"a":1]',
      '\u00a0{}',
      '\ufeff{}',
    ],
  ])('refuses broken texts', (...texts) => {
    for (const text of texts) expect(accepts(grammar, text), text).toBe(false);
  });

  it('bounds blanks and nesting', () => {
    expect(accepts(grammar, `{${' '.repeat(40)}}`)).toBe(true);
    expect(accepts(grammar, `{${' '.repeat(41)}}`)).toBe(false);
    expect(accepts(grammar, nested(64))).toBe(true);
    expect(accepts(grammar, nested(65))).toBe(false);
  });

  it('ends with the object', () => {
    const end = grammar.start().advance(Buffer.from('\n{"a": {}}'))!;
    expect(end.complete).toBe(true);
    expect(end.finished).toBe(true);
    expect(end.step(0x20)).toBeNull();
  });

  it.each([
    ['', '{}'],
    ['{"a', '":0}'],
    ['{"a":"\\', '""}'],
    ['{"a":[{"b":tr', 'ue}]}'],
    ['{"a":"\\ud8', '00\\uDC00"}'],
  ])('knows the shortest end after %j', (begun, end) => {
    expect(Buffer.from(grammar.start().advance(Buffer.from(begun))!.shortestEnd()).toString()).toBe(end);
  });

  it('forgets states without changing what it takes', () => {
    // Each length of the exponent and digits before it is a state of its own: more than are kept.
    const text = (i: number): string =>
      `{"${'[{'.repeat(i % 7)}":[${'1'.repeat(1 + (i % 21))}.${'2'.repeat(1 + (i % 24))}e${i % 280}]}`;
    for (let i = 0; i < 6000; i++) expect(accepts(grammar, text(i))).toBe(true);
  });
});
