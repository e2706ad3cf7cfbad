/** Every architecture, and every kind of positions and attention, in every stage; a few pairs of them in `npm test`. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ARCHITECTURES } from '../../src/models/index.ts';
import type { StageDefinition } from '../../src/run/stage.ts';
import { stageDefinitions } from '../../src/stages/registry.ts';
import { sampleOf } from '../support/long.ts';
import { runStage } from '../support/stage.ts';
import { TINY_CONFIG, writeTinyCheckpoint } from '../support/tiny-checkpoint.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-stages-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const prompts = [{ task: 'chain' }];
const sampling = { maxTokens: 6, maxRows: 8 };
const optimizer = { peak: 1e-3 };

/** The least that each stage does, from a checkpoint of an architecture. */
const SETTINGS: Readonly<Record<string, (model: string, keys: object) => object>> = {
  pretrain: (_, keys) => ({
    model: { ...TINY_CONFIG, ...keys },
    steps: 2,
    rowLength: 48,
    rowsPerStep: 2,
    optimizer,
  }),
  sft: (model) => ({
    model,
    template: 'plain',
    data: [{ source: 'cold-start', count: 8 }],
    epochs: 1,
    batchSize: 4,
    optimizer,
  }),
  'reward-model': (model) => ({
    model,
    kind: 'pairwise',
    reads: 'answer',
    template: 'plain',
    data: [{ source: 'world-pairs', count: 16 }],
    heldOut: 0.25,
    epochs: 1,
    batchSize: 8,
    optimizer,
  }),
  rl: (model) => ({
    model,
    template: 'plain',
    prompts,
    rewards: { length: {} },
    steps: 2,
    promptsPerStep: 2,
    // Enough responses that some end by themselves: were all equally long, nothing would be learnt.
    groupSize: 16,
    sampling: { maxTokens: 24 },
    optimizer,
  }),
  reject: (model) => ({
    model,
    template: 'plain',
    prompts,
    promptCount: 2,
    samples: 2,
    minimum: { accuracy: null, format: null },
    filters: { truncated: 'keep' },
    sampling,
  }),
  evaluate: (checkpoint) => ({
    checkpoint,
    template: 'plain',
    prompts,
    greedyProblems: 2,
    problems: 2,
    samples: 2,
    sampling,
  }),
};

const yarn = { rope_type: 'yarn', factor: 8, original_max_position_embeddings: 16 };
const longrope = {
  rope_type: 'longrope',
  short_factor: [1, 1, 1.5, 1.5, 2, 2, 3, 3],
  long_factor: [1, 2, 3, 4, 5, 6, 7, 8],
  original_max_position_embeddings: 64,
};
const window = { use_sliding_window: true, sliding_window: 5, max_window_layers: 1 };

/** Few and small ones, in the keys of each architecture that has experts. */
const EXPERTS: Readonly<Record<string, object>> = {
  qwen3_moe: { num_experts: 4, num_experts_per_tok: 2, moe_intermediate_size: 16 },
  qwen3_5_text: {
    head_dim: 8,
    layer_types: ['linear_attention', 'full_attention'],
    linear_num_key_heads: 1,
    linear_num_value_heads: 2,
    linear_key_head_dim: 8,
    linear_value_head_dim: 8,
  },
  gpt_oss: { head_dim: 8, num_local_experts: 4, num_experts_per_tok: 2, sliding_window: 5 },
  deepseek_v3: {
    num_key_value_heads: 2,
    q_lora_rank: 12,
    kv_lora_rank: 8,
    qk_nope_head_dim: 8,
    qk_rope_head_dim: 8,
    v_head_dim: 8,
    first_k_dense_replace: 1,
    moe_intermediate_size: 16,
    n_routed_experts: 8,
    num_experts_per_tok: 2,
    n_group: 4,
    topk_group: 2,
  },
};

/** What config.json says besides the sizes. */
const MODELS: readonly { readonly model_type: string; readonly [key: string]: unknown }[] = [
  // qwen3_5 is read as qwen3_5_text.
  ...[...ARCHITECTURES.keys()]
    .filter((name) => name !== 'qwen3_5')
    .map((model_type) => ({ model_type, ...EXPERTS[model_type] })),
  { model_type: 'qwen2', ...window, rope_scaling: yarn },
  { model_type: 'qwen3', ...window },
  { model_type: 'llama', rope_scaling: yarn },
  { model_type: 'llama', rope_scaling: { rope_type: 'dynamic', factor: 2 } },
  { model_type: 'llama', rope_scaling: longrope },
];

const PAIRS = MODELS.flatMap((keys, number) =>
  stageDefinitions.map((stage) => ({ keys, number, kind: stage.kind, stage: stage as StageDefinition })),
);

it('has settings for every stage', () => {
  expect(Object.keys(SETTINGS).sort()).toEqual(stageDefinitions.map(({ kind }) => kind).sort());
});

describe('an architecture in a stage', () => {
  it.each(sampleOf(PAIRS, 5))('$keys in $kind', async ({ keys, number, kind, stage }) => {
    const dir = path.join(root, `${number}-${kind}`);
    const checkpoint = await writeTinyCheckpoint(`${dir}-model`, 0, keys);
    const settings = { stage: kind, name: kind, ...SETTINGS[kind]!(checkpoint, keys) };
    const { reports, warnings } = await runStage(stage, settings, { dir });
    for (const value of reports.flatMap((report) => Object.values(report)))
      expect(value).toBeTypeOf('number');
    expect(reports.flatMap((report) => Object.values(report)).every(Number.isFinite)).toBe(true);
    expect(warnings.join()).not.toContain('NaN');
    if (kind === 'reject' || kind === 'evaluate') return;
    const written = JSON.parse(readFileSync(path.join(dir, 'config.json'), 'utf8')) as object;
    expect(written).toMatchObject(keys);
    const weights = (of: string) => readFileSync(path.join(of, 'model.safetensors'));
    expect(weights(dir).equals(weights(checkpoint))).toBe(false);
  });
});
