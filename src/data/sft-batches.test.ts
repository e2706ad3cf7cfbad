import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TokenSequence } from '../text/index.ts';
import { countTokens, type Rows } from './rows.ts';
import { type Batches, packedBatches, paddedBatches } from './sft-batches.ts';
import { epochs } from './source.ts';

/** Sequence i is i + 1 tokens of id i + 1. */
const items = (count: number): TokenSequence[] =>
  Array.from({ length: count }, (_, i) => ({
    tokens: new Int32Array(i + 1).fill(i + 1),
    trained: new Uint8Array(i + 1).fill(1),
  }));

const micro = { tokensPerMicroBatch: 12, padToken: 0 };

const KINDS: { readonly [name: string]: (count: number, limit: number) => Batches } = {
  padded: (count, limit) => paddedBatches(epochs(items(count), 1, 'test'), limit, { ...micro, batchSize: 3 }),
  packed: (count, limit) =>
    packedBatches(epochs(items(count), 1, 'test'), limit, { ...micro, rowsPerStep: 2, rowLength: 10 }),
};

function all(batches: Batches): Rows[][] {
  const steps: Rows[][] = [];
  for (;;) {
    const rows = batches.next();
    if (rows.length === 0) return steps;
    steps.push(rows);
  }
}

/** How often each id occurs. */
function counts(steps: readonly Rows[][]): Map<number, number> {
  const found = new Map<number, number>();
  for (const id of steps.flat().flatMap(realTokens)) found.set(id, (found.get(id) ?? 0) + 1);
  return found;
}

/** Without padding. */
function realTokens({ tokens, length, segments }: Rows): number[] {
  return segments.flatMap((own, row) => {
    const count = own.reduce((sum, one) => sum + one, 0);
    return [...tokens.subarray(row * length, row * length + count)];
  });
}

describe.each(Object.keys(KINDS))('%s batches', (kind) => {
  const open = KINDS[kind]!;

  it('hold every example once an epoch, in as many steps as counted', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 3 }), (count, passes) => {
        const batches = open(count, count * passes);
        const counted = batches.count();
        const steps = all(batches);
        expect(steps).toHaveLength(counted);
        expect(batches.examples()).toBe(count * passes);
        const found = counts(steps);
        for (let id = 1; id <= count; id++) expect(found.get(id)).toBe(id * passes);
      }),
    );
  });

  it('resume through JSON, counting what is left', () => {
    const whole = open(9, 27);
    const total = whole.count();
    whole.next();
    whole.next();
    const resumed = open(9, 27);
    resumed.seek(JSON.parse(JSON.stringify(whole.cursor())));
    expect(resumed.examples()).toBe(whole.examples());
    expect(resumed.count()).toBe(total - 2);
    expect(all(resumed)).toEqual(all(whole));
  });

  it('keep micro-batches within their size', () => {
    for (const rows of all(open(10, 30)).flat()) {
      if (rows.rows > 1) expect(rows.rows * rows.length).toBeLessThanOrEqual(12);
    }
  });

  it('refuse a cursor of something else', () => {
    expect(() => open(3, 3).seek({ position: 3 })).toThrow(TypeError);
  });
});

describe('paddedBatches', () => {
  it('leave the rest to the last step', () => {
    const batches = KINDS.padded!(7, 7);
    const sizes = all(batches).map((rows) => rows.reduce((sum, part) => sum + part.rows, 0));
    expect(sizes).toEqual([3, 3, 1]);
  });
});

describe('packedBatches', () => {
  it('counts as examples only those that have a row', () => {
    const batches = KINDS.packed!(9, 9);
    const first = batches.next();
    expect(batches.examples()).toBe(new Set(first.flatMap(realTokens)).size);
    expect(countTokens(first)).toBeGreaterThan(15);
  });
});
