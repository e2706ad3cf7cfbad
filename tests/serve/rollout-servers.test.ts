/** Real `aha serve` processes as the sampler of a run: the tokens of this process, other weights, death and return. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Response, type SampleOptions, sample } from '../../src/inference/engine/index.ts';
import { initModel, type LanguageModel, loadModel, parseConfig, saveModel } from '../../src/models/index.ts';
import { Fleet, policySchema } from '../../src/rl/rollout/index.ts';
import { rl } from '../../src/stages/rl/rl.ts';
import { Tokenizer } from '../../src/text/index.ts';
import { eventually } from '../support/eventually.ts';
import { LONG } from '../support/long.ts';
import { runStage } from '../support/stage.ts';
import { TINY_CONFIG, writeTinyCheckpoint } from '../support/tiny-checkpoint.ts';
import { startWorker, type Worker } from './rollout-worker.ts';

const KEY = 'sk-rollouts-0123456789';
const root = mkdtempSync(path.join(tmpdir(), 'aha-rollout-servers-'));
const weightsDir = path.join(root, 'weights');
let checkpoint: string;
let workers: Worker[] = [];
let models: LanguageModel[] = [];
let prompts: Int32Array[];

beforeAll(async () => {
  mkdirSync(weightsDir);
  checkpoint = await writeTinyCheckpoint(path.join(root, 'base'));
  workers = await Promise.all([0, 1].map(() => start()));
  // What the policy is after 0 and after 1 steps.
  models = [
    loadModel(checkpoint, { device: 'cpu', dtype: 'float32' }),
    initModel(parseConfig(TINY_CONFIG, 'test'), 1, { device: 'cpu', scheme: 'scaled' }),
  ];
  const tokenizer = Tokenizer.load(checkpoint);
  prompts = ['what is 1 + 2 ?', 'what is 3 * 4 + 5 ?', 'what is 6 - 7 ?'].map((text) =>
    tokenizer.encode(text),
  );
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
  for (const model of models) model.dispose();
  rmSync(root, { recursive: true, force: true });
});

function start(port = 0): Promise<Worker> {
  return startWorker(checkpoint, weightsDir, { port, env: { AHA_API_KEY: KEY } });
}

const OPTIONS: SampleOptions = {
  temperature: 0.9,
  topP: 0.95,
  topK: 40,
  groupSize: 12,
  maxTokens: 40,
  stopTokens: [3, 4],
  seed: 21,
};

const settings = (concurrency = 8) => ({
  servers: workers.map(({ url }) => ({
    url,
    kind: 'aha' as const,
    apiKeyEnv: 'AHA_ROLLOUT_KEY',
    concurrency,
  })),
  weightsDir,
  probeSeconds: 1,
});

/** A fleet of the workers, for the policy after so many steps. */
function fleetFor(policy: { steps: number }) {
  const told: string[] = [];
  const fleet = new Fleet(policySchema.parse(settings()), {
    weightsDir,
    vocabSize: TINY_CONFIG.vocab_size,
    steps: () => policy.steps,
    save: (dir) => saveModel(models[policy.steps]!, dir, { tokenizerFrom: checkpoint }),
    signal: new AbortController().signal,
    note: (text) => told.push(text),
    warn: (_, text) => told.push(text),
    env: { AHA_ROLLOUT_KEY: KEY },
  });
  return { fleet, told };
}

const tokensOf = (groups: readonly (readonly Response[])[]) =>
  groups.map((group) => group.map(({ tokens, finish }) => ({ tokens: [...tokens], finish })));

