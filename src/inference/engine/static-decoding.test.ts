import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { formulaModel } from '../../../tests/support/formula-model.ts';
import { LATENT_KEYS, latent } from '../../../tests/support/latent-model.ts';
import { runs } from '../../../tests/support/long.ts';
import {
  initModel,
  type LanguageModel,
  type LoraOptions,
  loraSchema,
  parseConfig,
  type QuantisedBase,
  withLora,
} from '../../models/index.ts';
import { unquantisedParameters } from '../../models/layers/index.ts';
import { memory, noGrad, randn, scope } from '../../torch/index.ts';
import { Engine } from './engine.ts';
import { FREE, Prompt } from './sequence.ts';
import {
  collect,
  expectReply,
  GREEDY,
  OPTIONS,
  runOut,
  type Sampled,
  samplingOf,
  smallEngines,
  withEngine,
} from './testing.ts';

/** A window of 5 tokens in its second layer, which a static pass needs masks for. */
const WINDOWED = {
  model_type: 'qwen2',
  vocab_size: 24,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
  use_sliding_window: true,
  sliding_window: 5,
  max_window_layers: 1,
};

const NORMED = { ...WINDOWED, model_type: 'qwen3', use_sliding_window: false, head_dim: 6 };

const EXPERTS = {
  ...NORMED,
  model_type: 'qwen3_moe',
  num_experts: 4,
  num_experts_per_tok: 2,
  moe_intermediate_size: 8,
  mlp_only_layers: [0],
};

const MLA = {
  ...NORMED,
  model_type: 'deepseek_v3',
  head_dim: 4,
  num_key_value_heads: 4,
  q_lora_rank: 8,
  kv_lora_rank: 6,
  qk_nope_head_dim: 4,
  qk_rope_head_dim: 4,
  v_head_dim: 6,
  first_k_dense_replace: 1,
  moe_intermediate_size: 8,
  n_routed_experts: 4,
  n_shared_experts: 1,
  num_experts_per_tok: 2,
  n_group: 2,
  topk_group: 1,
};

const SINKS = {
  ...NORMED,
  model_type: 'gpt_oss',
  intermediate_size: 8,
  num_local_experts: 4,
  num_experts_per_tok: 2,
  sliding_window: 5,
};

const PLAIN = { ...WINDOWED, use_sliding_window: undefined, max_window_layers: undefined };

/** Windows, two rotary settings, norms on both sides, capped logits. */
const GEMMA = {
  ...PLAIN,
  model_type: 'gemma3_text',
  head_dim: 6,
  sliding_window_pattern: 2,
  rope_local_base_freq: 100,
  final_logit_softcapping: 8,
};

/** A layer without positions. */
const NOPE = { ...PLAIN, model_type: 'smollm3', sliding_window: null, no_rope_layer_interval: 2 };

/** Fused layers, partial rotary positions. */
const FUSED = { ...PLAIN, model_type: 'phi3', head_dim: 8, partial_rotary_factor: 0.5 };

/** Norms of all queries and keys of a token. */
const OLMO = { ...PLAIN, model_type: 'olmo3', layer_types: ['sliding_attention', 'full_attention'] };

const DELTA = {
  ...NORMED,
  model_type: 'qwen3_5_text',
  head_dim: 8,
  layer_types: ['linear_attention', 'full_attention'],
  linear_num_key_heads: 1,
  linear_num_value_heads: 2,
  linear_key_head_dim: 4,
  linear_value_head_dim: 6,
};

/** @returns the model, its random weights larger than training begins with: tokens differ clearly */
function spread(model: LanguageModel): LanguageModel {
  noGrad(() => {
    for (const [, parameter] of unquantisedParameters(model))
      scope(() => parameter.add_(randn(parameter.shape), 0.3));
  });
  return model;
}

function drawnModel(keys: object, lora?: LoraOptions, base?: QuantisedBase): LanguageModel {
  const model = initModel(parseConfig({ ...keys }, 'test'), 0, { base });
  return spread(lora === undefined ? model : withLora(model, lora, 0));
}

const LORA = loraSchema.parse({ rank: 2, targets: ['k_proj', 'up_proj'] });

/** Not by way of the registry, which other tests look at. */
function latentModel(): LanguageModel {
  const config = latent.parse({ ...LATENT_KEYS, vocab_size: 24 }, 'test');
  const model = latent.create(config, { dtype: 'float32', device: 'cpu' });
  for (const parameter of model.parameters()) parameter.fill_(parameter.ndim === 2 ? 0 : 1);
  return spread(model);
}

