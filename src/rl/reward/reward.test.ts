import { describe, expect, it } from 'vitest';
import { completionOf } from '../../../tests/support/completion.ts';
import { UserError } from '../../errors.ts';
import { scoreAll } from './grading.ts';
import { disposeRewards, type Reward } from './reward.ts';

const constant = (name: string, value: unknown): Reward => ({ name, score: () => value as number | null });

describe('scoreAll', () => {
  const completions = [completionOf('a'), completionOf('b')];

  it('adds the weighted parts that could score and keeps each part unweighted', async () => {
    const rewards = [
      { reward: constant('x', 1), weight: 2 },
      { reward: constant('y', null), weight: 5 },
      { reward: constant('z', -0.5), weight: 1 },
    ];
    const [first] = await scoreAll(rewards, completions);
    expect(first).toEqual({
      completion: completions[0],
      reward: 1.5,
      parts: { x: 1, y: null, z: -0.5 },
      reflection: { words: {}, attempts: 1 },
    });
  });

  it('is null, not 0, when no part could score, and when there is no part', async () => {
    const rewards = [{ reward: constant('x', null), weight: 1 }];
    expect((await scoreAll(rewards, completions)).map(({ reward }) => reward)).toEqual([null, null]);
    expect((await scoreAll([], completions))[0]!.reward).toBeNull();
  });

  it('records a part of weight 0 without paying for it', async () => {
    const rewards = [{ reward: constant('x', 1), weight: 0 }];
    expect((await scoreAll(rewards, completions))[0]).toMatchObject({ reward: 0, parts: { x: 1 } });
  });

  it('keeps the order of completions when slow rewards finish out of order', async () => {
    const slow: Reward = {
      name: 'slow',
      score: ({ text }) =>
        new Promise((done) => setTimeout(done, text === 'a' ? 20 : 0, text === 'a' ? 1 : 2)),
    };
    const scored = await scoreAll([{ reward: slow, weight: 1 }], completions);
    expect(scored.map(({ reward, completion }) => [completion.text, reward])).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
  });

  it('names reward and prompt when a reward throws, now or later', async () => {
    const cause = new Error('no sandbox');
    const throws: Reward = {
      name: 'tests',
      score: () => {
        throw cause;
      },
    };
    const rejects: Reward = { name: 'tests', score: () => Promise.reject(cause) };
    for (const reward of [throws, rejects]) {
      const error = await scoreAll([{ reward, weight: 1 }], completions).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(UserError);
      expect((error as UserError).message).toContain('reward "tests", prompt test/1: no sandbox');
      expect((error as UserError).cause).toBe(cause);
    }
  });

  it.each([Number.NaN, Infinity, -Infinity, undefined, '1', true])('refuses the score %s', async (value) => {
    const rewards = [{ reward: constant('odd', value), weight: 1 }];
    await expect(scoreAll(rewards, completions)).rejects.toThrow(/reward "odd", prompt test\/1: returned/);
  });

  it('asks for all scores at once where a reward can give them', async () => {
    const asked: number[] = [];
    const batch: Reward = {
      name: 'batch',
      score: () => 9,
      scoreBatch: (all) => {
        asked.push(all.length);
        return all.map(({ text }) => (text === 'a' ? 1 : null));
      },
    };
    const scored = await scoreAll([{ reward: batch, weight: 2 }], completions);
    expect(scored.map(({ reward, parts }) => [reward, parts.batch])).toEqual([
      [2, 1],
      [null, null],
    ]);
    expect(asked).toEqual([2]);
  });

  it.each([
    [() => [1], /reward "batch": 1 scores for 2 completions/],
    [() => [1, Number.NaN], /reward "batch", prompt test\/1: returned NaN/],
    [() => Promise.reject(new Error('no memory')), /reward "batch": no memory/],
  ])('refuses what is not one score for each of a batch', async (scoreBatch, message) => {
    const reward: Reward = { name: 'batch', score: () => 0, scoreBatch };
    await expect(scoreAll([{ reward, weight: 1 }], completions)).rejects.toThrow(message);
  });

  it('frees what rewards hold', () => {
    const freed: string[] = [];
    const holds = (name: string): Reward => ({ name, score: () => 0, dispose: () => freed.push(name) });
    disposeRewards([holds('x'), constant('y', 1), holds('z')].map((reward) => ({ reward, weight: 1 })));
    expect(freed).toEqual(['x', 'z']);
  });

  it('refuses two rewards of one name', async () => {
    const rewards = [
      { reward: constant('x', 1), weight: 1 },
      { reward: constant('x', 2), weight: 1 },
    ];
    await expect(scoreAll(rewards, completions)).rejects.toThrow('two rewards are named "x"');
  });
});
