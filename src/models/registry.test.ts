import { describe, expect, it } from 'vitest';
import { ARCHITECTURES } from './registry.ts';

const sizes = {
  vocab_size: 1,
  hidden_size: 2,
  intermediate_size: 1,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  num_key_value_heads: 1,
};

describe.each([...ARCHITECTURES])('%s', (name, architecture) => {
  it('is found by its own name', () => {
    expect(architecture.modelType).toBe(name);
    expect(architecture.className).toMatch(/ForCausalLM$/);
  });

  it('writes keys that ask for what they came from', () => {
    for (const attention_bias of [false, true]) {
      for (const mlp_bias of [false, true]) {
        const keys = { ...sizes, attention_bias, mlp_bias };
        const config = architecture.parse({ ...keys, text_config: keys }, 'test');
        // A model that was read as a part of another is written as what it is.
        const written = architecture.keys(config, 'float32');
        const own = ARCHITECTURES.get(written.model_type as string)!;
        expect(own.parse(written, 'test')).toEqual(config);
      }
    }
  });
});
