import { expect, it } from 'vitest';
import { completionOf } from '../../../tests/support/completion.ts';
import { fakeJudge, materialIn } from '../../grading/judge/testing.ts';
import { EndpointError } from '../../remote/index.ts';
import { scoreAll } from './grading.ts';
import { judgeReward, judgeRewardSchema } from './judge.ts';

const OPEN = { answer: null };

async function scoring(verdict: string, settings: object = {}) {
  const judge = await fakeJudge(() => `{"verdict": "${verdict}"}`);
  const endpoint = { baseUrl: judge.url, model: 'judge', stream: false };
  return { judge, reward: judgeReward(judgeRewardSchema.parse({ endpoint, attempts: 1, ...settings })) };
}

it.each([
  ['right', 1],
  ['wrong', 0],
  ['unsure', null],
  ['perhaps', null],
])('pays %s with %s', async (verdict, score) => {
  const { judge, reward } = await scoring(verdict);
  await using _ = judge;
  expect(await reward.score(completionOf('<think> a </think> fine', { prompt: OPEN }))).toBe(score);
  const shown = judge.asked()[0]!.messages[1]!.content;
  expect(materialIn(shown, 'candidate answer')).toBe('fine');
});

it('asks nothing about prompts with an answer, unless told to, nor about a response without one', async () => {
  const { judge, reward } = await scoring('right');
  await using _ = judge;
  expect(await reward.score(completionOf('42'))).toBeNull();
  expect(await reward.score(completionOf('<think> endless', { prompt: OPEN }))).toBe(0);
  expect(judge.asked()).toHaveLength(0);
  const always = await scoring('right', { asked: 'always' });
  await using __ = always.judge;
  expect(await always.reward.score(completionOf('42'))).toBe(1);
});

it('names the variable of a key that is not set', () => {
  const endpoint = { baseUrl: 'http://localhost:1/v1', model: 'm', apiKeyEnv: 'NO_SUCH_KEY' };
  expect(() => judgeReward(judgeRewardSchema.parse({ endpoint }))).toThrow(/NO_SUCH_KEY is not set/);
});

it('lets an endpoint speak for itself where it fails', async () => {
  const endpoint = { baseUrl: 'http://127.0.0.1:1/v1', model: 'm', retries: 0 };
  const reward = judgeReward(judgeRewardSchema.parse({ endpoint }));
  const scored = scoreAll([{ reward, weight: 1 }], [completionOf('42', { prompt: OPEN })]);
  await expect(scored).rejects.toBeInstanceOf(EndpointError);
});
