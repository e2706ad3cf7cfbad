import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { BPE, Tokenizer as Rust } from 'tokenizers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byteLetters } from '../byte-letters.ts';
import { trainBpe } from './byte-level-tokenizer.ts';
import { learnMerges, type Merges } from './merges.ts';
import { PretokenCounts } from './pretokens.ts';
import { CORPUS } from './testing.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'aha-merges-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

const ALL = { tokens: 5000, minCount: 1 };

function countsOf(texts: readonly string[]): PretokenCounts {
  const counts = new PretokenCounts();
  for (const text of texts) counts.add(text);
  return counts;
}

/** The algorithm as it is defined: every pair counted anew for every merge, on lists of tokens. */
function slowMerges(counts: ReadonlyMap<string, number>, { tokens, minCount }: typeof ALL): Merges {
  const alphabet = learnMerges(new Map(), { tokens: 256, minCount: 1 }).tokens;
  const made = [...alphabet];
  const merges: [string, string][] = [];
  const words = [...counts].map(([word, count]) => ({ parts: [...byteLetters(word)], count }));
  for (;;) {
    const pairs = new Map<string, { left: string; right: string; count: number }>();
    for (const { parts, count } of words) {
      for (const [i, left] of parts.slice(0, -1).entries()) {
        const right = parts[i + 1]!;
        const key = JSON.stringify([left, right]);
        pairs.set(key, { left, right, count: (pairs.get(key)?.count ?? 0) + count });
      }
    }
    const [best] = [...pairs.values()]
      .filter(({ left, right, count }) => count >= minCount && !made.includes(left + right))
      .sort(
        (a, b) =>
          b.count - a.count ||
          made.indexOf(a.left) - made.indexOf(b.left) ||
          made.indexOf(a.right) - made.indexOf(b.right),
      );
    if (best === undefined || made.length >= tokens) break;
    const { left, right } = best;
    made.push(left + right);
    merges.push([left, right]);
    for (const word of words) {
      for (let i = 0; i + 1 < word.parts.length; i++) {
        if (word.parts[i] === left && word.parts[i + 1] === right) word.parts.splice(i, 2, left + right);
      }
    }
  }
  const length = words.reduce((sum, { parts, count }) => sum + parts.length * count, 0);
  return { tokens: made, merges, length };
}

function mergesIn(file: string): [string, string][] {
  const { model } = JSON.parse(readFileSync(file, 'utf8')) as { model: { merges: [string, string][] } };
  return model.merges;
}

describe('learnMerges', () => {
  it('merges the most frequent pair first, and of equals the one with the lower ids', () => {
    const { merges } = learnMerges(
      new Map([
        ['abab', 3],
        ['cd', 3],
        ['bc', 6],
      ]),
      ALL,
    );
    expect(merges.slice(0, 2)).toEqual([
      ['a', 'b'],
      ['b', 'c'],
    ]);
    expect(
      learnMerges(
        new Map([
          ['zy', 5],
          ['xw', 5],
        ]),
        ALL,
      ).merges[0],
    ).toEqual(['x', 'w']);
  });

  it('stops at the size asked for, and where no pair is frequent enough', () => {
    const counts = new Map([
      ['hello', 2],
      ['help', 1],
    ]);
    expect(learnMerges(counts, { tokens: 258, minCount: 1 }).merges).toHaveLength(2);
    expect(learnMerges(counts, { tokens: 400, minCount: 3 }).merges).toEqual([
      ['e', 'l'],
      ['h', 'el'],
    ]);
    expect(learnMerges(new Map(), ALL)).toMatchObject({ merges: [], length: 0 });
  });

  it('makes the merges of counting every pair anew', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', 'é'), minLength: 1, maxLength: 12 });
    const entries = fc.array(fc.tuple(word, fc.integer({ min: 1, max: 5 })), { maxLength: 12 });
    fc.assert(
      fc.property(entries, fc.integer({ min: 1, max: 4 }), (list, minCount) => {
        const counts = new Map(list);
        const options = { tokens: 280, minCount };
        expect(learnMerges(counts, options)).toEqual(slowMerges(counts, options));
      }),
    );
  });

  it('does not depend on the order of the text', () => {
    const forwards = learnMerges(countsOf(CORPUS).counts, ALL);
    expect(learnMerges(countsOf([...CORPUS].reverse()).counts, ALL)).toEqual(forwards);
  });

  it('makes the merges of the trainer in the Rust library', () => {
    // That trainer reads line by line, and stops at 30,000 tokens or when every pre-token is one.
    const lines = CORPUS.flatMap((text) => text.split(/(?<=\n)/u));
    const file = join(dir, 'lines.txt');
    writeFileSync(file, lines.join(''));
    const options = { end: '<|endoftext|>', others: [], vocabSize: 257, minCount: 1 };
    const form = trainBpe(new PretokenCounts(), options).files.contents.get('tokenizer.json')!;
    const rust = Rust.fromString(new TextDecoder().decode(form));
    rust.setModel(BPE.empty());
    rust.train([file]);
    rust.save(join(dir, 'rust.json'));
    const mine = learnMerges(countsOf(lines).counts, { tokens: 30_000, minCount: 1 });
    expect(mine.merges.length).toBeGreaterThan(400);
    expect(mine.merges).toEqual(mergesIn(join(dir, 'rust.json')));
  });
});
