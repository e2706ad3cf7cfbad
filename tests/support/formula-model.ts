/** A small model whose weights are a formula, so that other software can be given the same without a file of weights. */
import { initModel, type LanguageModel, parseConfig } from '../../src/models/index.ts';
import { noGrad, scope, tensor } from '../../src/torch/index.ts';

const CONFIG = {
  model_type: 'llama',
  vocab_size: 24,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
};

/** Element i of parameter k is sin(k + 1.7 i + 0.3) / √in, and 1 more on norms. */
export function formulaModel(): LanguageModel {
  const model = initModel(parseConfig(CONFIG, 'test'), 0);
  noGrad(() => {
    for (const [k, parameter] of model.parameters().entries()) {
      const scale = parameter.ndim === 2 ? parameter.size(1) ** -0.5 : 0.1;
      const offset = parameter.ndim === 2 ? 0 : 1;
      const values = Array.from(
        { length: parameter.numel },
        (_, i) => offset + scale * Math.sin(k + 1.7 * i + 0.3),
      );
      scope(() => parameter.copy_(tensor(values, parameter.shape)));
    }
  });
  return model;
}
