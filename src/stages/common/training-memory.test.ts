import { describe, expect, it } from 'vitest';
import { modelSizes, parseConfig, tokenMemory } from '../../models/index.ts';
import { headBytes } from '../../rl/loss/index.ts';
import { memoryInWords, type TrainingShape, trainingMemory } from './training-memory.ts';

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
const { parameters } = modelSizes(config);

function shapeOf(changes: Partial<TrainingShape> = {}): TrainingShape {
  return {
    config,
    parameters,
    recompute: false,
    tokens: 40,
    length: 10,
    head: {},
    device: 'cpu',
    dtype: 'float32',
    ...changes,
  };
}

describe('trainingMemory', () => {
  const token = tokenMemory(config, { device: 'cpu', dtype: 'float32', lora: false, length: 10 })!;

  it('adds the state, the activations of all layers, and the logits or gradients of a layer', () => {
    const { state, activations, head, peak } = trainingMemory(shapeOf());
    expect(state).toBe(16 * parameters);
    expect(activations).toBe(40 * (3 * token.layer + token.outside));
    // Four float32 numbers for each of 24 logits.
    expect(head).toBe(40 * Math.max(16 * 24, token.gradients));
    expect(peak).toBe(state + activations! + head);
  });

  it('counts a float32 master beside weights in bfloat16', () => {
    const dtype = 'bfloat16';
    expect(trainingMemory(shapeOf({ dtype })).state).toBe((2 + 4 * 4) * parameters);
    const lora = { rank: 2, alpha: 4, targets: ['q_proj'] };
    expect(trainingMemory(shapeOf({ dtype, lora })).state).toBe(2 * parameters + 16 * 3 * 2 * (8 + 8));
  });

  it('keeps the inputs of layers alone with recomputation, and what one layer keeps', () => {
    const { state, activations, head, peak } = trainingMemory(shapeOf({ recompute: true }));
    expect(activations).toBe(40 * (4 * token.input + token.outside));
    expect(head).toBe(40 * (token.layer + token.gradients));
    expect(peak).toBe(state + activations! + head);
  });

  it('is that of the optimiser where a micro-batch takes less', () => {
    expect(trainingMemory(shapeOf({ tokens: 1, recompute: true })).peak).toBe(20 * parameters);
  });

  it('counts frozen weights once, and the additions of LoRA', () => {
    const lora = { rank: 2, alpha: 4, targets: ['q_proj'] };
    // A [2, 8] and B [8, 2] in each of three layers.
    expect(trainingMemory(shapeOf({ lora })).state).toBe(4 * parameters + 16 * 3 * 2 * (8 + 8));
  });

  it('has no logits under a scalar head', () => {
    expect(trainingMemory(shapeOf({ head: null })).head).toBe(40 * token.gradients);
  });

  it('says it in words', () => {
    const sizes = { state: 7.4 * 2 ** 30, activations: 2 ** 30, head: 2 ** 31 };
    expect(memoryInWords(sizes, { tokens: 8192 })).toBe(
      'weights, gradients and two moments in float32 7.4 GiB; activations of 8,192 tokens 1.0 GiB; logits or gradients of a layer 2.0 GiB',
    );
    expect(memoryInWords({ ...sizes, activations: null }, { tokens: 8192 })).toContain(
      'activations not counted',
    );
  });
});

describe('headBytes', () => {
  it('is bounded by the budget of the device', () => {
    expect(headBytes(10, 24, 'cpu')).toBe(16 * 240);
    expect(headBytes(1e6, 1e5, 'cpu')).toBe(16 * 2 ** 24);
    expect(headBytes(1e6, 1e5, 'cuda:0')).toBe(8 * 2 ** 28);
    expect(headBytes(1e6, 1e5, 'cuda:0', { temperature: 0.6 })).toBe(12 * 2 ** 28);
  });
});