const MODELS: Readonly<Record<string, LanguageModel>> = {
  formula: formulaModel(),
  windowed: drawnModel(WINDOWED),
  normed: drawnModel(NORMED),
  lora: drawnModel({ ...WINDOWED, use_sliding_window: false }, LORA),
  nf4: drawnModel({ ...WINDOWED, use_sliding_window: false }, LORA, 'nf4'),
  int8: drawnModel(WINDOWED, undefined, 'int8'),
  latent: latentModel(),
  experts: drawnModel(EXPERTS),
  mla: drawnModel(MLA),
  'mla, lora': drawnModel(MLA, loraSchema.parse({ rank: 2, targets: ['kv_b_proj', 'up_proj'] })),
  delta: drawnModel(DELTA),
  'delta, nf4': drawnModel(DELTA, LORA, 'nf4'),
  sinks: drawnModel(SINKS),
  'sinks, no window': drawnModel({ ...SINKS, layer_types: ['full_attention', 'full_attention'] }),
  'mla, nf4': drawnModel(MLA, undefined, 'nf4'),
  gemma: drawnModel(GEMMA),
  'gemma, nf4': drawnModel(GEMMA, undefined, 'nf4'),
  nope: drawnModel(NOPE),
  fused: drawnModel(FUSED),
  'fused, lora': drawnModel(FUSED, loraSchema.parse({ rank: 2 })),
  olmo: drawnModel(OLMO),
};
afterAll(() => {
  for (const model of Object.values(MODELS)) model.dispose();
});

const STATIC = { graphs: true };

const sampled: fc.Arbitrary<Sampled> = fc.record({
  temperature: fc.constantFrom(0, 0, 1, 1, 0.7),
  topP: fc.constantFrom(1, 1, 1, 0.8),
  seed: fc.nat(1000),
  logprobs: fc.constantFrom('policy' as const, 'policy' as const, null, 2),
});

const requests = fc.array(
  fc.record({
    prompt: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 30 }),
    most: fc.integer({ min: 1, max: 20 }),
    delay: fc.nat(6),
    replies: fc.integer({ min: 1, max: 3 }),
    free: fc.boolean(),
    how: sampled,
  }),
  { minLength: 1, maxLength: 7 },
);

