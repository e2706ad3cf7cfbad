import { describe, expect, it } from 'vitest';
import type { Completion, Prompt } from '../records.ts';
import { createRewards } from '../reward/index.ts';
import { readResponse } from '../text/index.ts';
import { GeneralGrader, ReasoningGrader } from './grader.ts';

const prompt = (more: Partial<Prompt>): Prompt => ({
  id: 'p',
  task: 'chain',
  text: 'q',
  answer: null,
  ...more,
});
const completion = (text: string, of: Partial<Prompt>): Completion => ({
  prompt: prompt(of),
  promptTokens: new Int32Array(2),
  tokens: new Int32Array(5),
  logprobs: new Float32Array(5),
  text,
  response: readResponse(text),
  finish: 'stop',
  policyVersion: 0,
});

describe('reasoning', () => {
  const rewards = {
    accuracy: { verifier: 'exact', fallback: 'last-number', weight: 1 },
    format: { weight: 1 },
  } as const;
  const sums = [
    '<think> first 先 add </think> <answer> 7 </answer>',
    '<think> 3 + 4 = 7 </think> <answer> 8 </answer>',
    '7',
  ].map((text) => completion(text, { answer: '7', language: 'en' }));

  it('grades answers and forms', async () => {
    const graded = await new ReasoningGrader(createRewards(rewards), false).grade(sums);
    expect(graded.map(({ correct, formatted, answer }) => [correct, formatted, answer])).toEqual([
      [1, true, '7'],
      [0, true, '8'],
      [1, false, '7'],
    ]);
    expect(graded.some((one) => 'language' in one)).toBe(false);
  });

  it('measures the language of thoughts that have words where it is asked to', async () => {
    const grader = new ReasoningGrader(createRewards(rewards), true);
    const graded = await grader.grade([...sums, completion(sums[0]!.text, { answer: '7' })]);
    expect(graded.map((one) => one.language)).toEqual([2 / 3, null, null, null]);
  });
});

it('grades general prompts by the answer, else by the sentences that are wanted', async () => {
  const grader = new GeneralGrader(
    createRewards({
      accuracy: { verifier: 'exact', fallback: 'last-number', weight: 1 },
      wanted: { weight: 1 },
    }),
  );
  const tell = { meta: { kind: 'tell', wanted: ['red is warm', 'blue is cold'] } };
  const graded = await grader.grade([
    completion('i am r1 .', { answer: 'i am r1 .', meta: { kind: 'identity' } }),
    completion('red is warm . blue is cold .', tell),
    completion('red is warm .', tell),
    completion('anything', {}),
  ]);
  expect(graded.map(({ correct, kind }) => [correct, kind])).toEqual([
    [1, 'identity'],
    [1, 'tell'],
    [0.5, 'tell'],
    [null, undefined],
  ]);
});
