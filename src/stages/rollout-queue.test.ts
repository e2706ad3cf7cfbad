import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { completionOf } from '../../tests/support/completion.ts';
import { UserError } from '../errors.ts';
import type { Scored } from '../records.ts';
import type { Rollout } from './dynamic-sampling.ts';
import { loadAhead, meanStaleness, RolloutQueue, removeAhead, saveAhead } from './rollout-queue.ts';

const scored = (reward: number | null, policyVersion = 0, logprobs = [-1, -2, -3]): Scored => ({
  completion: {
    ...completionOf('thé "end"\n', { prompt: { meta: { numbers: [1, 2] } } }),
    tokens: Int32Array.of(7, 8, 9),
    logprobs: Float32Array.from(logprobs),
    policyVersion,
  },
  reward,
  parts: { accuracy: reward },
});

const rolloutOf = (attempts: number): Rollout => ({ kept: [scored(1)], discarded: [], attempts });

/** Takes every step's rollout; what was drawn before which step. */
async function order(staleness: number, steps: number, start = 0, waiting: Rollout[] = []) {
  const queue = new RolloutQueue(staleness, waiting);
  const drawn: number[][] = [];
  const taken: number[] = [];
  for (let step = start; step < steps; step++) {
    drawn.push([]);
    const rollout = await queue.take(step, steps, async (of) => {
      drawn.at(-1)!.push(of);
      return rolloutOf(of);
    });
    taken.push(rollout.attempts);
    expect(queue.waiting.length).toBeLessThanOrEqual(staleness);
  }
  return { drawn, taken, waiting: queue.waiting };
}

describe('RolloutQueue', () => {
  it('samples each rollout right before its updates where nothing may be stale', async () => {
    const { drawn, taken, waiting } = await order(0, 3);
    expect(drawn).toEqual([[0], [1], [2]]);
    expect(taken).toEqual([0, 1, 2]);
    expect(waiting).toEqual([]);
  });

  it('samples ahead up to the bound, and none that no step is left for', async () => {
    const { drawn, taken, waiting } = await order(2, 5);
    expect(drawn).toEqual([[0, 1, 2], [3], [4], [], []]);
    expect(taken).toEqual([0, 1, 2, 3, 4]);
    expect(waiting).toEqual([]);
  });

  it('goes on with what waited', async () => {
    const { drawn, taken } = await order(2, 6, 3, [rolloutOf(3), rolloutOf(4)]);
    expect(drawn).toEqual([[5], [], []]);
    expect(taken).toEqual([3, 4, 5]);
  });
});

describe('meanStaleness', () => {
  it('counts optimiser steps since sampling over what is learnt from', () => {
    const rollout = { kept: [scored(1, 3), scored(0, 6)], discarded: [scored(1, 0)], attempts: 2 };
    expect(meanStaleness(rollout, 7)).toBe(2.5);
    expect(meanStaleness({ ...rollout, kept: [] }, 7)).toBe(0);
  });
});

describe('saveAhead', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'aha-ahead-'));
  const waiting: Rollout[] = [
    { kept: [scored(1, 4, [-0.1, -1e-30, -87.3]), scored(null)], discarded: [scored(0.25)], attempts: 3 },
    { kept: [], discarded: [scored(0)], attempts: 10 },
  ];

  it('keeps rollouts bit for bit', async () => {
    const name = await saveAhead(dir, 12, waiting);
    expect(name).toBe('ahead-12.jsonl');
    expect(loadAhead(dir, name!)).toEqual(waiting);
  });

  it('writes nothing where nothing waits', async () => {
    expect(await saveAhead(dir, 13, [])).toBeUndefined();
    expect(readdirSync(dir)).toEqual(['ahead-12.jsonl']);
  });

  it('leaves the file of the last state alone', async () => {
    const name = await saveAhead(dir, 14, waiting);
    writeFileSync(path.join(dir, 'state.safetensors'), '');
    await removeAhead(dir, name);
    expect(readdirSync(dir).sort()).toEqual(['ahead-14.jsonl', 'state.safetensors']);
  });

  it('leaves the files of every state that is kept', async () => {
    await saveAhead(dir, 16, waiting);
    const files = {
      'state-1.safetensors': { bytes: 0, sha256: '' },
      'ahead-14.jsonl': { bytes: 0, sha256: '' },
    };
    const index = { format: 1, states: [{ serial: 1, steps: 14, files }] };
    writeFileSync(path.join(dir, 'state.json'), JSON.stringify(index));
    await removeAhead(dir, undefined);
    const left = readdirSync(dir).filter((name) => name.startsWith('ahead-'));
    expect(left).toEqual(['ahead-14.jsonl']);
  });

  it('names a file that is missing or cut', () => {
    expect(() => loadAhead(dir, 'ahead-1.jsonl')).toThrow(UserError);
    writeFileSync(path.join(dir, 'ahead-2.jsonl'), '{"index":0,"kept"');
    expect(() => loadAhead(dir, 'ahead-2.jsonl')).toThrow(/ahead-2\.jsonl.* is missing or damaged/);
  });
});
