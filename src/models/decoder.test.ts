import { describe, expect, it } from 'vitest';
import { indices, memory, ones, scope } from '../torch/index.ts';
import { parseConfig } from './config.ts';
import { initModel } from './init.ts';

const KEYS = {
  model_type: 'llama',
  vocab_size: 30,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
};
const model = initModel(parseConfig(KEYS, 'test'), 0, { scheme: 'scaled' });
const tokens = indices([1, 2, 3, 4, 5, 6], [2, 3]);

// What every architecture computes is tested by tests/conformance; here is what a caller can get wrong.
describe('CausalLM', () => {
  it('says where it is', () => {
    expect([model.device, model.dtype]).toEqual(['cpu', 'float32']);
  });

  it('names its parameters as checkpoints do', () => {
    const names = model.namedParameters().map(([name]) => name);
    expect(names[0]).toBe('model.embed_tokens.weight');
    expect(names).toContain('model.layers.1.self_attn.q_proj.weight');
    expect(names.slice(-2)).toEqual(['model.norm.weight', 'lm_head.weight']);
  });

  it('uses the embedding as head where they are tied', () => {
    scope(() => {
      const tied = initModel(parseConfig({ ...KEYS, tie_word_embeddings: true }, 'test'), 0);
      const state = tied.stateDict();
      expect(state.has('lm_head.weight')).toBe(false);
      const hidden = ones([1, 16]);
      expect(tied.logits(hidden).toArray()).toEqual(
        hidden.matmul(state.get('model.embed_tokens.weight')!.transpose()).toArray(),
      );
    });
  });

  it.each([
    ['tokens without rows', { tokens: indices([1, 2]) }, 'tokens have shape [2], not [B, T]'],
    [
      'segments of another number of rows',
      { tokens, segments: [[3]] },
      'segments are of 1 rows, tokens of 2',
    ],
    [
      'a mask of another length',
      { tokens, attentionMask: ones([2, 4]) },
      'attentionMask has shape [2, 4], expected [2, 3]',
    ],
    [
      'segments longer than their row',
      { tokens, segments: [[2, 2], [3]] },
      'row 0: segments of 4 tokens in a row of 3',
    ],
    [
      'a mask and segments',
      { tokens, attentionMask: ones([2, 3]), segments: [[3], [3]] },
      'exclude one another',
    ],
  ])('refuses %s', (_, input, message) => {
    expect(() => model.hidden(input)).toThrow(message);
  });

  it('takes a pass over a cache of its own kind alone, of the tokens it is given, without masks', () => {
    const cache = model.newCache({ blocks: 2, blockSize: 4 });
    scope(() => {
      const rows = [0, 1].map((block) => ({ blocks: [block], start: 0, tokens: 3 }));
      const pass = cache.pass(rows);
      const hidden = (input: object) => () => model.hidden({ tokens, cache: pass, ...input });
      expect(hidden({})).not.toThrow();
      expect(hidden({ cache: { rows } })).toThrow(TypeError);
      expect(hidden({ segments: [[3], [3]] })).toThrow('neither a mask nor segments');
      expect(hidden({ tokens: indices([1, 2], [2, 1]) })).toThrow('tokens has shape [2, 1], expected [2, 3]');
    });
    cache.dispose();
  });

  it('keeps no tensor after backward but the gradients', () => {
    model.requiresGrad_();
    const step = (): void =>
      scope(() => {
        model.forward({ tokens }).sum().backward();
        for (const parameter of model.parameters()) expect(parameter.grad).not.toBeNull();
      });
    step();
    const before = memory().tensors;
    step();
    expect(memory().tensors).toBe(before);
    for (const parameter of model.parameters()) parameter.setGrad(null);
    model.requiresGrad_(false);
  });

  it('frees everything with dispose()', () => {
    const before = memory().tensors;
    const other = initModel(parseConfig(KEYS, 'test'), 0);
    scope(() => other.forward({ tokens }).toArray());
    other.dispose();
    expect(memory().tensors).toBe(before);
  });
});
