import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../../tests/support/long.ts';
import { StateTokens, walk } from './allowed-tokens.ts';
import { jsonObjectGrammar } from './json-object.ts';
import { vocabularies } from './testing.ts';
import { Vocabulary } from './vocabulary.ts';

const of = (...texts: (string | null)[]): Vocabulary =>
  new Vocabulary(texts.map((text) => (text === null ? null : Buffer.from(text))));

describe('Vocabulary', () => {
  it('is a tree in preorder', () => {
    const tree = of('b', 'ab', null, 'abd', '', 'ab', 'c');
    expect([...tree.ids]).toEqual([1, 5, 3, 0, 6]);
    expect(Buffer.from(tree.byte).toString()).toBe('abdbc');
    expect([...tree.depth]).toEqual([1, 2, 3, 1, 1]);
    expect([...tree.after]).toEqual([3, 3, 3, 4, 5]);
    expect([...tree.first]).toEqual([0, 0, 2, 3, 4, 5]);
    expect(tree.hasByte(0x61)).toBe(false);
    expect(tree.hasByte(0x63)).toBe(true);
    expect(tree.hasAllBytes).toBe(false);
  });

  it('counts longest matches', () => {
    const tree = of('a', 'b', 'ab', 'abba', 'bb');
    expect(tree.countTokens(Buffer.from('abbaabb'))).toBe(3);
    expect(tree.countTokens(Buffer.from(''))).toBe(0);
    // The longest match may fail where another would not.
    expect(of('ab', 'a', 'bc').countTokens(Buffer.from('abc'))).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('walk', () => {
  it('finds the tokens that the grammar takes, by the state after them', () => {
    const start = jsonObjectGrammar().start();
    const beginnings = ['', '{', '{"', '{"a\\', '{"a": ', '{"a": 1', '{"a": [true', '{"é": "x"'];
    fc.assert(
      fc.property(vocabularies, fc.constantFrom(...beginnings), (tokens, begun) => {
        const state = start.advance(Buffer.from(begun))!;
        const expected = tokens.map((bytes) => state.advance(bytes));
        const groups = walk(new Vocabulary(tokens), state);
        const found = tokens.map((): unknown => null);
        for (const [after, ids] of groups) for (const id of ids) found[id] = after;
        expect(found.every((after, id) => after === expected[id])).toBe(true);
      }),
      { numRuns: runs(60, 1_200) },
    );
  });
});

describe('StateTokens', () => {
  const group = (need: number, ...ids: number[]) => ({ need, ids: Int32Array.from(ids) });
  const tokens = new StateTokens('k', [group(4, 9), group(1, 7, 8), group(4, 3), group(0, 5)]);

  it('leaves out what could not be closed in time', () => {
    expect([...tokens.within(1).ids]).toEqual([5]);
    expect([...tokens.within(2).ids]).toEqual([5, 7, 8]);
    expect([...tokens.within(4).ids]).toEqual([5, 7, 8]);
    expect([...tokens.within(5).ids]).toEqual([5, 7, 8, 9, 3]);
    expect([...tokens.within(0).ids]).toEqual([5]);
  });

  it('gives the same set as the same object', () => {
    expect(tokens.within(5)).toBe(tokens.within(1e9));
    expect(tokens.within(2)).toBe(tokens.within(3));
    expect(tokens.within(2).key).not.toBe(tokens.within(5).key);
  });
});
