import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockPool, ROOT } from './cache.ts';

/** Holds blocks for `tokens`, as a sequence does: what is cached, new ones for the rest, full ones sealed. */
function hold(pool: BlockPool, tokens: readonly number[]): { blocks: number[]; cached: number } | null {
  const { blocks: found, run: start } = pool.match(tokens, tokens.length - 1);
  const blocks = [...found];
  let run = start;
  while (blocks.length * pool.blockSize < tokens.length) {
    const block = pool.take();
    if (block === null) {
      pool.release(blocks);
      return null;
    }
    blocks.push(block);
  }
  for (let i = found.length; (i + 1) * pool.blockSize <= tokens.length; i++) {
    run = pool.seal(blocks[i]!, run, tokens, i * pool.blockSize);
  }
  return { blocks, cached: found.length * pool.blockSize };
}

describe('BlockPool', () => {
  it('gives each block once', () => {
    const pool = new BlockPool(3, 2);
    expect(pool.total).toBe(3);
    expect([pool.take(), pool.take(), pool.take()].toSorted((a, b) => a! - b!)).toEqual([0, 1, 2]);
    expect(pool.take()).toBeNull();
    pool.release([2]);
    expect(pool.take()).toBe(2);
  });

  it('forgets what nobody holds, and tells which blocks those are', () => {
    const pool = new BlockPool(5, 2);
    const held = hold(pool, [1, 2, 3])!;
    pool.release(hold(pool, [5, 6, 7])!.blocks);
    const free = [0, 1, 2, 3, 4].filter((block) => !held.blocks.includes(block));
    expect(pool.forget().toSorted((a, b) => a - b)).toEqual(free);
    expect([hold(pool, [5, 6, 7])?.cached, hold(pool, [1, 2, 9])?.cached]).toEqual([0, 2]);
  });

  it('finds the full blocks of a beginning, short of the last token', () => {
    const pool = new BlockPool(10, 2);
    const first = hold(pool, [1, 2, 3, 4, 5])!;
    expect(hold(pool, [1, 2, 3, 4])).toMatchObject({ cached: 2 });
    const again = hold(pool, [1, 2, 3, 4, 9])!;
    expect(again.cached).toBe(4);
    expect(again.blocks.slice(0, 2)).toEqual(first.blocks.slice(0, 2));
  });

  it('does not find a block behind another beginning', () => {
    const pool = new BlockPool(10, 2);
    hold(pool, [1, 2, 3, 4, 5]);
    expect(hold(pool, [9, 2, 3, 4, 5])).toMatchObject({ cached: 0 });
    expect(pool.match([3, 4, 5], 2).blocks).toEqual([]);
  });

  it('keeps what nobody holds until the place is needed, the end of a run first', () => {
    const pool = new BlockPool(3, 1);
    const { blocks } = hold(pool, [1, 2, 3])!;
    pool.release(blocks);
    expect(pool.available).toBe(3);
    expect(pool.take()).toBe(blocks[2]);
    const { blocks: left } = pool.match([1, 2, 3], 3);
    expect(left).toEqual(blocks.slice(0, 2));
  });

  it('does not find again what was given up', () => {
    const pool = new BlockPool(2, 1);
    pool.release(hold(pool, [1, 2])!.blocks);
    hold(pool, [7, 8]);
    expect(pool.match([1, 2], 2).blocks).toEqual([]);
  });

  it('keeps one block findable where two hold the same', () => {
    const pool = new BlockPool(5, 1);
    const [a, b] = [pool.take()!, pool.take()!];
    const run = pool.seal(a, ROOT, [5], 0);
    expect(pool.seal(b, ROOT, [5], 0)).toBe(run);
    pool.release([a, b]);
    expect(pool.match([5], 1).blocks).toEqual([a]);
  });

  it('moves a sequence to a block that nobody holds, and lets two share one', () => {
    const pool = new BlockPool(4, 2);
    const [first, second] = [pool.take()!, pool.take()!];
    pool.move(second, 3);
    expect(() => pool.move(first, 3)).toThrow('cannot move');
    pool.share([first]);
    expect(() => pool.move(first, second)).toThrow('cannot move');
    pool.release([first, 3]);
    expect(pool.held).toBe(1);
    pool.release([first]);
    expect(pool.available).toBe(4);
  });

  it('says when a block is let go of too often', () => {
    const pool = new BlockPool(3, 1);
    const block = pool.take()!;
    pool.release([block]);
    expect(() => pool.release([block])).toThrow('more often than held');
  });

  it('never loses or doubles a block, and never mixes up tokens', () => {
    const run = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 12 });
    const action = fc.record({ tokens: run, release: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const pool = new BlockPool(12, 2);
        const held: { tokens: readonly number[]; blocks: number[] }[] = [];
        const content = new Map<number, string>();
        for (const { tokens, release } of actions) {
          const got = hold(pool, tokens);
          if (got !== null) {
            for (const [i, block] of got.blocks.entries()) {
              const piece = tokens.slice(0, (i + 1) * 2).join();
              // A block taken from the cache holds what was written there under the same beginning.
              if (i * 2 < got.cached) expect(content.get(block)).toBe(piece);
              else {
                expect(held.every((other) => !other.blocks.includes(block))).toBe(true);
                content.set(block, piece);
              }
            }
            held.push({ tokens, blocks: got.blocks });
          }
          if (release < held.length) pool.release(held.splice(release, 1)[0]!.blocks);
          const inUse = new Set(held.flatMap(({ blocks }) => blocks));
          expect(pool.held).toBe(inUse.size);
        }
        for (const { blocks } of held) pool.release(blocks);
        expect(pool.available).toBe(12);
      }),
    );
  });
});
