/** Which checkpoints are on the disk after each step, and when training ends, on a tiny random model. */
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeTinyCheckpoint } from '../../tests/support/tiny-checkpoint.ts';
import { type LanguageModel, loadModel } from '../models/index.ts';
import { ALONE } from '../ranks.ts';
import type { Json } from '../records.ts';
import type { DType } from '../torch/index.ts';
import { type RlConfig, rlSchema } from './config.ts';
import { Checkpoints, EarlyStop } from './keep.ts';

let checkpoint: string;
let model: LanguageModel;
beforeAll(async () => {
  checkpoint = await writeTinyCheckpoint(mkdtempSync(path.join(tmpdir(), 'aha-keep-model-')));
  model = loadModel(checkpoint, { device: 'cpu', dtype: 'float32' });
});

/** What a checkpoint is written from. */
const source = () => ({
  learner: { model, saveOptions: (dtype: DType) => ({ dtype, exact: () => undefined }) },
  checkpoint,
  stored: 'float32' as const,
  context: { ranks: ALONE },
});

const configOf = (changes: object): RlConfig =>
  rlSchema.parse({
    stage: 'rl',
    name: 'rl',
    model: checkpoint,
    prompts: [{ task: 'chain' }],
    rewards: { accuracy: {} },
    steps: 20,
    optimizer: { peak: 1e-4 },
    checkpointEvery: 2,
    validate: { prompts: [{ task: 'chain' }] },
    ...changes,
  });

/** Checkpoints of a stage in a directory of its own. */
function opened(keep: object, dir = mkdtempSync(path.join(tmpdir(), 'aha-keep-'))) {
  const config = configOf({ keep });
  const checkpoints = new Checkpoints(dir, config);
  const after = (taken: number, metrics: Record<string, number> = {}) =>
    checkpoints.after({ ...source(), config }, taken, metrics);
  const there = () => {
    const folder = path.join(dir, 'checkpoints');
    return existsSync(folder) ? readdirSync(folder).map((name) => Number(name.slice(5))) : [];
  };
  return { dir, checkpoints, after, there };
}

const reward = (value: number) => ({ 'validation/reward': value });
const through = (json: Json): Json => JSON.parse(JSON.stringify(json)) as Json;

describe('Checkpoints', () => {
  it('are the newest, one every so many steps', async () => {
    const { after, checkpoints, there } = opened({ last: 2, best: 0 });
    for (let taken = 0; taken <= 7; taken++) await after(taken, reward(taken));
    checkpoints.finish();
    expect(there()).toEqual([4, 6]);
    expect(checkpoints.best).toBeNull();
  });

  it('are the best, of equals the earlier, the base among them', async () => {
    const { after, checkpoints, there, dir } = opened({ best: 2 });
    for (const [taken, value] of [0.5, 0.2, 0.7, 0.7, 0.5].entries()) await after(taken, reward(value));
    await after(5);
    checkpoints.finish();
    expect(there()).toEqual([2, 3]);
    expect(checkpoints.best).toMatchObject({ step: 2, value: 0.7 });
    expect(readdirSync(path.join(dir, 'checkpoints', 'step-000002'))).toEqual(
      expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json']),
    );
  });

  it('are the lowest where lower is better', async () => {
    const { after, checkpoints } = opened({ metric: 'validation/clipped_ratio' });
    for (const [taken, cut] of [0.5, 0.2, 0.7].entries()) {
      await after(taken, { 'validation/clipped_ratio': cut });
    }
    expect(checkpoints.best).toMatchObject({ step: 1, value: 0.2 });
  });

  it('stay while a state that may be gone back to lists them', async () => {
    const { after, checkpoints, there } = opened({ best: 1 });
    await after(1, reward(1));
    checkpoints.cursor();
    await after(2, reward(2));
    checkpoints.cursor();
    await after(3, reward(3));
    expect(there()).toEqual([1, 2, 3]);
    checkpoints.cursor();
    await after(4);
    expect(there()).toEqual([2, 3]);
    checkpoints.finish();
    expect(there()).toEqual([3]);
  });

  it('go on from a state; what a killed process left of later steps is overwritten or removed', async () => {
    const broken = opened({ best: 1, last: 1 });
    await broken.after(2, reward(2));
    const state = through(broken.checkpoints.cursor());
    await broken.after(3, reward(3));
    const resumed = opened({ best: 1, last: 1 }, broken.dir);
    resumed.checkpoints.seek(state);
    expect(resumed.checkpoints.best).toMatchObject({ step: 2, value: 2 });
    await resumed.after(3, reward(1));
    await resumed.after(4, reward(4));
    expect(resumed.there()).toEqual([2, 3, 4]);
    resumed.checkpoints.finish();
    expect(resumed.there()).toEqual([4]);
  });

  it('are none where a recipe keeps none', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'aha-keep-'));
    const config = configOf({});
    const checkpoints = new Checkpoints(dir, config);
    await checkpoints.after({ ...source(), config }, 2, reward(1));
    expect(readdirSync(dir)).toEqual([]);
  });
});

describe('EarlyStop', () => {
  const stopping = (stop: object) => {
    const notes: string[] = [];
    const run = { config: { steps: 20 }, context: { watcher: { note: (text: string) => notes.push(text) } } };
    const early = new EarlyStop(configOf({ stop }));
    const observe = (taken: number, metrics: Record<string, number>) => early.observe(taken, metrics, run);
    return { early, observe, notes };
  };

  it('ends training after so many validations without a better one', () => {
    const { early, observe, notes } = stopping({ patience: 2 });
    for (const [i, value] of [0.1, 0.3, 0.3, 0.4].entries()) observe(5 * i, reward(value));
    observe(16, {});
    observe(18, reward(0.2));
    expect(early.done).toBe(false);
    observe(19, reward(0.4));
    expect(early.done).toBe(true);
    expect(notes).toEqual([
      'stops after step 19 of 20: validation/reward has not become better in 2 validations (0.400 after step 15)',
    ]);
  });

  it('asks for as much as minDelta says', () => {
    const { early, observe } = stopping({ patience: 1, minDelta: 0.1 });
    observe(0, reward(0.1));
    observe(1, reward(0.3));
    expect(early.done).toBe(false);
    observe(2, reward(0.35));
    expect(early.done).toBe(true);
  });

  it('goes on from a state with the best and the patience that is left', () => {
    const [broken, resumed] = [stopping({ patience: 2 }), stopping({ patience: 2 })];
    broken.observe(0, reward(0.5));
    broken.observe(1, reward(0.4));
    resumed.early.seek(through(broken.early.cursor()));
    expect(resumed.early.cursor()).toEqual(broken.early.cursor());
    resumed.observe(2, reward(0.5));
    expect(resumed.early.done).toBe(true);
  });

  it('never ends training where a recipe does not ask for it', () => {
    const early = new EarlyStop(configOf({}));
    const run = { config: { steps: 9 }, context: { watcher: { note: () => undefined } } };
    for (let taken = 0; taken < 9; taken++) early.observe(taken, reward(-taken), run);
    expect(early.done).toBe(false);
  });
});
