import { describe, expect, it } from 'vitest';
import { Generator, indices, memory, noGrad, randn, scope, type Tensor } from '../torch/index.ts';
import { parseConfig } from './config.ts';
import { initModel } from './init.ts';
import type { ForwardInput, LanguageModel } from './language-model.ts';
import { type Module, Routing, trainableParameters, withLora } from './layers/index.ts';
import { requireRecompute, statesPass } from './recompute.ts';
import { endScoresPass } from './scores.ts';
import { initHead, ValueModel } from './value-model.ts';

const [B, T, D, V, LAYERS] = [2, 9, 16, 24, 3];

const OTHERS: Readonly<Record<string, object>> = {
  qwen3_5_text: {
    layer_types: ['linear_attention', 'full_attention', 'linear_attention'],
    head_dim: 8,
    linear_num_key_heads: 2,
    linear_num_value_heads: 2,
    linear_key_head_dim: 4,
    linear_value_head_dim: 4,
  },
  gpt_oss: { intermediate_size: 8, num_local_experts: 4, num_experts_per_tok: 2, sliding_window: 3 },
};

function modelOf(modelType: string, tied: boolean): LanguageModel {
  const keys = {
    model_type: modelType,
    vocab_size: V,
    hidden_size: D,
    intermediate_size: 20,
    num_hidden_layers: LAYERS,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 6,
    max_position_embeddings: 64,
    tie_word_embeddings: tied,
    ...OTHERS[modelType],
  };
  return initModel(parseConfig(keys, 'test'), 4, { scheme: 'scaled' }).requiresGrad_();
}

function tokensOf(): Tensor {
  return indices(
    Array.from({ length: B * T }, (_, i) => (7 * i + 3) % V),
    [B, T],
  );
}

/** Two documents in a row, as packing lays them out. */
function packed(): ForwardInput {
  return { tokens: tokensOf(), segments: Array.from({ length: B }, () => [4, T - 4]) };
}

/** The gradients of a loss through the head, by parameter. */
function gradientsOf(model: LanguageModel, input: () => ForwardInput, recompute: boolean) {
  return collected(model, () => {
    const pass = statesPass(model, input(), recompute);
    const coefficients = randn([B, T, V], { generator: new Generator(8) });
    model.logits(pass.states).logSoftmax(-1).mul(coefficients).sum().backward();
    pass.backward();
  });
}

function collected(model: Module, backward: () => void): [name: string, gradient: number[]][] {
  for (const parameter of model.parameters()) parameter.setGrad(null);
  return scope(() => {
    backward();
    return trainableParameters(model).map(([name, { grad }]) => [name, grad!.toArray()] as const);
  }).map(([name, values]) => [name, values]);
}

describe('recomputation of activations', () => {
  const inputs = { rows: () => ({ tokens: tokensOf() }), packed } as const;

  for (const modelType of [
    'qwen2',
    'qwen3',
    'llama',
    'smollm3',
    'gemma3_text',
    'olmo3',
    'phi3',
    'gpt_oss',
    'qwen3_5_text',
  ]) {
    for (const tied of [true, false]) {
      it.each(['rows', 'packed'] as const)(
        `leaves every gradient as it is, bit for bit (${modelType}, tied ${tied}, %s)`,
        (kind) => {
          const model = modelOf(modelType, tied);
          const plain = gradientsOf(model, inputs[kind], false);
          expect(gradientsOf(model, inputs[kind], true)).toEqual(plain);
          expect(plain.every(([, values]) => values.some((value) => value !== 0))).toBe(true);
          model.dispose();
        },
      );
    }
  }

  it('leaves the gradients of LoRA as they are', () => {
    const model = withLora(modelOf('qwen3', true), { rank: 2, alpha: 4, targets: 'all-linear' }, 1);
    // B starts at 0, and with it the gradient of A.
    noGrad(() => {
      for (const [, parameter] of trainableParameters(model)) scope(() => parameter.add_(0.1));
    });
    const plain = gradientsOf(model, inputs.rows, false);
    expect(gradientsOf(model, inputs.rows, true)).toEqual(plain);
    expect(plain).toHaveLength(LAYERS * 7 * 2);
    model.dispose();
  });

  it('leaves the gradients of a value model as they are', () => {
    const trunk = modelOf('llama', false);
    const model = new ValueModel(trunk, initHead(trunk, { deviation: 0.5 }));
    model.requiresGrad_();
    const sequences = [
      [1, 2, 3, 4],
      [5, 6],
    ].map((ids) => Int32Array.from(ids));
    const gradients = (recompute: boolean) =>
      collected(model, () => {
        const { scores, backward } = endScoresPass(model, sequences, { padToken: 0, recompute });
        scores.square().sum().backward();
        backward();
      });
    expect(gradients(true)).toEqual(gradients(false));
    model.dispose();
  });

  it('leaves the gradients of a loss of the routers as they are', () => {
    const keys = {
      model_type: 'qwen3_moe',
      vocab_size: V,
      hidden_size: D,
      intermediate_size: 20,
      num_hidden_layers: LAYERS,
      num_attention_heads: 4,
      num_experts: 4,
      num_experts_per_tok: 2,
      moe_intermediate_size: 8,
    };
    const model = initModel(parseConfig(keys, 'test'), 4, { scheme: 'scaled' }).requiresGrad_();
    const gradients = (weight: number | null, recompute: boolean) => {
      const sequences = [[4, T - 4], [T - 2]];
      const routing =
        weight === null
          ? undefined
          : new Routing({ balance: { sequences, length: T, weight, device: 'cpu' } });
      return gradientsOf(model, () => ({ tokens: tokensOf(), routing }), recompute);
    };
    const plain = gradients(0.1, false);
    expect(gradients(0.1, true)).toEqual(plain);
    expect(gradients(null, false)).not.toEqual(plain);
    model.dispose();
  });

  it('keeps the input of each layer from forward to backward, and nothing after it', () => {
    const model = modelOf('qwen2', true);
    for (const parameter of model.parameters()) parameter.setGrad(null);
    gradientsOf(model, inputs.rows, true);
    scope(() => {
      const input = inputs.rows();
      const before = memory();
      const { kept, left } = scope(() => {
        const pass = statesPass(model, input, true);
        const bytes = memory().bytes - before.bytes;
        pass.states.sum().backward();
        pass.backward();
        return { kept: bytes, left: memory() };
      });
      // The inputs of three layers and of the final norm, the states, and on old versions of torch a mask.
      const states = (LAYERS + 2) * B * T * D * 4;
      expect(kept).toBeGreaterThanOrEqual(states);
      expect(kept).toBeLessThanOrEqual(states + 2 * T * T * 4);
      // The states and their gradient are the caller's until its scope ends.
      expect(left.bytes - before.bytes).toBeLessThanOrEqual(3 * B * T * D * 4);
      expect(memory().tensors).toBe(before.tensors);
    });
    model.dispose();
  });

  it('is refused for a model that is not made of layers', () => {
    const model = { config: { ...modelOf('qwen2', true).config, modelType: 'other' } };
    expect(() => requireRecompute(model, true)).toThrow(
      'recompute: a model of the architecture other cannot be computed layer by layer',
    );
    expect(() => requireRecompute(model, false)).not.toThrow();
  });
});