describe('aha serve as a rollout server', () => {
  it.each([0, 1])('gives the tokens of this process, by the weights of step %i', async (steps) => {
    const { fleet, told } = fleetFor({ steps });
    const served = await fleet.sample(prompts, OPTIONS, () => undefined);
    const local = sample(models[steps]!, prompts, OPTIONS);
    expect(tokensOf(served)).toEqual(tokensOf(local));
    const distance = served.flatMap((group, i) =>
      group.flatMap(({ logprobs }, j) =>
        [...logprobs].map((value, k) => Math.abs(value - local[i]![j]!.logprobs[k]!)),
      ),
    );
    expect(Math.max(...distance)).toBeLessThan(1e-5);
    // Both kinds of end are there.
    expect(new Set(local.flat().map(({ finish }) => finish))).toEqual(new Set(['stop', 'length']));
    expect(told).toEqual([]);
    fleet.dispose();
  });

  it.skipIf(!LONG)('is replaced when it is killed, and returns with the current weights', async () => {
    const policy = { steps: 0 };
    const { fleet, told } = fleetFor(policy);
    const [dying] = workers;
    const handed: number[] = [];
    const killed: Promise<void>[] = [];
    const served = await fleet.sample(prompts, OPTIONS, (prompt) => {
      handed.push(prompt);
      if (killed.length === 0) killed.push(dying!.kill());
    });
    await Promise.all(killed);
    const before = tokensOf(sample(models[0]!, prompts, OPTIONS));
    expect(tokensOf(served)).toEqual(before);
    // Where it had answered all before it died, the next draw finds it dead.
    expect(tokensOf(await fleet.sample(prompts, OPTIONS, () => undefined))).toEqual(before);
    expect(new Set(handed)).toEqual(new Set([0, 1, 2]));
    expect(handed).toHaveLength(3);
    expect(told).toEqual([expect.stringContaining(`rollout server ${dying!.url}`)]);

    policy.steps = 1;
    workers[0] = await start(dying!.port);
    const after = tokensOf(sample(models[1]!, prompts, OPTIONS));
    await eventually(async () => {
      expect(tokensOf(await fleet.sample(prompts, OPTIONS, () => undefined))).toEqual(after);
      expect(told.at(-1)).toBe(`rollout server ${dying!.url} is back`);
    });
    fleet.dispose();
  });

  it('takes weights with its key alone, from under its folder, of its own shape', async () => {
    const update = async (model_path: string, key = KEY) => {
      const response = await fetch(`${workers[1]!.url}/update_weights_from_disk`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify({ model_path }),
      });
      return [response.status, JSON.stringify(await response.json())];
    };
    await writeTinyCheckpoint(path.join(weightsDir, 'wide'), 0, { hidden_size: 64 });
    expect(await update('wide', 'sk-other')).toEqual([401, expect.stringContaining('not valid')]);
    expect(await update(checkpoint)).toEqual([403, expect.stringContaining('--update-weights-from')]);
    expect(await update('../base')).toEqual([403, expect.stringContaining('--update-weights-from')]);
    expect(await update('none')).toEqual([400, expect.stringContaining('no such folder')]);
    expect(await update('wide')).toEqual([400, expect.stringContaining('is of another model')]);
    rmSync(path.join(weightsDir, 'wide'), { recursive: true });
  });

  it('samples for the stage rl: the completions of a run without servers, and metrics of both', async () => {
    process.env.AHA_ROLLOUT_KEY = KEY;
    const config = {
      stage: 'rl' as const,
      name: 'rl',
      model: checkpoint,
      template: 'plain' as const,
      prompts: [{ task: 'chain' as const }],
      rewards: { format: {}, length: {} },
      optimizer: { peak: 1e-3 },
      steps: 2,
      promptsPerStep: 3,
      groupSize: 4,
      sampling: { maxTokens: 10 },
      validate: { every: 2, prompts: [{ task: 'chain' as const }], problems: 3 },
    };
    const run = async (name: string, changes: object) => {
      const dir = path.join(root, name);
      const record = await runStage(rl, { ...config, ...changes }, { dir, seed: 2 });
      return { dir, record, first: readFileSync(path.join(dir, 'samples', 'step-000001.jsonl'), 'utf8') };
    };
    const local = await run('local', { loss: { samplerCorrection: { kind: 'truncate' } } });
    const served = await run('served', { policy: settings() });
    expect(served.record.warnings).toEqual(local.record.warnings);
    expect(served.first).toBe(local.first);
    const [before, ...steps] = served.record.reports;
    expect(before!['validation/reward']).toBeCloseTo(local.record.reports[0]!['validation/reward']!, 12);
    for (const step of steps) {
      expect(step).toMatchObject({
        'rollout_servers/up': 2,
        'rollout_servers/asked_again_ratio': 0,
        'staleness/mean': 0,
      });
      expect(step['sampling/sampling_logp_difference/mean']).toBeLessThan(1e-5);
    }
    // The folder is no input: a run whose inputs have changed would start again.
    expect(served.record.resolved).toEqual(local.record.resolved);
    // Its own versions are gone.
    expect(readdirSync(weightsDir)).toEqual([]);
  });
});
