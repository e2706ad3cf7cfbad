import { describe, expect, it } from 'vitest';
import { parseConfig } from '../config.ts';
import { modelSizes } from '../sizes.ts';

const MISTRAL_7B = {
  model_type: 'mistral',
  vocab_size: 32_000,
  hidden_size: 4096,
  intermediate_size: 14_336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
};

describe('the config.json of mistral', () => {
  it.each([
    [{ sliding_window: 4096 }, 4096],
    [{}, 4096],
    [{ sliding_window: null }, null],
  ])('with %j has the window %s in every layer', (changes, window) => {
    const config = parseConfig({ ...MISTRAL_7B, num_hidden_layers: 2, ...changes }, 'test');
    expect(config).toMatchObject({ windows: [window, window] });
  });

  it('of Mistral-7B asks for its 7.2 billion parameters', () => {
    expect(modelSizes(parseConfig(MISTRAL_7B, 'test'), 'bfloat16').parameters).toBe(7_241_732_096);
  });
});
