import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { completionOf } from '../../tests/support/completion.ts';
import type { Completion } from '../records.ts';
import { createRewards, rewardsSchema, scoreAll, scoresSteps } from '../rl/reward/index.ts';
import { tokensAt } from '../rl/reward/token-ends.ts';
import { Tokenizer } from '../text/index.ts';
import { judgeSteps } from './chain-steps.ts';
import { writeWorldTokenizer } from './index.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'aha-chain-steps-'));
writeWorldTokenizer(dir);
const tokenizer = Tokenizer.load(dir);

const question = 'what is 35 - 10 * 3 ?';
const right = (text: string) => judgeSteps(question, text)?.map((step) => step.right);

describe('judgeSteps', () => {
  it.each([
    ['35 minus 10 is 25 . then 25 times 3 is 75 .', [true, true]],
    ['35 减 10 得 25 . 再 25 times 3 is 75 .', [true, true]],
    ['35 minus 10 is 26 . then 26 times 3 is 78 .', [false, false]],
    ['35 minus 10 is 26 . wait 35 minus 10 is 25 . then 25 times 3 is 75 .', [false, true, true]],
    // Right sums that do not go on with the chain.
    ['1 plus 1 is 2 . 35 minus 10 is 25 . 35 minus 10 is 25 .', [false, true, false]],
    ['25 times 3 is 75 .', [false]],
    ['35 minus 10 is 25 . 25 times 3 is 75 . 75 plus 0 is 75 .', [true, true, false]],
    ['35 minus 10 is 25', []],
    ['', []],
  ])('%s', (text, expected) => {
    expect(right(text)).toEqual(expected);
  });

  it('ends a step at its full stop', () => {
    const text = '<think> 35 minus 10 is 25 . so';
    expect(judgeSteps(question, text)).toEqual([{ end: text.indexOf('.') + 1, right: true }]);
  });

  it('knows nothing where the prompt has no chain', () => {
    expect(judgeSteps('hello', '35 minus 10 is 25 .')).toBeNull();
    expect(judgeSteps('what is 35 ?', '')).toBeNull();
  });
});

function response(text: string, prompt = question): Completion {
  const tokens = Int32Array.from(tokenizer.encode(`${text} <eos>`));
  return {
    ...completionOf(tokenizer.decode(tokens, { skipSpecial: true }), {
      prompt: { text: prompt, answer: '75' },
    }),
    tokens,
    logprobs: new Float32Array(tokens.length),
  };
}

describe('tokensAt', () => {
  it('names the token that completes each prefix of the text', () => {
    const one = response('35 minus 10 is 25 .');
    const pieces = Array.from(one.tokens, (token) => tokenizer.tokenOf(token));
    const [full, minus, end] = tokensAt(one, [2, 8, one.text.length], tokenizer).sort((a, b) => a - b);
    expect(pieces.slice(0, full! + 1).join('')).toBe('35');
    expect(pieces[minus!]).toBe('minus');
    expect(pieces[end!]).toBe('.');
    expect(tokensAt(one, [1000], tokenizer)).toEqual([one.tokens.length - 1]);
  });
});

describe('the reward', () => {
  const rewards = (config: object) => createRewards(rewardsSchema.parse(config), { tokenizer });
  const text = '35 minus 10 is 25 . then 25 times 3 is 78 . <answer> 75 </answer>';

  it('scores the share of right steps of a response, 0 without any, and each step for itself', async () => {
    const one = response(text);
    const [scored, none, foreign] = await scoreAll(rewards({ 'chain-steps': { weight: 2 } }), [
      one,
      response('75'),
      response(text, 'hello'),
    ]);
    const stops = [...one.tokens.entries()].flatMap(([i, id]) => (tokenizer.tokenOf(id) === '.' ? [i] : []));
    expect(scored).toMatchObject({ reward: 1, parts: { 'chain-steps': 0.5 } });
    expect(scored!.steps).toEqual([
      { end: stops[0], score: 2 },
      { end: stops[1], score: 0 },
    ]);
    expect(none).toMatchObject({ reward: 0, steps: [] });
    expect(foreign!.reward).toBeNull();
    expect(foreign).not.toHaveProperty('steps');
  });

  it('what other rewards give is one more step, which the response ends', async () => {
    const one = response(text);
    const config = { accuracy: { weight: 3 }, length: { limit: 500, weight: 0 }, 'chain-steps': {} };
    const [scored] = await scoreAll(rewards(config), [one]);
    expect(scored!.steps!.slice(2)).toEqual([{ end: one.tokens.length - 1, score: 3 }]);
    expect(scored!.reward).toBe(3.5);
  });

  it('scores no steps where it is only recorded, is not named, or there is no tokenizer', async () => {
    const recorded = { accuracy: {}, 'chain-steps': { weight: 0 } };
    for (const config of [recorded, { accuracy: {} }]) {
      const [scored] = await scoreAll(rewards(config), [response(text)]);
      expect(scored).not.toHaveProperty('steps');
      expect(scoresSteps(rewardsSchema.parse(config))).toBe(false);
    }
    expect(scoresSteps(rewardsSchema.parse({ 'chain-steps': {} }))).toBe(true);
    const without = createRewards(rewardsSchema.parse({ 'chain-steps': {} }));
    const [scored] = await scoreAll(without, [response(text)]);
    expect(scored).toMatchObject({ reward: 0.5 });
    expect(scored).not.toHaveProperty('steps');
  });
});
