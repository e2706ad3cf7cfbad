/** The reward-model stage end to end on a random model, and RL that is paid by what it leaves. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel, loadValueModel } from '../../src/models/index.ts';
import type { StepReport } from '../../src/records.ts';
import { rewardModel } from '../../src/stages/reward-model/reward-model.ts';
import { rl } from '../../src/stages/rl/rl.ts';
import { dispose } from '../../src/torch/index.ts';
import { runStage } from '../support/stage.ts';
import { writeTinyCheckpoint } from '../support/tiny-checkpoint.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-reward-model-'));
let checkpoint: string;
beforeAll(async () => {
  checkpoint = await writeTinyCheckpoint(path.join(root, 'model'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const place = (name: string) => path.join(root, name);
const weights = (name: string) => readFileSync(path.join(place(name), 'model.safetensors'));
const reportOf = (name: string) =>
  JSON.parse(readFileSync(path.join(place(name), 'report.json'), 'utf8')) as Record<string, unknown>;
const timeless = (all: readonly StepReport[]) =>
  all.map((report) =>
    Object.fromEntries(Object.entries(report).filter(([key]) => !/second|memory/u.test(key))),
  );

const pairwise = {
  stage: 'reward-model' as const,
  name: 'helpful',
  model: '',
  kind: 'pairwise' as const,
  reads: 'answer' as const,
  template: 'plain' as const,
  data: [{ source: 'world-pairs' as const, count: 1500, errorRate: 0 }],
  heldOut: 0.2,
  epochs: 2,
  batchSize: 32,
  optimizer: { peak: 3e-3, warmup: 5, shape: 'cosine' as const },
};

const pointwise = {
  ...pairwise,
  name: 'harmless',
  kind: 'pointwise' as const,
  reads: 'response' as const,
  data: [{ source: 'world-safety' as const, count: 1000, errorRate: 0 }],
};

const VARIANTS = {
  pairwise: { ...pairwise, data: [{ source: 'world-pairs' as const, count: 60 }], batchSize: 16 },
  pointwise: { ...pointwise, data: [{ source: 'world-safety' as const, count: 60 }], batchSize: 16 },
  'pairwise, LoRA, balanced': {
    ...pairwise,
    data: [{ source: 'world-pairs' as const, count: 60 }],
    balanceLengths: true,
    batchSize: 8,
    lora: { rank: 4, alpha: 8 },
  },
  'pointwise, int8': {
    ...pointwise,
    data: [{ source: 'world-safety' as const, count: 60 }],
    batchSize: 16,
    lora: { rank: 4, alpha: 8, base: 'int8' as const },
  },
};

async function interrupted(
  stage: typeof rewardModel | typeof rl,
  config: object,
  dir: string,
  at: number,
): Promise<void> {
  const controller = new AbortController();
  const stop = new Error('interrupted');
  const onStep = ({ step }: StepReport) => step === at && controller.abort(stop);
  const run = runStage(stage as typeof rl, config as never, { dir, signal: controller.signal, onStep });
  await expect(run).rejects.toBe(stop);
}

describe('reward-model', () => {
  it('learns which of two replies is preferred, of prompts it has not seen', async () => {
    const { reports, notes } = await runStage(
      rewardModel,
      { ...pairwise, model: checkpoint },
      { dir: place('helpful') },
    );
    expect(reports[0]!.loss).toBeCloseTo(Math.log(2), 5);
    const last = reports.slice(-20).reduce((sum, { loss }) => sum + loss! / 20, 0);
    expect(last).toBeLessThan(0.5);
    const report = reportOf('helpful');
    expect(report).toMatchObject({ kind: 'pairwise', reads: 'answer', template: 'plain' });
    expect(report.accuracy).toBeGreaterThan(0.8);
    const [low, high] = report.accuracyInterval as [number, number];
    expect(low).toBeLessThan(report.accuracy as number);
    expect(high).toBeGreaterThan(report.accuracy as number);
    expect(report.margin).toBeGreaterThan(0.5);
    expect(notes.join()).toMatch(/agrees with \d+\.\d % .* of \d+ held-out judgements/);
  });

  it('learns what is safe', async () => {
    await runStage(rewardModel, { ...pointwise, model: checkpoint }, { dir: place('harmless') });
    expect(reportOf('harmless').accuracy).toBeGreaterThan(0.8);
  });

  it.each(Object.entries(VARIANTS))(
    '%s: an interrupted run gives the same weights, bit for bit',
    async (name, variant) => {
      const config = { ...variant, model: checkpoint };
      const { reports } = await runStage(rewardModel, config, { dir: place(`${name}-whole`) });
      await interrupted(rewardModel, config, place(`${name}-broken`), 3);
      const rest = await runStage(rewardModel, config, { dir: place(`${name}-broken`) });
      expect(rest.notes.join()).toContain(`resuming after step 3 of ${reports.length}`);
      expect(timeless(rest.reports)).toEqual(timeless(reports.slice(3)));
      expect(weights(`${name}-broken`).equals(weights(`${name}-whole`))).toBe(true);
      expect(reportOf(`${name}-broken`)).toEqual(reportOf(`${name}-whole`));
    },
  );

  it.each(['pairwise, LoRA, balanced', 'pointwise, int8'])(
    '%s: trains additions and head alone, and leaves them merged',
    (run) => {
      const [base, trained] = [loadModel(checkpoint), loadValueModel(place(`${run}-whole`))];
      const before = base.stateDict();
      const same = [...trained.stateDict()].filter(
        ([name, tensor]) => before.get(name)?.toArray().join() === tensor.toArray().join(),
      );
      expect(same.map(([name]) => name).filter((name) => name.endsWith('_proj.weight'))).toEqual([]);
      expect(same.map(([name]) => name)).toContain('model.embed_tokens.weight');
      expect(Math.max(...trained.score.weight.toArray().map(Math.abs))).toBeGreaterThan(1e-3);
      dispose([base, trained]);
    },
  );

  it('refuses judgements of another kind, two lengths, and lines that are none', async () => {
    const run = (changes: object) =>
      runStage(rewardModel, { ...pairwise, model: checkpoint, ...changes }, { dir: place('refused') });
    await expect(run({ data: pointwise.data })).rejects.toThrow(/world-safety.* holds no judgements/);
    await expect(run({ steps: 3 })).rejects.toThrow(/epochs or steps/);
    await expect(run({ ...pointwise, model: checkpoint, balanceLengths: true })).rejects.toThrow(
      /no lengths to balance/,
    );
    const file = place('pairs.jsonl');
    writeFileSync(file, '{"prompt": "a", "chosen": "b", "rejected": "c"}\n{"prompt": "a"}\n');
    await expect(run({ data: [{ source: 'jsonl', path: file }] })).rejects.toThrow(
      /pairs\.jsonl:2: field "chosen"/,
    );
  });

  it('estimates before it runs', async () => {
    const estimate = await rewardModel.estimate(
      rewardModel.schema.parse({ ...VARIANTS.pairwise, model: checkpoint }),
      {
        resolve: (reference) => reference,
        device: 'cpu',
      },
    );
    const { reports } = await runStage(
      rewardModel,
      { ...VARIANTS.pairwise, model: checkpoint },
      { dir: place('cost') },
    );
    const real = reports.reduce((sum, { num_tokens }) => sum + num_tokens!, 0);
    expect(Math.abs(estimate.tokens! / real - 1)).toBeLessThan(0.2);
    expect(estimate.bytes).toBeGreaterThan(16 * estimate.parameters!);
  });
});

describe('rl with reward models', () => {
  const config = () => ({
    stage: 'rl' as const,
    name: 'rl',
    model: checkpoint,
    template: 'plain' as const,
    prompts: [{ task: 'chain' as const }, { task: 'general' as const, tell: 1, secret: 1, fromStep: 2 }],
    rewards: {
      accuracy: {},
      format: {},
      helpful: { model: place('helpful') },
      harmless: { model: place('harmless') },
      wanted: { weight: 0 },
    },
    steps: 5,
    promptsPerStep: 12,
    groupSize: 4,
    sampling: { maxTokens: 8 },
    optimizer: { peak: 1e-3 },
    checkpointEvery: 1,
  });

  it('draws general prompts and pays for preferences only from their step on', async () => {
    const { reports } = await runStage(rl, config(), { dir: place('late') });
    const has = (name: string) => reports.map((report) => `rewards/${name}/mean` in report);
    expect(has('accuracy')).toEqual([true, true, true, true, true]);
    for (const name of ['helpful', 'harmless', 'wanted']) {
      expect(has(name), name).toEqual([false, false, true, true, true]);
    }
    const means = reports.slice(2).flatMap((report) => report['rewards/helpful/mean']!);
    for (const value of means) expect(value).toBeGreaterThanOrEqual(0);
    for (const value of means) expect(value).toBeLessThanOrEqual(1);
  });

  it.each([1, 3])('goes on from step %i to the same weights, bit for bit', async (at) => {
    await interrupted(rl, config(), place(`late-${at}`), at);
    await runStage(rl, config(), { dir: place(`late-${at}`) });
    expect(weights(`late-${at}`).equals(weights('late'))).toBe(true);
  });
});
