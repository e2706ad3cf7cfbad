import { describe, expect, it } from 'vitest';
import { parseConfig, tokenMemory } from '../../models/index.ts';
import { headBytes } from '../../rl/loss/index.ts';
import { type LargestPass, largestMicroBatch, passMemory, peakBytes, withPass } from './training-memory.ts';

const config = parseConfig(
  {
    model_type: 'llama',
    vocab_size: 24,
    hidden_size: 8,
    intermediate_size: 12,
    num_hidden_layers: 3,
    num_attention_heads: 4,
    num_key_value_heads: 2,
  },
  'test',
);
function passOf(changes: Partial<LargestPass> = {}): LargestPass {
  return {
    config,
    lora: false,
    recompute: false,
    tokens: 40,
    length: 10,
    head: {},
    device: 'cpu',
    dtype: 'float32',
    ...changes,
  };
}

describe('passMemory', () => {
  const token = tokenMemory(config, passOf())!;

  it('adds the activations of all layers, and the logits or gradients of a layer', () => {
    expect(passMemory(passOf())).toEqual({
      tokens: 40,
      activations: 40 * (3 * token.layer + token.outside),
      // Four float32 numbers for each of 24 logits.
      head: 40 * Math.max(16 * 24, token.gradients),
    });
  });

  it('keeps the inputs of layers alone with recomputation, and what one layer keeps', () => {
    expect(passMemory(passOf({ recompute: true }))).toEqual({
      tokens: 40,
      activations: 40 * (4 * token.input + token.outside),
      head: 40 * (token.layer + token.gradients),
    });
  });

  it('recomputes over a quantised base, and holds the dequantised weights of one layer beside its gradients', () => {
    const pass = { lora: true, base: 'nf4', dtype: 'bfloat16', head: null } as const;
    const recomputed = passMemory(passOf({ ...pass, base: undefined, recompute: true }));
    // q and o 8 × 8, k and v 4 × 8, and three of 12 × 8, two bytes each.
    const layer = 2 * (2 * 64 + 2 * 32 + 3 * 96);
    expect(passMemory(passOf(pass))).toEqual({ ...recomputed, head: recomputed.head + layer });
  });

  it('has no logits under a scalar head', () => {
    expect(passMemory(passOf({ head: null })).head).toBe(40 * token.gradients);
  });
});

describe('the peak', () => {
  it('is that of a micro-batch, or of the optimiser where it takes more', () => {
    expect(peakBytes(1000, { activations: 50, head: 7 }, 40)).toBe(1057);
    expect(peakBytes(1000, { activations: 50, head: 7 }, 80)).toBe(1080);
  });

  const estimate = { parameters: 100, bytes: 7.4 * 2 ** 30, basis: 'weights in float32' };
  const settings = { recompute: false, precision: 'auto', tokensPerMicroBatch: 45 } as const;
  const step = { rows: 8, length: 10, head: {}, device: 'cpu' };

  it('is put into an estimate, in bytes and in words', () => {
    const { activations, head } = passMemory(passOf());
    expect(withPass(estimate, config, settings, step)).toEqual({
      parameters: 100,
      bytes: 7.4 * 2 ** 30 + activations! + head,
      basis: 'weights in float32: 7.4 GiB; activations of 40 tokens 1 MiB, logits or gradients 1 MiB',
    });
  });

  it('counts activations in the precision of the stage', () => {
    const half = passMemory(passOf({ dtype: 'bfloat16' }));
    const said = withPass(estimate, config, { ...settings, precision: 'bf16' }, step).bytes!;
    expect(said).toBe(7.4 * 2 ** 30 + half.activations! + half.head);
    expect(half.activations).not.toBe(passMemory(passOf()).activations);
  });

  it('is not said of a model whose size alone is known', () => {
    expect(withPass(estimate, null, settings, step)).toBe(estimate);
  });
});

describe('largestMicroBatch', () => {
  it('has as many rows as fit, one at least, and no more than there are', () => {
    expect(largestMicroBatch(8, 100, 350)).toBe(300);
    expect(largestMicroBatch(2, 100, 350)).toBe(200);
    expect(largestMicroBatch(8, 400, 350)).toBe(400);
  });
});

describe('headBytes', () => {
  const cpu = { device: 'cpu', dtype: 'float32' } as const;
  const cuda = { device: 'cuda:0', dtype: 'bfloat16' } as const;

  it('is bounded by the budget of the device', () => {
    expect(headBytes(10, 24, cpu)).toBe(16 * 240);
    expect(headBytes(1e6, 1e5, cpu)).toBe(16 * 2 ** 24);
    expect(headBytes(1e6, 1e5, cuda)).toBe(10 * 2 ** 28);
  });

  it('is more with a temperature in bfloat16, and with a gradient of the entropy', () => {
    const float32 = { ...cuda, dtype: 'float32' } as const;
    expect(headBytes(1, 1, cuda, { temperature: 0.6 })).toBe(12);
    expect(headBytes(1, 1, float32, { temperature: 0.6 })).toBe(8);
    expect(headBytes(1, 1, cuda, { entropyGradient: true })).toBe(18);
    expect(headBytes(1, 1, float32, { entropyGradient: true })).toBe(16);
  });
});
