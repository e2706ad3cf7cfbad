/** Training in bf16 with a float32 master, on the CPU: near to float32, resumed exactly, written in the precision asked. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { presets } from '../../src/app/recipes/presets.ts';
import { readSafetensors } from '../../src/models/index.ts';
import type { StepReport } from '../../src/records.ts';
import type { StageDefinition } from '../../src/run/stage.ts';
import { pretrain } from '../../src/stages/pretrain/pretrain.ts';
import { rewardModel } from '../../src/stages/reward-model/reward-model.ts';
import { rl } from '../../src/stages/rl/rl.ts';
import { sft } from '../../src/stages/sft/sft.ts';
import { dispose } from '../../src/torch/index.ts';
import { runStage, type StageRecord } from '../support/stage.ts';
import { TINY_CONFIG, writeTinyCheckpoint } from '../support/tiny-checkpoint.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-bf16-'));
let checkpoint: string;
let jsonl: string;
beforeAll(async () => {
  checkpoint = await writeTinyCheckpoint(path.join(root, 'model'));
  jsonl = path.join(root, 'prompts.jsonl');
  const lines = Array.from({ length: 6 }, (_, i) =>
    JSON.stringify({ prompt: `what is ${i} ?`, answer: '7' }),
  );
  writeFileSync(jsonl, `${lines.join('\n')}\n`);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

type Changes = Readonly<Record<string, unknown>>;

const sftConfig = (changes: Changes = {}) => ({
  stage: 'sft' as const,
  name: 'sft',
  model: checkpoint,
  template: 'plain' as const,
  data: [{ source: 'cold-start' as const, count: 16 }],
  steps: 8,
  batchSize: 8,
  optimizer: { peak: 3e-3, warmup: 2 },
  tokensPerMicroBatch: 200,
  ...changes,
});

const rlConfig = (changes: Changes = {}) => ({
  stage: 'rl' as const,
  ...presets.ppo,
  name: 'rl',
  model: checkpoint,
  template: 'plain' as const,
  prompts: [{ task: 'jsonl' as const, path: jsonl }],
  rewards: { accuracy: {}, length: {} },
  steps: 4,
  promptsPerStep: 4,
  groupSize: 4,
  minibatches: 2,
  sampling: { maxTokens: 6 },
  optimizer: { peak: 3e-3, warmup: 2 },
  ...changes,
});

const place = (name: string): string => path.join(root, name);
const bytes = (name: string, file = 'model.safetensors'): Buffer =>
  readFileSync(path.join(place(name), file));

/** Runs a stage, or breaks it off after a step. */
async function run(
  stage: StageDefinition,
  name: string,
  config: object,
  stopAfter?: number,
): Promise<StageRecord> {
  const controller = new AbortController();
  const stop = new Error('interrupted');
  const options = {
    dir: place(name),
    signal: controller.signal,
    onStep: ({ step }: StepReport) => void (step === stopAfter && controller.abort(stop)),
  };
  const running = runStage(stage, config as never, options);
  if (stopAfter === undefined) return running;
  await expect(running).rejects.toBe(stop);
  return { reports: [], notes: [], warnings: [], resolved: [] };
}

/** dtypes of a checkpoint's tensors, and what its config.json says. */
function stored(name: string, folder = ''): readonly [found: string[], said: unknown] {
  const dir = path.join(place(name), folder);
  const { tensors } = readSafetensors(path.join(dir, 'model.safetensors'));
  const found = [...new Set([...tensors.values()].map(({ dtype }) => dtype))];
  dispose(tensors);
  const keys = JSON.parse(readFileSync(path.join(dir, 'config.json'), 'utf8'));
  return [found, keys.torch_dtype ?? keys.dtype];
}

describe('sft in bf16', () => {
  it.each([
    ['all weights', {}],
    ['LoRA', { lora: { rank: 4, alpha: 8 } }],
  ] as const)('%s: an interrupted run gives the same weights, bit for bit', async (name, changes) => {
    const config = sftConfig({ ...changes, precision: 'bf16' });
    await run(sft, `${name} whole`, config);
    await run(sft, `${name} broken`, config, 3);
    const { notes } = await run(sft, `${name} broken`, config);
    expect(notes.join()).toContain('resuming after step 3');
    expect(bytes(`${name} broken`).equals(bytes(`${name} whole`))).toBe(true);
    expect(stored(`${name} whole`)).toEqual([['bfloat16'], 'bfloat16']);
  });

  it('learns as float32 does: each loss within 1 %', async () => {
    const wide = await run(sft, 'wide', sftConfig({ precision: 'fp32' }));
    const narrow = await run(sft, 'narrow', sftConfig({ precision: 'bf16' }));
    expect(wide.reports.at(-1)!.loss!).toBeLessThan(wide.reports[0]!.loss! * 0.9);
    for (const [i, { loss }] of narrow.reports.entries()) {
      expect(loss).not.toBe(wide.reports[i]!.loss);
      expect(Math.abs(loss! / wide.reports[i]!.loss! - 1)).toBeLessThan(0.01);
    }
    expect(stored('wide')).toEqual([['float32'], 'float32']);
  });

  it('writes the float32 master, and bf16 after training in float32, if asked', async () => {
    await run(sft, 'bf16 as fp32', sftConfig({ precision: 'bf16', checkpointPrecision: 'fp32' }));
    await run(sft, 'bf16 as bf16', sftConfig({ precision: 'bf16' }));
    await run(sft, 'fp32 as bf16', sftConfig({ precision: 'fp32', checkpointPrecision: 'bf16' }));
    expect(stored('bf16 as fp32')).toEqual([['float32'], 'float32']);
    expect(stored('fp32 as bf16')).toEqual([['bfloat16'], 'bfloat16']);
    const [master, rounded] = ['bf16 as fp32', 'bf16 as bf16'].map((name) =>
      readSafetensors(path.join(place(name), 'model.safetensors')),
    );
    let finer = 0;
    for (const [name, values] of master!.tensors) {
      const own = values.toArray();
      const once = values.to('bfloat16').toArray();
      expect(once).toEqual(rounded!.tensors.get(name)!.toArray());
      finer += own.filter((value, i) => value !== once[i]).length;
    }
    expect(finer).toBeGreaterThan(1000);
    dispose([master!.tensors, rounded!.tensors]);
  });

  it('merges LoRA in float32 where the checkpoint is', async () => {
    const lora = { rank: 4, alpha: 8 };
    await run(sft, 'LoRA as fp32', sftConfig({ precision: 'bf16', checkpointPrecision: 'fp32', lora }));
    expect(stored('LoRA as fp32')).toEqual([['float32'], 'float32']);
    const { tensors } = readSafetensors(path.join(place('LoRA as fp32'), 'model.safetensors'));
    const merged = tensors.get('model.layers.0.self_attn.q_proj.weight')!;
    expect(merged.to('bfloat16').toArray()).not.toEqual(merged.toArray());
    dispose(tensors);
  });
});

