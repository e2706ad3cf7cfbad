/** pretrain makes the layer of multi-token prediction and trains it; sft goes on with it, and without `mtp` leaves it out. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readSafetensors } from '../../src/models/index.ts';
import type { StageDefinition } from '../../src/run/stage.ts';
import { pretrain } from '../../src/stages/pretrain/pretrain.ts';
import { sft } from '../../src/stages/sft/sft.ts';
import { runStage } from '../support/stage.ts';
import { TINY_CONFIG } from '../support/tiny-checkpoint.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-mtp-stages-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const optimizer = { peak: 3e-3 };
const SHAPE = {
  ...TINY_CONFIG,
  model_type: 'deepseek_v3',
  num_key_value_heads: 2,
  q_lora_rank: null,
  kv_lora_rank: 8,
  qk_nope_head_dim: 8,
  qk_rope_head_dim: 8,
  v_head_dim: 8,
  first_k_dense_replace: 1,
  moe_intermediate_size: 16,
  n_routed_experts: 4,
  num_experts_per_tok: 2,
  num_nextn_predict_layers: 1,
};

const run = async (stage: StageDefinition, name: string, settings: object) => {
  const dir = path.join(root, name);
  const { reports } = await runStage(stage, { stage: stage.kind, name, optimizer, ...settings }, { dir });
  const keys = JSON.parse(readFileSync(path.join(dir, 'config.json'), 'utf8')) as Record<string, unknown>;
  const { tensors } = readSafetensors(path.join(dir, 'model.safetensors'));
  return { dir, reports, predictors: keys.num_nextn_predict_layers, tensors };
};

it('the layer is made, trained and saved where a stage asks for it', async () => {
  const rows = { rowLength: 48, rowsPerStep: 4 };
  const base = await run(pretrain, 'base', { model: SHAPE, steps: 12, ...rows, mtp: {} });
  const losses = base.reports.map((report) => report['mtp/loss']!);
  expect(losses.at(-1)).toBeLessThan(losses[0]!);
  const name = 'model.layers.2.eh_proj.weight';
  expect([base.predictors, base.tensors.has(name)]).toEqual([1, true]);
  const data = [{ source: 'cold-start', count: 4 }];
  const tuning = { model: base.dir, template: 'plain', data, steps: 1, batchSize: 4 };
  const lora = { rank: 2 };
  for (const [folder, settings, has] of [
    ['tuned', { mtp: { weight: 0.1 } }, true],
    ['tuned-lora', { mtp: { weight: 0.1 }, lora: { ...lora, targets: 'all-linear' } }, true],
    ['dropped', {}, false],
  ] as const) {
    const tuned = await run(sft, folder, { ...tuning, ...settings });
    expect([tuned.predictors, tuned.tensors.has(name)], folder).toEqual([Number(has), has]);
    expect('mtp/loss' in tuned.reports[0]!).toBe(has);
    const moved = tuned.tensors.get(name)?.toArray().join() !== base.tensors.get(name)!.toArray().join();
    expect(moved).toBe(true);
  }
});

it('a model without such a layer is refused by name', async () => {
  const plain = { ...SHAPE, num_nextn_predict_layers: 0 };
  const settings = { model: plain, steps: 1, rowLength: 48, rowsPerStep: 1, mtp: {} };
  await expect(run(pretrain, 'plain', settings)).rejects.toThrow(
    'mtp: the deepseek_v3 model has no layer that predicts tokens after the next',
  );
});
