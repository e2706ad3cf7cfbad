import { expect, it } from 'vitest';
import { parseConfig } from '../config.ts';
import { modelSizes } from '../sizes.ts';

it('of OLMo-2-1124-7B asks for its 7.3 billion parameters', () => {
  const keys = {
    model_type: 'olmo2',
    vocab_size: 100_352,
    hidden_size: 4096,
    intermediate_size: 11_008,
    num_hidden_layers: 32,
    num_attention_heads: 32,
  };
  const config = parseConfig(keys, 'test');
  expect(config).toMatchObject({ rmsNormEps: 1e-5, norms: 'behind', qkNorm: 'tokens' });
  expect(modelSizes(config, 'bfloat16').parameters).toBe(7_298_617_344);
});
