import { expect, it } from 'vitest';
import { configFileSchema, unsupported } from './config-file.ts';

const file = (changes: object) =>
  configFileSchema.parse({
    vocab_size: 1,
    hidden_size: 1,
    intermediate_size: 1,
    num_hidden_layers: 1,
    num_attention_heads: 1,
    ...changes,
  });

it('ignores keys that change nothing here', () => {
  const known = file({
    attention_dropout: 0.1,
    sliding_window: 4096,
    use_sliding_window: false,
    use_cache: true,
  });
  expect(unsupported(known)).toBeNull();
  expect(unsupported(file({ layer_types: ['full_attention'], quantization_config: null }))).toBeNull();
});

it('says what is not computed', () => {
  expect(unsupported(file({ quantization_config: {} }))).toMatch(/quantization_config/);
});
