import { describe, expect, it } from 'vitest';
import { ARCHITECTURES } from './registry.ts';

const sizes = {
  vocab_size: 1,
  hidden_size: 2,
  intermediate_size: 1,
  num_hidden_layers: 1,
  num_attention_heads: 1,
};

describe.each([...ARCHITECTURES])('%s', (name, architecture) => {
  it('is found by its own name', () => {
    expect(architecture.modelType).toBe(name);
    expect(architecture.className).toMatch(/ForCausalLM$/);
  });

  it('writes keys that ask for what they came from', () => {
    for (const attention_bias of [false, true]) {
      for (const mlp_bias of [false, true]) {
        const config = architecture.parse({ ...sizes, attention_bias, mlp_bias }, 'test');
        expect(architecture.parse(architecture.keys(config, 'float32'), 'test')).toEqual(config);
      }
    }
  });
});
