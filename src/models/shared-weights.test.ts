import { afterEach, describe, expect, it } from 'vitest';
import { dispose, indices, memory, noGrad, scope, type Tensor } from '../torch/index.ts';
import { parseConfig } from './config.ts';
import { initModel } from './init.ts';
import type { LanguageModel } from './language-model.ts';
import { adaptedLayers, loraSchema, withLora } from './layers/index.ts';
import { followWeights, ownParameters, withSharedWeights } from './shared-weights.ts';

const opened: LanguageModel[] = [];
afterEach(() => dispose(opened.splice(0)));

const keys = {
  vocab_size: 40,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-6,
};

function adapted(modelType: string, tied: boolean): LanguageModel {
  const config = parseConfig({ ...keys, model_type: modelType, tie_word_embeddings: tied }, modelType);
  const model = withLora(initModel(config, 0), loraSchema.parse({ rank: 2 }), 0);
  fillB(model, 0.1);
  opened.push(model);
  return model;
}

function fillB(model: LanguageModel, value: number): void {
  noGrad(() => {
    for (const [, { lora }] of adaptedLayers(model)) lora!.B.fill_(value);
  });
}

function logitsOf(model: LanguageModel): number[] {
  return noGrad(() =>
    scope(() => [...model.forward({ tokens: indices([1, 2, 3, 4], [1, 4]) }).toFloat32Array()]),
  );
}

describe.each(['llama', 'qwen2', 'qwen3'])('withSharedWeights, %s', (modelType) => {
  it.each([true, false])(
    'computes as the model did when it was made, whatever becomes of the model (tied: %s)',
    (tied) => {
      const model = adapted(modelType, tied);
      const twin = withSharedWeights(model);
      const before = logitsOf(model);
      expect(logitsOf(twin)).toEqual(before);
      fillB(model, 0.3);
      expect(logitsOf(twin)).toEqual(before);
      expect(logitsOf(model)).not.toEqual(before);
      expect(twin.parameters().some(({ requiresGrad }) => requiresGrad)).toBe(false);
      twin.dispose();
      fillB(model, 0.1);
      expect(logitsOf(model)).toEqual(before);
    },
  );
});

it('follows the model it was made from when it is told to', () => {
  const model = adapted('llama', false);
  const twin = withSharedWeights(model);
  fillB(model, 0.3);
  followWeights(twin, model);
  expect(logitsOf(twin)).toEqual(logitsOf(model));
  expect(ownParameters(twin).map(([name]) => name)).toEqual(ownParameters(model).map(([name]) => name));
  twin.dispose();
});

it('takes the memory of the additions alone, and gives all of it back', () => {
  const model = adapted('qwen3', true);
  const live = memory();
  const twin = withSharedWeights(model);
  const additions = adaptedLayers(model).flatMap(([, { lora }]) => lora!.parameters());
  const bytes = additions.reduce((sum, { numel }: Tensor) => sum + 4 * numel, 0);
  expect(memory().bytes - live.bytes).toBe(bytes);
  twin.dispose();
  expect(memory().bytes).toBe(live.bytes);
});
