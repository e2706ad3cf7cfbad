/** Rewards that wait while others are sampled and the update is prepared: by the order of events, and to the same bits. */
import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeTinyCheckpoint } from '../../tests/support/tiny-checkpoint.ts';
import { ALONE } from '../ranks.ts';
import type { Completion, StepReport } from '../records.ts';
import { rlSchema } from './config.ts';
import { train } from './loop.ts';
import type { Reward } from './reward/index.ts';
import { closeRun, openRun, type RlRun } from './run.ts';

let checkpoint: string;
beforeAll(async () => {
  checkpoint = await writeTinyCheckpoint(mkdtempSync(path.join(tmpdir(), 'aha-overlap-')));
});

const STEPS = 3;

/** What the reward pays, whenever it does. */
const payOf = ({ tokens }: Completion): number => tokens[0]! % 3;

/** Every pass that a reward does not change: own log-probabilities, and the reference in the loss or in the reward. */
const SETTINGS = {
  loss: { kl: { coefficient: 0.1, referenceEvery: 2 }, samplerCorrection: { kind: 'truncate' } },
} as const;

/** A run whose only reward is `reward`, and the lines it records. */
async function opened(reward: Reward, settings: object = SETTINGS) {
  const dir = mkdtempSync(path.join(tmpdir(), 'aha-overlap-run-'));
  const lines: StepReport[] = [];
  const config = rlSchema.parse({
    stage: 'rl',
    name: 'rl',
    model: checkpoint,
    template: 'plain',
    prompts: [{ task: 'chain' }],
    rewards: { format: {} },
    optimizer: { peak: 1e-2 },
    promptsPerStep: 6,
    groupSize: 2,
    minibatches: 3,
    tokensPerMicroBatch: 64,
    // Two at a time: some groups end while others have not begun.
    sampling: { maxTokens: 6, maxRows: 2 },
    steps: STEPS,
    ...settings,
  });
  const run = await openRun(config, {
    name: 'rl',
    dir,
    seed: 5,
    device: 'cpu',
    signal: new AbortController().signal,
    ranks: ALONE,
    watcher: { note: () => undefined, warn: () => undefined, step: () => undefined },
    resolve: (reference) => reference,
    record: (line) => lines.push(line),
  });
  return { run: { ...run, rewards: [{ reward, weight: 1 }] }, lines };
}

/** Weights and numbers after training; times are left out. */
async function trained(reward: Reward, settings?: object, change: (run: RlRun) => void = () => undefined) {
  const { run, lines } = await opened(reward, settings);
  change(run);
  await train(run);
  const weights = createHash('sha256').update(run.learner.parameters.values.toFloat32Array()).digest('hex');
  closeRun(run);
  const measured = /^(seconds|tokens_per_second|memory)(\/|$)/;
  const numbers = lines.map((line) =>
    Object.fromEntries(Object.entries(line).filter(([name]) => !measured.test(name))),
  );
  return { weights, numbers };
}

/** Tells of each pass of a model. */
function watch(model: RlRun['learner']['model'], told: () => unknown): void {
  const hidden = model.hidden.bind(model);
  model.hidden = (input) => {
    told();
    return hidden(input);
  };
}

const atOnce: Reward = { name: 'value', score: payOf };

describe('a reward that waits', () => {
  it('waits while other groups are sampled and the reference reads the micro-batches', async () => {
    const events: string[] = [];
    const readings = { slow: 0, atOnce: 0 };
    let open: (() => void)[] = [];
    const reward: Reward = {
      name: 'value',
      waits: true,
      score: async (completion) => {
        events.push('asked');
        await new Promise<void>((resolve) => open.push(resolve));
        return payOf(completion);
      },
    };
    const slow = await trained(reward, SETTINGS, (run) => {
      const next = run.rollouts.next.bind(run.rollouts);
      run.rollouts.next = async (...args) => {
        const completions = await next(...args);
        events.push('sampled');
        return completions;
      };
      watch(run.learner.model, () => open.length > 0 && events.push('policy'));
      // No score is there before this: without the overlap both would wait for each other for ever.
      watch(run.reference!, () => {
        readings.slow += 1;
        if (open.length > 0) events.push('reference');
        for (const release of open.reverse()) release();
        open = [];
      });
    });
    for (let step = 0; step < STEPS; step++) {
      const sampled = events.indexOf('sampled');
      const during = events.splice(0, sampled + 1);
      expect(during.filter((event) => event === 'asked')).toHaveLength(12);
      // Others are decoded while the first scores are awaited, and then the rollout is read again.
      expect(during.lastIndexOf('policy')).toBeGreaterThan(during.indexOf('asked'));
      const prepared = events.splice(0, events.indexOf('reference') + 1);
      expect(new Set(prepared)).toEqual(new Set(['policy', 'reference']));
    }
    expect(events).toEqual([]);
    const inOrder = await trained(atOnce, SETTINGS, (run) => {
      watch(run.reference!, () => {
        readings.atOnce += 1;
      });
    });
    expect(slow).toEqual(inOrder);
    // What was prepared is used: nothing is read twice.
    expect(readings.slow).toBe(readings.atOnce);
  });

  const IN_REWARD = { loss: { kl: { in: 'reward', coefficient: 0.1, estimator: 'k1' } } };
  const PPO = { advantage: 'gae', critic: { kind: 'separate' } };
  it.each([
    ['the KL in the loss', SETTINGS],
    ['the KL in the reward', IN_REWARD],
    ['a critic', PPO],
    ['dynamic sampling', { dynamicSampling: { attempts: 2 } }],
    ['rollouts sampled ahead', { staleness: 1 }],
  ])('gives the same bits whichever score is ready first: %s', async (_, settings) => {
    let calls = 0;
    const scattered: Reward = {
      name: 'value',
      waits: true,
      score: async (completion) => {
        const turns = (7 * calls++) % 11;
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
        return payOf(completion);
      },
    };
    expect(await trained(scattered, settings)).toEqual(await trained(atOnce, settings));
  });

  it('takes what was prepared only where it is the same micro-batch', async () => {
    // Every third completion cannot be scored: micro-batches differ from those that were prepared.
    const some = (completion: Completion) => (completion.tokens[0]! % 3 === 1 ? null : payOf(completion));
    const late: Reward = {
      name: 'value',
      waits: true,
      score: (completion) => new Promise((resolve) => setTimeout(() => resolve(some(completion)), 30)),
    };
    expect(await trained(late)).toEqual(await trained({ name: 'value', score: some }));
  });

  it('fails where it fails, once all is sampled', async () => {
    const broken: Reward = {
      name: 'value',
      waits: true,
      score: () => Promise.reject(new Error('no such word')),
    };
    await expect(trained(broken)).rejects.toThrow(/reward "value", prompt .*: no such word/);
  });
});
