/** Every stage that trains reports the load of experts and balances it where its optimiser is told to. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StageDefinition } from '../../src/run/stage.ts';
import { stageDefinitions } from '../../src/stages/registry.ts';
import { runStage } from '../support/stage.ts';
import { TINY_CONFIG, writeTinyCheckpoint } from '../support/tiny-checkpoint.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-experts-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SPARSE = {
  ...TINY_CONFIG,
  model_type: 'qwen3_moe',
  num_experts: 4,
  num_experts_per_tok: 1,
  moe_intermediate_size: 8,
};
const model = path.join(root, 'model');
beforeAll(async () => void (await writeTinyCheckpoint(model, 0, SPARSE)));

/** The least that each stage does in a step. */
const SETTINGS: Readonly<Record<string, object>> = {
  pretrain: { model: SPARSE, steps: 1, rowLength: 48, rowsPerStep: 2 },
  sft: { model, template: 'plain', data: [{ source: 'cold-start', count: 4 }], steps: 1, batchSize: 4 },
  'reward-model': {
    model,
    kind: 'pairwise',
    reads: 'answer',
    template: 'plain',
    data: [{ source: 'world-pairs', count: 8 }],
    steps: 1,
    batchSize: 4,
  },
  rl: {
    model,
    template: 'plain',
    prompts: [{ task: 'chain' }],
    rewards: { length: {} },
    steps: 1,
    promptsPerStep: 1,
    groupSize: 16,
    sampling: { maxTokens: 16 },
  },
};

describe.each(Object.keys(SETTINGS))('a %s of a model with experts', (kind) => {
  const run = async (name: string, balanceLoss: number | undefined) => {
    const stage = stageDefinitions.find((one) => one.kind === kind) as StageDefinition;
    const optimizer = { peak: 1e-3, ...(balanceLoss !== undefined && { balanceLoss }) };
    const config = { stage: kind, name, optimizer, ...SETTINGS[kind] };
    const { reports } = await runStage(stage, config, { dir: path.join(root, kind, name) });
    return reports.at(-1)!;
  };

  it('reports the load, and has another gradient with the balance loss', async () => {
    const [plain, balanced] = [await run('plain', undefined), await run('balanced', 1)];
    expect(plain['experts/load_max']).toBeGreaterThan(1);
    expect(plain['experts/idle_ratio']).toBeGreaterThanOrEqual(0);
    expect(balanced.loss).toBe(plain.loss);
    expect(Math.abs(balanced.grad_norm! / plain.grad_norm! - 1)).toBeGreaterThan(1e-3);
  });
});
