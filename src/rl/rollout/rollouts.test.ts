/** Which prompts are drawn when, and by how old a policy, on a tiny random model. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { completionOf } from '../../../tests/support/completion.ts';
import { writeTinyCheckpoint } from '../../../tests/support/tiny-checkpoint.ts';
import { type LanguageModel, loadModel } from '../../models/index.ts';
import type { Prompt } from '../../records.ts';
import { Tokenizer } from '../../text/index.ts';
import { rlSchema } from '../config.ts';
import { meanStaleness, Rollouts } from './rollout.ts';

let model: LanguageModel;
let tokenizer: Tokenizer;
beforeAll(async () => {
  const checkpoint = await writeTinyCheckpoint(mkdtempSync(path.join(tmpdir(), 'aha-rollouts-')));
  model = loadModel(checkpoint, { device: 'cpu', dtype: 'float32' });
  tokenizer = Tokenizer.load(checkpoint);
});

/** Rollouts of two responses to one prompt a step; `learner.steps` is the step that is taken. */
function opened(staleness: number, steps: number) {
  const learner = { model, steps: 0 };
  const drawnFor: number[] = [];
  const { prompt } = completionOf('');
  const prompts = {
    size: null,
    next: (count: number, step = -1): Prompt[] => {
      drawnFor.push(step);
      return Array.from({ length: count }, (_, i) => ({ ...prompt, id: `${drawnFor.length}/${i}` }));
    },
    cursor: () => drawnFor.length,
    seek: () => undefined,
  };
  const config = rlSchema.parse({
    stage: 'rl',
    name: 'rl',
    model: 'unread',
    template: 'plain',
    prompts: [{ task: 'chain' }],
    rewards: { format: {} },
    optimizer: { peak: 1e-4 },
    promptsPerStep: 1,
    groupSize: 2,
    sampling: { maxTokens: 4 },
    staleness,
    steps,
  });
  const rollouts = new Rollouts({ learner, tokenizer, prompts }, config, 3);
  return { learner, drawnFor, rollouts };
}

/** Takes the steps from `start` on; for each, which steps were drawn and how old its completions are. */
async function take(run: ReturnType<typeof opened>, start: number, steps: number) {
  const drawn: number[][] = [];
  const ages: number[] = [];
  for (let step = start; step < steps; step++) {
    run.learner.steps = step;
    const before = run.drawnFor.length;
    ages.push(meanStaleness(await run.rollouts.next(step), step));
    drawn.push(run.drawnFor.slice(before));
  }
  return { drawn, ages };
}

describe('Rollouts', () => {
  it('samples right before the updates where nothing may be stale', async () => {
    const { drawn, ages } = await take(opened(0, 3), 0, 3);
    expect(drawn).toEqual([[0], [1], [2]]);
    expect(ages).toEqual([0, 0, 0]);
  });

  it('samples ahead up to the bound, and for no step after the last', async () => {
    const { drawn, ages } = await take(opened(2, 5), 0, 5);
    expect(drawn).toEqual([[0, 1, 2], [3], [4], [], []]);
    expect(ages).toEqual([0, 1, 2, 2, 2]);
  });

  it('goes on with what waited', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'aha-rollouts-state-'));
    const [whole, broken, resumed] = [opened(2, 6), opened(2, 6), opened(2, 6)];
    await take(whole, 0, 3);
    await take(broken, 0, 3);
    resumed.rollouts.seek(await broken.rollouts.cursor({ dir, step: 3 }), dir);
    resumed.learner.steps = whole.learner.steps = 3;
    expect(await resumed.rollouts.next(3)).toEqual(await whole.rollouts.next(3));
    expect(resumed.drawnFor).toEqual([5]);
  });

  it('gives each step, and each further draw of a step, responses of its own', async () => {
    const texts = async (step: number, attempt: number) =>
      (await opened(0, 9).rollouts.draw(step, 1, attempt)).map(({ tokens }) => tokens.join(' ')).join();
    const draws = await Promise.all([texts(0, 0), texts(1, 0), texts(0, 1), texts(0, 0)]);
    expect(new Set(draws.slice(0, 3)).size).toBe(3);
    expect(draws[3]).toBe(draws[0]);
  });
});

it('meanStaleness counts optimiser steps since sampling', () => {
  const old = (policyVersion: number) => ({ ...completionOf(''), policyVersion });
  expect(meanStaleness([old(3), old(6)], 7)).toBe(2.5);
  expect(meanStaleness([], 7)).toBe(0);
});
