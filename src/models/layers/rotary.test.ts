import { describe, expect, it } from 'vitest';
import { empty, indices, memory, scope } from '../../torch/index.ts';
import type { RopeConfig } from './rope.ts';
import { Rotary } from './rotary.ts';

const plain: RopeConfig = { type: 'default', theta: 10_000 };
const linear: RopeConfig = { type: 'linear', theta: 10_000, factor: 3 };

describe('Rotary', () => {
  it('has the angles position · frequency, the sine signed for its half', () => {
    scope(() => {
      const rotary = new Rotary(plain, { headDim: 4, maxPositions: 64 });
      const { cos, sin } = rotary.consecutive(3, 2, empty([1]));
      expect(cos.shape).toEqual([2, 4]);
      const angles = [3, 0.03, 4, 0.04];
      const [a, b, c, d] = angles as [number, number, number, number];
      const close = (found: number[], expected: number[]): void => {
        for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 6);
      };
      close(cos.toArray(), [a, b, a, b, c, d, c, d].map(Math.cos));
      close(sin.toArray(), [-a, -b, a, b, -c, -d, c, d].map(Math.sin));
      rotary.dispose();
    });
  });

  it('gives given positions the rows of the table', () => {
    scope(() => {
      const rotary = new Rotary(linear, { headDim: 8, maxPositions: 64 });
      const like = empty([1]);
      const { cos, sin } = rotary.at(indices([5, 0, 1, 5], [2, 2]), 6, like);
      expect(cos.shape).toEqual([2, 1, 2, 8]);
      const table = rotary.consecutive(0, 6, like);
      for (const [found, whole] of [
        [cos, table.cos],
        [sin, table.sin],
      ] as const) {
        expect(found.toArray()).toEqual([5, 0, 1, 5].flatMap((row) => whole.select(0, row).toArray()));
      }
      rotary.dispose();
    });
  });

  it('comes in the dtype of the model, from angles in float32', () => {
    scope(() => {
      const rotary = new Rotary(plain, { headDim: 4, maxPositions: 64 });
      const narrow = rotary.consecutive(1000, 1, empty([1], { dtype: 'bfloat16' }));
      expect(narrow.cos.dtype).toBe('bfloat16');
      // An angle of 1000 rounded to bfloat16 (steps of 4) would miss by radians.
      expect(narrow.cos.select(1, 0).item()).toBeCloseTo(Math.cos(1000), 2);
      rotary.dispose();
    });
  });

  it('keeps its tables over scopes, grows them when asked for more, and frees them', () => {
    const rotary = new Rotary(plain, { headDim: 4, maxPositions: 64 });
    const before = memory().tensors;
    const like = empty([1]);
    const early = scope(() => rotary.consecutive(0, 2, like).cos.toArray());
    const late = scope(() => rotary.consecutive(5000, 1, like).cos.toArray());
    expect(late[0]).toBeCloseTo(Math.cos(5000), 3);
    expect(scope(() => rotary.consecutive(0, 2, like).cos.toArray())).toEqual(early);
    // The tables, those they replaced, and `like`.
    expect(memory().tensors).toBe(before + 5);
    rotary.dispose();
    expect(memory().tensors).toBe(before + 1);
    like.dispose();
  });

  it('keeps what longer tables have replaced, for graphs that read it, until it is freed', () => {
    const before = memory().tensors;
    const rotary = new Rotary(plain, { headDim: 4, maxPositions: 1024 });
    scope(() => {
      const { cos } = rotary.consecutive(0, 300, empty([1]));
      const held = cos.toArray();
      rotary.consecutive(0, 900, empty([1]));
      expect(cos.toArray()).toEqual(held);
    });
    expect(memory().tensors).toBe(before + 4);
    rotary.dispose();
    expect(memory().tensors).toBe(before);
  });

  it('turns by the length of the longest sequence where the scaling depends on it, and back again', () => {
    const rotary = new Rotary({ type: 'dynamic', theta: 100, factor: 2 }, { headDim: 4, maxPositions: 8 });
    expect(rotary.steady).toBe(8);
    const like = empty([1]);
    const angle = (length: number): number =>
      scope(() => Math.acos(rotary.consecutive(0, length, like).cos.select(0, 1).toArray()[1]!));
    const short = angle(8);
    expect(short).toBeCloseTo(0.1, 5);
    // θ · (2 · 16/8 − 1)^(4/2) = 900
    expect(angle(16)).toBeCloseTo(1 / 30, 5);
    expect(angle(3)).toBe(short);
    rotary.dispose();
    like.dispose();
  });

  it('multiplies cosines and sines by the attention factor', () => {
    const config = { type: 'yarn', theta: 100, factor: 4, attentionFactor: 1.5 } as const;
    const rotary = new Rotary(config, { headDim: 4, maxPositions: 8 });
    const like = empty([1]);
    scope(() => {
      const { cos, sin } = rotary.consecutive(0, 3, like);
      for (const value of cos.square().add(sin.square()).toArray()) expect(value).toBeCloseTo(2.25, 5);
    });
    rotary.dispose();
    like.dispose();
  });
});