describe('static decoding', () => {
  it.each(Object.keys(MODELS))('gives what a pass without cache and batch gives: model %s', (name) => {
    const model = MODELS[name]!;
    fc.assert(
      fc.property(
        requests,
        smallEngines,
        // All free and alike, as rollouts are, or each its own.
        fc.option(sampled),
        fc.boolean(),
        (list, options, same, warm) => {
          withEngine(model, { ...STATIC, ...options }, (engine) => {
            if (warm) engine.warm();
            const made = list.map(({ prompt, most, replies, free, how }) => {
              const shared = new Prompt(prompt);
              return Array.from({ length: replies }, (_, i) => {
                const own = { ...(same ?? how), seed: how.seed + i };
                const { sequence, out } = collect(shared, most + i, samplingOf(own));
                out.free = same !== null || free;
                return { sequence, out, own };
              });
            });
            for (const [i, replies] of made.entries()) {
              for (const { sequence } of replies) engine.add(sequence);
              for (let step = 0; step < list[i]!.delay; step++) engine.step();
            }
            runOut(engine);
            for (const [i, replies] of made.entries()) {
              const { prompt, most } = list[i]!;
              for (const [k, { out, own }] of replies.entries()) {
                expect(out.tokens).toHaveLength(most + k);
                expectReply(model, prompt, out, own);
              }
            }
            expect(engine.stats).toMatchObject({ running: 0, waiting: 0, cacheBlocksUsed: 0 });
            expect(engine.decoding).toEqual({ graphs: 0 });
          });
        },
      ),
      { numRuns: runs(8, 30), seed: 11 },
    );
  });

  it('computes a step ahead of its readers, and drops what comes after the end', () => {
    withEngine(MODELS.formula!, { ...STATIC, blockSize: 64 }, (engine) => {
      const made = [3, 9, 64].map((most) => collect([1, 2, 3, 4], most));
      for (const { sequence, out } of made) {
        out.free = true;
        engine.add(sequence);
      }
      const counts = Array.from({ length: 5 }, () => {
        engine.step();
        return made[1]!.out.tokens.length;
      });
      // The first is read with the prompt; the second is computed in the step after, and read in the one after that.
      expect(counts).toEqual([1, 1, 2, 3, 4]);
      runOut(engine);
      expect(made.map(({ out }) => out.tokens.length)).toEqual([3, 9, 60]);
      expect(engine.stats.generatedTokens).toBe(72);
    });
  });

  it('lets a reader cancel, and lag behind, while a token of its own is on its way', () => {
    withEngine(MODELS.formula!, STATIC, (engine) => {
      const [gone, slow, other] = [40, 40, 12].map((most) => collect([5, 6, 7], most)) as [
        ReturnType<typeof collect>,
        ReturnType<typeof collect>,
        ReturnType<typeof collect>,
      ];
      for (const { sequence, out } of [gone, slow, other]) {
        out.free = true;
        engine.add(sequence);
      }
      for (let step = 0; step < 4; step++) engine.step();
      engine.cancel(gone.sequence);
      slow.out.ready = false;
      const before = gone.out.tokens.length;
      while (!other.out.ended) engine.step();
      // A token on its way when it began to lag is delivered.
      expect(slow.out.tokens.length).toBeLessThanOrEqual(before + 1);
      expect(gone.out.tokens).toHaveLength(before);
      slow.out.ready = true;
      runOut(engine);
      for (const { out } of [slow, other]) {
        expectReply(MODELS.formula!, [5, 6, 7], out, { temperature: 0, topP: 1, seed: 0, logprobs: null });
      }
      expect(engine.stats).toMatchObject({ running: 0, cacheBlocksUsed: 0 });
    });
  });

  it('obeys rules, penalties and biases beside the step', () => {
    withEngine(MODELS.formula!, STATIC, (engine) => {
      const allowed = collect([1], 6);
      allowed.out.rule = { forced: null, allowed: { key: 'a', ids: Int32Array.of(3, 5) } };
      const biased = collect([1], 6, { ...GREEDY, bias: new Map([[9, 1000]]), counts: new Map() });
      const punished = collect([1], 6, { ...GREEDY, presencePenalty: 1000, counts: new Map() });
      for (const { sequence, out } of [biased, punished]) {
        out.free = true;
        engine.add(sequence);
      }
      for (let step = 0; step < 3; step++) engine.step();
      engine.add(allowed.sequence);
      runOut(engine);
      expect(allowed.out.tokens.every((token) => token === 3 || token === 5)).toBe(true);
      expect(biased.out.tokens).toEqual([9, 9, 9, 9, 9, 9]);
      expect(new Set(punished.out.tokens).size).toBe(6);
    });
  });

  it('ends a sequence whose logits are NaN with an error, and frees its blocks', () => {
    const broken = formulaModel();
    noGrad(() =>
      scope(() => broken.stateDict().get('model.embed_tokens.weight')!.select(0, 23).fill_(Number.NaN)),
    );
    const engine = new Engine(broken, { ...OPTIONS, ...STATIC, cacheTokens: 64 });
    const bad = collect([9, 4], 20);
    const good = collect([4, 3, 2, 1, 2, 3, 4], 3);
    bad.out.rule = { forced: 23, allowed: null };
    engine.add(bad.sequence);
    engine.step();
    bad.out.rule = FREE;
    for (const { out } of [bad, good]) out.free = true;
    engine.add(good.sequence);
    runOut(engine);
    expect(bad.out.tokens).toEqual([23]);
    expect(String(bad.out.error)).toContain('not finite');
    expect(good.out.tokens).toHaveLength(3);
    expect(good.out.error).toBeNull();
    expect(engine.stats.cacheBlocksUsed).toBe(0);
    engine.dispose();
    broken.dispose();
  });

  it('leaves no tensor behind', () => {
    const before = memory().tensors;
    withEngine(MODELS.formula!, { ...STATIC, blockSize: 64 }, (engine) => {
      for (let i = 0; i < 5; i++) {
        const { sequence, out } = collect([i, i + 1], 10);
        out.free = i % 2 === 0;
        engine.add(sequence);
      }
      runOut(engine);
      engine.add(collect([1], 5, { ...GREEDY, logprobs: 2, counts: new Map() }).sequence);
      runOut(engine);
    });
    expect(memory().tensors).toBe(before);
  });
});
