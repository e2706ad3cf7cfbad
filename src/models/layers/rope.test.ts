import { describe, expect, it } from 'vitest';
import { attentionFactor, inverseFrequencies, type RopeConfig, scoreFactor, steadyLength } from './rope.ts';

const plain: RopeConfig = { type: 'default', theta: 10_000 };
const llama3: RopeConfig = {
  type: 'llama3',
  theta: 500_000,
  factor: 8,
  lowFreqFactor: 1,
  highFreqFactor: 4,
  originalMaxPositions: 8192,
};
const four = { headDim: 4, maxPositions: 64 };
const wide = { headDim: 128, maxPositions: 131_072 };

describe('inverseFrequencies', () => {
  it('falls as θ^(−2i/D)', () => {
    expect(Array.from(inverseFrequencies(plain, four, 9))).toEqual([1, Math.fround(0.01)]);
  });

  it('divides by the factor of linear scaling', () => {
    const scaled = inverseFrequencies({ type: 'linear', theta: 10_000, factor: 4 }, four, 9);
    expect(scaled[0]).toBe(0.25);
    expect(scaled[1]).toBeCloseTo(0.0025, 9);
  });

  it('keeps the high frequencies of llama3, divides the low ones, blends between', () => {
    const before = inverseFrequencies({ type: 'default', theta: 500_000 }, wide, 9);
    const after = inverseFrequencies(llama3, wide, 9);
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

  it('keeps the fast pairs of yarn, divides the slow ones, with a ramp of whole pairs between', () => {
    const config = { type: 'yarn', theta: 10_000, factor: 4, originalMaxPositions: 4096 } as const;
    const before = inverseFrequencies(plain, wide, 1);
    const after = inverseFrequencies(config, wide, 1);
    // Pairs with 32 turns and with 1 over 4096 positions: 20.94 and 45.03, rounded outwards.
    for (const [i, frequency] of before.entries()) {
      const divided = Math.min(1, Math.max(0, (i - 20) / (46 - 20)));
      expect(after[i]! / frequency).toBeCloseTo(1 - divided + divided / 4, 6);
    }
  });

  it('takes the ramp of yarn as it is where it is not truncated', () => {
    const config = { type: 'yarn', theta: 10_000, factor: 4, originalMaxPositions: 4096 } as const;
    const [whole, exact] = [config, { ...config, truncate: false }].map(
      (rope) => inverseFrequencies(rope, wide, 1)[21]!,
    );
    expect(exact).toBeGreaterThan(whole!);
  });

  it('raises θ with the length where the scaling is dynamic, from the original context on', () => {
    const config: RopeConfig = { type: 'dynamic', theta: 100, factor: 2 };
    expect(inverseFrequencies(config, four, 64)[1]).toBeCloseTo(0.1, 6);
    expect(inverseFrequencies(config, four, 2)[1]).toBeCloseTo(0.1, 6);
    expect(inverseFrequencies(config, four, 128)[1]).toBeCloseTo((100 * 3 ** 2) ** -0.5, 6);
  });

  it('has a list of factors of longrope within the original context, and one beyond', () => {
    const config: RopeConfig = {
      type: 'longrope',
      theta: 100,
      shortFactor: [1, 2],
      longFactor: [4, 8],
      originalMaxPositions: 16,
    };
    expect(Array.from(inverseFrequencies(config, four, 16))).toEqual([1, Math.fround(Math.fround(0.1) / 2)]);
    expect(Array.from(inverseFrequencies(config, four, 17))[0]).toBe(0.25);
    expect(steadyLength(config, four)).toBe(16);
  });
});

describe('attentionFactor', () => {
  const yarn = { type: 'yarn', theta: 100, factor: 4 } as const;
  it.each<[string, RopeConfig, number]>([
    ['1 without yarn', plain, 1],
    ['of yarn', yarn, 0.1 * Math.log(4) + 1],
    ['as given', { ...yarn, attentionFactor: 0.7 }, 0.7],
    [
      'of DeepSeek',
      { ...yarn, mscale: 2, mscaleAllDim: 0.5 },
      (0.2 * Math.log(4) + 1) / (0.05 * Math.log(4) + 1),
    ],
    ['of one mscale alone', { ...yarn, mscale: 2 }, 0.1 * Math.log(4) + 1],
    ['of contexts', { ...yarn, factor: null, originalMaxPositions: 16 }, 0.1 * Math.log(4) + 1],
    ['1 where nothing is stretched', { ...yarn, factor: 1 }, 1],
    [
      'of longrope',
      { type: 'longrope', theta: 100, shortFactor: [], longFactor: [], originalMaxPositions: 16 },
      Math.sqrt(1 + Math.log(4) / Math.log(16)),
    ],
  ])('is that %s', (_, config, factor) => {
    expect(attentionFactor(config, four)).toBeCloseTo(factor, 12);
  });
});

describe('scoreFactor', () => {
  const yarn = { type: 'yarn', theta: 100, factor: 4 } as const;
  it.each<[string, RopeConfig, number]>([
    ['the square of mscale_all_dim’s growth', { ...yarn, mscaleAllDim: 0.5 }, (0.05 * Math.log(4) + 1) ** 2],
    ['1 without mscale_all_dim', { ...yarn, mscale: 2 }, 1],
    ['1 where nothing is stretched', { ...yarn, factor: 1, mscaleAllDim: 1 }, 1],
    ['1 without yarn', plain, 1],
  ])('is %s', (_, config, factor) => {
    expect(scoreFactor(config, four)).toBeCloseTo(factor, 12);
  });
});

describe('steadyLength', () => {
  it('is bounded where angles depend on the length', () => {
    expect(steadyLength(plain, four)).toBe(Infinity);
    expect(steadyLength({ type: 'dynamic', theta: 1, factor: 2, originalMaxPositions: 8 }, four)).toBe(64);
  });
});
