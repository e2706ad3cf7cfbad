import { describe, expect, it } from 'vitest';
import { empty, indices, memory, scope } from '../../torch/index.ts';
import { inverseFrequencies, type RopeConfig, Rotary } from './rotary.ts';

const plain: RopeConfig = { type: 'default', theta: 10_000 };
const llama3: RopeConfig = {
  type: 'llama3',
  theta: 500_000,
  factor: 8,
  lowFreqFactor: 1,
  highFreqFactor: 4,
  originalMaxPositions: 8192,
};

describe('inverseFrequencies', () => {
  it('falls as θ^(−2i/D)', () => {
    expect(Array.from(inverseFrequencies(plain, 4))).toEqual([1, Math.fround(0.01)]);
  });

  it('divides by the factor of linear scaling', () => {
    const scaled = inverseFrequencies({ type: 'linear', theta: 10_000, factor: 4 }, 4);
    expect(scaled[0]).toBe(0.25);
    expect(scaled[1]).toBeCloseTo(0.0025, 9);
  });

  it('keeps the high frequencies of llama3, divides the low ones, blends between', () => {
    const before = inverseFrequencies({ type: 'default', theta: 500_000 }, 128);
    const after = inverseFrequencies(llama3, 128);
    const kinds = { kept: 0, blended: 0, divided: 0 };
    for (const [i, frequency] of before.entries()) {
      const wavelength = (2 * Math.PI) / frequency;
      if (wavelength < 8192 / 4) {
        expect(after[i]).toBe(frequency);
        kinds.kept++;
      } else if (wavelength > 8192) {
        expect(after[i]).toBeCloseTo(frequency / 8, 12);
        kinds.divided++;
      } else {
        // transformers' formula, in wavelengths.
        const smooth = (8192 / wavelength - 1) / (4 - 1);
        expect(after[i]).toBeCloseTo(((1 - smooth) * frequency) / 8 + smooth * frequency, 9);
        kinds.blended++;
      }
    }
    expect(Object.values(kinds).every((count) => count > 0)).toBe(true);
  });
});

describe('Rotary', () => {
  it('has the angles position · frequency, the sine signed for its half', () => {
    scope(() => {
      const rotary = new Rotary(plain, 4);
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
      const rotary = new Rotary(llama3, 8);
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
      const rotary = new Rotary(plain, 4);
      const narrow = rotary.consecutive(1000, 1, empty([1], { dtype: 'bfloat16' }));
      expect(narrow.cos.dtype).toBe('bfloat16');
      // An angle of 1000 rounded to bfloat16 (steps of 4) would miss by radians.
      expect(narrow.cos.select(1, 0).item()).toBeCloseTo(Math.cos(1000), 2);
      rotary.dispose();
    });
  });

  it('keeps its tables over scopes, grows them when asked for more, and frees them', () => {
    const rotary = new Rotary(plain, 4);
    const before = memory().tensors;
    const like = empty([1]);
    const early = scope(() => rotary.consecutive(0, 2, like).cos.toArray());
    const late = scope(() => rotary.consecutive(5000, 1, like).cos.toArray());
    expect(late[0]).toBeCloseTo(Math.cos(5000), 3);
    expect(scope(() => rotary.consecutive(0, 2, like).cos.toArray())).toEqual(early);
    expect(memory().tensors).toBe(before + 3);
    rotary.dispose();
    expect(memory().tensors).toBe(before + 1);
    like.dispose();
  });
});