describe('rl in bf16', () => {
  it('goes on from an interruption to the same weights, bit for bit: policy, critic, reference', async () => {
    const kl = { coefficient: 0.1, referenceEvery: 3 };
    const config = rlConfig({ precision: 'bf16', loss: { kl } });
    const { reports } = await run(rl, 'rl whole', config);
    await run(rl, 'rl broken', config, 2);
    const { notes } = await run(rl, 'rl broken', config);
    expect(notes.join()).toContain('resuming after step 2');
    for (const file of ['model.safetensors', 'critic/model.safetensors']) {
      expect(bytes('rl broken', file).equals(bytes('rl whole', file)), file).toBe(true);
    }
    expect(stored('rl whole')).toEqual([['bfloat16'], 'bfloat16']);
    expect(stored('rl whole', 'critic')).toEqual([['bfloat16'], 'bfloat16']);
    for (const report of reports) expect(Object.values(report).every(Number.isFinite)).toBe(true);
  });

  it('keeps checkpoints as the artifact: LoRA beside a reference, merged in float32', async () => {
    const { critic: _, advantage: __, ...plain } = rlConfig() as Record<string, unknown>;
    await run(rl, 'rl kept', {
      ...plain,
      steps: 2,
      precision: 'bf16',
      checkpointPrecision: 'fp32',
      checkpointEvery: 1,
      lora: { rank: 4, alpha: 8 },
      loss: { kl: { coefficient: 0.1 } },
      keep: { best: 0, last: 1 },
    });
    expect(stored('rl kept')).toEqual([['float32'], 'float32']);
    const kept = bytes('rl kept', 'checkpoints/step-000002/model.safetensors');
    expect(kept.equals(bytes('rl kept'))).toBe(true);
  });

  it('reports how far sampler and trainer are apart, and starts where float32 does', async () => {
    const {
      critic: _,
      advantage: __,
      ...plain
    } = rlConfig({ loss: { samplerCorrection: { kind: 'truncate' } } }) as Record<string, unknown>;
    const [wide, narrow] = [
      await run(rl, 'rl fp32', { ...plain, steps: 1, precision: 'fp32' }),
      await run(rl, 'rl bf16', { ...plain, steps: 1, precision: 'bf16' }),
    ].map(({ reports }) => reports[0]!);
    const distance = 'sampling/sampling_logp_difference/mean';
    expect(wide![distance]).toBeLessThan(1e-5);
    expect(narrow![distance]).toBeLessThan(0.02);
    expect(narrow!['sampling/importance_bounded_ratio']).toBe(0);
    expect(Math.abs(narrow!.entropy! / wide!.entropy! - 1)).toBeLessThan(0.05);
  });
});

describe('pretrain and reward-model in bf16', () => {
  it('go on from an interruption to the same weights, bit for bit', async () => {
    const base = {
      stage: 'pretrain' as const,
      name: 'base',
      model: { ...TINY_CONFIG },
      steps: 4,
      rowLength: 96,
      rowsPerStep: 4,
    };
    const judge = {
      stage: 'reward-model' as const,
      name: 'helpful',
      model: checkpoint,
      kind: 'pairwise' as const,
      reads: 'answer' as const,
      template: 'plain' as const,
      data: [{ source: 'world-pairs' as const, count: 40 }],
      steps: 4,
      batchSize: 8,
    };
    const lora = { rank: 4, alpha: 8 };
    for (const [name, stage, config] of [
      ['pretrain', pretrain, base],
      ['reward-model', rewardModel, judge],
      ['reward-model LoRA', rewardModel, { ...judge, lora }],
    ] as const) {
      const narrow = { ...config, optimizer: { peak: 3e-3 }, precision: 'bf16' };
      await run(stage, `${name} whole`, narrow);
      await run(stage, `${name} broken`, narrow, 2);
      const { reports } = await run(stage, `${name} broken`, narrow);
      expect(reports.map(({ step }) => step)).toEqual([3, 4]);
      expect(bytes(`${name} broken`).equals(bytes(`${name} whole`)), name).toBe(true);
      expect(stored(`${name} whole`)).toEqual([['bfloat16'], 'bfloat16']);
    }
  });
});
