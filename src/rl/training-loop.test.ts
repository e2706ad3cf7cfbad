/** The loop on a model of two numbers: what it records, when it saves, and how it goes on. */
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Linear } from '../models/layers/index.ts';
import { ALONE } from '../ranks.ts';
import type { Json, StepReport } from '../records.ts';
import type { StageContext } from '../run/stage.ts';
import { noGrad } from '../torch/index.ts';
import { type Training, TrainStep, trainSteps } from './training-loop.ts';
import { Learner, optimizerSchema } from './update/index.ts';

afterEach(() => vi.restoreAllMocks());

/** A training whose data are the numbers 0, 1, 2 …, and what it did. */
function opened(dir: string, signal = new AbortController().signal) {
  const said = { lines: [] as StepReport[], notes: [] as string[], warnings: [] as string[] };
  const context: StageContext = {
    name: 'test',
    dir,
    seed: 0,
    device: 'cpu',
    signal,
    ranks: ALONE,
    watcher: {
      note: (text) => said.notes.push(text),
      warn: (_, text) => said.warnings.push(text),
      step: () => undefined,
    },
    resolve: (reference) => reference,
    record: (line) => said.lines.push(line),
  };
  const model = new Linear(2, 1, false, { device: 'cpu', dtype: 'float32' });
  noGrad(() => model.weight.fill_(1));
  const learner = new Learner(model, optimizerSchema.parse({ peak: 0.1 }), 10);
  let position = 0;
  const source = {
    next: () => position++,
    cursor: () => position,
    seek: (cursor: Json) => {
      position = Number(cursor);
    },
  };
  const notes = {
    cursor: async (place: { dir: string; step: number }) => {
      writeFileSync(path.join(place.dir, `notes-${place.step}.txt`), `after ${place.step}`);
      return `notes-${place.step}.txt`;
    },
    seek: (name: Json) => said.notes.push(`read ${JSON.stringify(name)}`),
  };
  const training: Training = { context, learner, parts: { source, notes } };
  /** Takes steps until there is none left, or `body` stops it. */
  const run = async (
    steps: number,
    every: number,
    body: (step: TrainStep) => unknown = () => undefined,
    until = { done: false },
  ) => {
    for await (const step of trainSteps(training, { steps, every, until })) {
      const item = source.next();
      learner.step([item], () => learner.parameters.gradients.fill_(1 + item));
      step.report({ item });
      body(step);
    }
  };
  return { ...said, run, weights: () => [...learner.parameters.values.toFloat32Array()] };
}

const fresh = () => mkdtempSync(path.join(tmpdir(), 'aha-loop-'));
const states = (dir: string) => readdirSync(path.join(dir, 'state')).sort();

describe('trainSteps', () => {
  it('records every step, and saves a state every so many', async () => {
    const dir = fresh();
    const training = opened(dir);
    await training.run(5, 2);
    expect(training.lines.map(({ step, item }) => [step, item])).toEqual([
      [1, 0],
      [2, 1],
      [3, 2],
      [4, 3],
      [5, 4],
    ]);
    expect(states(dir)).toEqual([
      'notes-2.txt',
      'notes-4.txt',
      'state-1.safetensors',
      'state-2.safetensors',
      'state.json',
    ]);
  });

  it('saves when interrupted, throws the reason, and goes on to the same weights', async () => {
    const [whole, dir, stop] = [opened(fresh()), fresh(), new Error('stop')];
    await whole.run(6, 10);
    const controller = new AbortController();
    const broken = opened(dir, controller.signal);
    const interrupted = broken.run(6, 10, ({ number }) => number === 3 && controller.abort(stop));
    await expect(interrupted).rejects.toBe(stop);
    expect(broken.lines).toHaveLength(3);
    const resumed = opened(dir);
    await resumed.run(6, 10);
    expect(resumed.notes).toEqual(['read "notes-3.txt"', 'resuming after step 3 of 6']);
    expect(resumed.lines.map(({ step, item }) => [step, item])).toEqual([
      [4, 3],
      [5, 4],
      [6, 5],
    ]);
    expect(resumed.weights()).toEqual(whole.weights());
  });

  it('ends before the next step once it is told to', async () => {
    const until = { done: false };
    const training = opened(fresh());
    await training.run(
      6,
      10,
      ({ number }) => {
        until.done = number === 2;
      },
      until,
    );
    expect(training.lines.map(({ step }) => step)).toEqual([1, 2]);
  });

  it('has a line of step 0 for what was measured before the first step', async () => {
    const training = opened(fresh());
    await training.run(2, 10, (step) => step.index === 0 && step.startFrom({ accuracy: 0.5 }));
    expect(training.lines.map(({ step, accuracy }) => [step, accuracy])).toEqual([
      [0, 0.5],
      [1, undefined],
      [2, undefined],
    ]);
  });

  it('takes no step where all were taken', async () => {
    const dir = fresh();
    await opened(dir).run(4, 2);
    const again = opened(dir);
    await again.run(4, 2);
    expect(again.lines).toEqual([]);
  });

  it('goes on from the state before one whose file is missing a byte', async () => {
    const dir = fresh();
    await opened(dir).run(4, 2);
    writeFileSync(path.join(dir, 'state', 'notes-4.txt'), 'after');
    const again = opened(dir);
    await again.run(4, 2);
    expect(again.lines.map(({ step }) => step)).toEqual([3, 4]);
    expect(again.warnings.join()).toContain('notes-4.txt');
  });

  it('leaves nothing behind where a step throws', async () => {
    const dir = fresh();
    const training = opened(dir);
    const failing = training.run(4, 1, ({ number }) => {
      if (number === 2) throw new Error('broken');
    });
    await expect(failing).rejects.toThrow('broken');
    expect(training.lines.map(({ step }) => step)).toEqual([1]);
    expect(states(dir)).toEqual(['notes-1.txt', 'state-1.safetensors', 'state.json']);
  });
});

describe('TrainStep', () => {
  it('does not count what was measured before it', () => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const lines: StepReport[] = [];
    const step = new TrainStep(0, (line) => lines.push(line));
    now = 7000;
    step.startFrom({});
    expect(lines).toEqual([]);
    now = 8000;
    step.lap('rollout', null);
    step.report({});
    expect(step.line).toEqual({ step: 1, seconds: 1, 'seconds/rollout': 1 });
  });

  it('shares out its time over phases, and ends it with the first report', () => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const step = new TrainStep(6);
    now = 2000;
    expect(step.lap('rollout', 'drawn')).toBe('drawn');
    now = 2500;
    step.lap('reward', null);
    now = 4000;
    step.lap('rollout', null);
    now = 5000;
    expect(step.seconds).toEqual({ rollout: 3.5, reward: 0.5, total: 5 });
    step.report({ loss: 1, num_tokens: 20 });
    now = 9000;
    step.report({ accuracy: 0.5 });
    expect(step.line).toEqual({
      step: 7,
      loss: 1,
      num_tokens: 20,
      tokens_per_second: 4,
      seconds: 5,
      'seconds/rollout': 3.5,
      'seconds/reward': 0.5,
      accuracy: 0.5,
    });
  });
});
