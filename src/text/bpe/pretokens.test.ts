import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PretokenCounts, pretokensOf } from './pretokens.ts';

describe('pretokensOf', () => {
  it.each([
    ["It's the 12th, isn't it?", ['It', "'s", ' the', ' ', '1', '2', 'th', ',', ' isn', "'t", ' it', '?']],
    ['a  b\n\n  c ', ['a', ' ', ' b', '\n\n', ' ', ' c', ' ']],
    ['x == y;\n\nz', ['x', ' ==', ' y', ';\n\n', 'z']],
    ['हिन्दी e\u0301te\u0301', ['हिन्दी', ' e\u0301te\u0301']],
    ['', []],
  ])('splits %j', (text, pieces) => {
    expect(pretokensOf(text)).toEqual(pieces);
  });

  it('loses nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        if (pretokensOf(text).join('') !== text) throw new Error(JSON.stringify(text));
      }),
    );
  });

  it('takes a run of a million letters, and one of a million blanks', () => {
    expect(pretokensOf('字'.repeat(1e6))).toHaveLength(1);
    expect(pretokensOf(`${' '.repeat(1e6)}x`)).toHaveLength(2);
  });
});

describe('PretokenCounts', () => {
  it('counts', () => {
    const counts = new PretokenCounts();
    counts.add('to be or not to be');
    counts.add('to be');
    expect(Object.fromEntries(counts.counts)).toEqual({ to: 2, ' be': 3, ' or': 1, ' not': 1, ' to': 1 });
    expect(counts).toMatchObject({ forgotten: 0, bytes: 23 });
  });

  it('forgets the rarest when it holds as much as it may', () => {
    const counts = new PretokenCounts([], { distinct: 4, characters: 1000 });
    counts.add('a a a b b c d e');
    expect(counts.counts.size).toBeLessThanOrEqual(4);
    expect(counts.counts.get(' a')).toBe(2);
    expect(counts.forgotten).toBeGreaterThan(0);
  });

  it('bounds the characters it holds too', () => {
    const counts = new PretokenCounts([], { distinct: 1000, characters: 20 });
    for (const word of ['abcdefgh', 'ijklmnop', 'qrstuvwx', 'yzabcdef']) counts.add(word);
    const held = [...counts.counts.keys()].join('').length;
    expect(held).toBeLessThanOrEqual(28);
    expect(counts.forgotten).toBe(3);
  });
});
