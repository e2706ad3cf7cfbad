import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { indices, scope, tensor } from '../../torch/index.ts';
import { StatePool } from './row-states.ts';

let pool = makePool();
function makePool(): StatePool {
  const kinds = [{ shape: [2], dtype: 'float32' }] as const;
  return new StatePool({ blocks: 6, blockSize: 4, layers: 2, kinds, device: 'cpu' });
}
beforeEach(() => {
  pool.dispose();
  pool = makePool();
});
afterAll(() => pool.dispose());

/** Reads rows in layer 1 and leaves `values` behind them. */
function step(rows: Parameters<StatePool['pass']>[0], values: readonly number[]): number[] {
  return scope(() => {
    const states = pool.pass(rows);
    const [found] = states.read(1);
    states.write(1, [tensor(values, [rows.length, 2])]);
    return found!.toArray();
  });
}

describe('StatePool', () => {
  it('gives each row the state behind its last token, and 0 at its beginning', () => {
    // The second row ends in its second block.
    expect(
      step(
        [
          { blocks: [3], start: 0, tokens: 2 },
          { blocks: [0, 5], start: 0, tokens: 6 },
        ],
        [1, 2, 3, 4],
      ),
    ).toEqual([0, 0, 0, 0]);
    expect(
      step(
        [
          { blocks: [0, 5], start: 6, tokens: 1 },
          { blocks: [2], start: 0, tokens: 1 },
          { blocks: [3, 1], start: 2, tokens: 4 },
        ],
        [5, 6, 7, 8, 9, 10],
      ),
    ).toEqual([3, 4, 0, 0, 1, 2]);
    expect(step([{ blocks: [3, 1], start: 6, tokens: 1 }], [0, 0])).toEqual([9, 10]);
  });

  it('says which tokens of a pass are no padding', () => {
    scope(() => {
      const rows = [1, 3].map((tokens, i) => ({ blocks: [i], start: 0, tokens }));
      const { real, counts } = pool.pass(rows);
      expect(counts!.toArray()).toEqual([1, 3]);
      expect(real!.toArray()).toEqual(
        [1, 0, 0, 1, 1, 1].map((one) => expect.toSatisfy((x) => Number(x) === one)),
      );
      const even = pool.pass([{ blocks: [4], start: 0, tokens: 3 }]);
      expect([even.real, even.counts]).toEqual([null, null]);
    });
  });

  it('copies states with their blocks, and clears them', () => {
    step([{ blocks: [0], start: 0, tokens: 3 }], [1, 2]);
    scope(() => {
      const copies = [1, 2].map((to) => ({ from: 0, to, tokens: 3 }));
      pool.copy(copies, indices([0, 0]), indices([1, 2]));
    });
    scope(() => pool.clear(indices([2])));
    expect(step([{ blocks: [1], start: 3, tokens: 1 }], [3, 4])).toEqual([1, 2]);
    expect(step([{ blocks: [2], start: 3, tokens: 1 }], [3, 4])).toEqual([0, 0]);
    expect(step([{ blocks: [0], start: 3, tokens: 1 }], [3, 4])).toEqual([1, 2]);
  });

  it('refuses a row that goes on from before the end of its state', () => {
    step([{ blocks: [0], start: 0, tokens: 3 }], [1, 2]);
    const back = [{ blocks: [0], start: 2, tokens: 1 }];
    expect(() => pool.pass(back)).toThrow(
      'a row goes on from 2 tokens, its state is behind 3 and cannot be undone',
    );
    expect(step([{ blocks: [0], start: 0, tokens: 2 }], [1, 2])).toEqual([0, 0]);
  });

  it('does the same by static passes', () => {
    step(
      [
        { blocks: [0, 4], start: 0, tokens: 4 },
        { blocks: [1], start: 0, tokens: 2 },
      ],
      [1, 2, 3, 4],
    );
    pool.forget();
    scope(() => {
      const rows = {
        starts: indices([4, 2, 0]),
        table: indices([0, 4, 1, 1, 5, 5], [3, 2]),
        columns: 8,
        limit: 8,
        inOrder: false,
      };
      const states = pool.staticPass(rows);
      expect(states.read(1)[0]!.toArray()).toEqual([1, 2, 3, 4, 0, 0]);
      states.write(1, [tensor([5, 6, 7, 8, 9, 10], [3, 2])]);
    });
    expect(step([{ blocks: [0, 4], start: 5, tokens: 1 }], [0, 0])).toEqual([5, 6]);
    expect(step([{ blocks: [1], start: 3, tokens: 1 }], [0, 0])).toEqual([7, 8]);
    expect(step([{ blocks: [5], start: 1, tokens: 1 }], [0, 0])).toEqual([9, 10]);
  });
});
