import { describe, expect, it } from 'vitest';
import { parseRope, type RopeFile, ropeKeys } from './rope-file.ts';

const llama3 = {
  rope_type: 'llama3',
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
};

describe('parseRope', () => {
  it('is default without a type', () => {
    expect(parseRope({}, 10, 'rope_scaling')).toEqual({ type: 'default', theta: 10 });
  });

  it('reads each type', () => {
    expect(parseRope({ rope_type: 'default' }, 10, 'k')).toEqual({ type: 'default', theta: 10 });
    expect(parseRope({ type: 'linear', factor: 3 }, 10, 'k')).toEqual({
      type: 'linear',
      theta: 10,
      factor: 3,
    });
    expect(parseRope(llama3, 5e5, 'k')).toEqual({
      type: 'llama3',
      theta: 5e5,
      factor: 8,
      lowFreqFactor: 1,
      highFreqFactor: 4,
      originalMaxPositions: 8192,
    });
  });

  it('prefers the newer name of the type', () => {
    expect(parseRope({ rope_type: 'default', type: 'yarn' }, 10, 'k').type).toBe('default');
  });

  it.each([
    [
      { rope_type: 'mrope' },
      'k: rope type "mrope" is not supported (known: default, linear, dynamic, yarn, longrope, llama3)',
    ],
    [{ rope_type: 'yarn' }, 'k.factor: missing, expected a number'],
    [{ rope_type: 'yarn', factor: 4, beta_fast: 'x' }, 'k.beta_fast: "x", expected a number'],
    [{ rope_type: 'dynamic', factor: 0.5 }, 'k.factor: 0.5, expected a number of at least 1'],
    [{ rope_type: 'longrope', short_factor: [1], long_factor: [0] }, 'k.long_factor.0: 0, expected a number'],
    [{ full_attention: { rope_type: 'yarn' } }, 'k.full_attention: settings for a kind of layer'],
    [{ rope_type: 'toString' }, 'k: rope type "toString" is not supported'],
    [{ rope_type: 'linear' }, 'k.factor: missing, expected a number'],
    [{ rope_type: 'linear', factor: -1 }, 'k.factor: -1, expected a number above 0'],
    [{ ...llama3, low_freq_factor: 4 }, 'k: low_freq_factor must be below high_freq_factor'],
    [{ ...llama3, original_max_position_embeddings: undefined }, 'k.original_max_position_embeddings'],
    [{ partial_rotary_factor: 0.5 }, 'k.partial_rotary_factor: 0.5 is not supported'],
  ])('refuses %j', (file, message) => {
    expect(() => parseRope(file, 10, 'k')).toThrow(message);
  });
});

describe('ropeKeys', () => {
  it.each([
    {},
    { rope_type: 'linear', factor: 3 },
    { rope_type: 'dynamic', factor: 2 },
    { rope_type: 'dynamic', factor: 2, original_max_position_embeddings: 64 },
    { rope_type: 'yarn', factor: 4 },
    { rope_type: 'yarn', factor: null, original_max_position_embeddings: 64 },
    {
      rope_type: 'yarn',
      factor: 4,
      original_max_position_embeddings: 64,
      attention_factor: 0.9,
      mscale: 1,
      mscale_all_dim: 0.5,
      beta_fast: 16,
      beta_slow: 2,
      truncate: false,
    },
    { rope_type: 'longrope', short_factor: [1, 2], long_factor: [3, 4], attention_factor: 1.2 },
    llama3,
  ])('is read back, with the settings that were read: %j', (file) => {
    const rope = parseRope(file, 123, 'k');
    const { rope_theta, rope_scaling } = ropeKeys(rope) as {
      rope_theta: number;
      rope_scaling: RopeFile | null;
    };
    expect(parseRope(rope_scaling ?? {}, rope_theta, 'k')).toEqual(rope);
    const { type: _, ...written } = rope_scaling ?? {};
    expect(written).toEqual(file);
  });

  it('writes the older name of the type too where readers of its time know it', () => {
    expect(ropeKeys({ type: 'dynamic', theta: 1, factor: 2 }).rope_scaling).toEqual({
      rope_type: 'dynamic',
      type: 'dynamic',
      factor: 2,
    });
  });
});
