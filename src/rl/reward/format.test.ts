import { describe, expect, it } from 'vitest';
import { completionOf } from '../../../tests/support/completion.ts';
import { formatReward, formatSchema } from './format.ts';

const GOOD = '<think> 40 plus 2\nis 42 . </think>\n<answer> 42 </answer>';

describe('format', () => {
  const reward = formatReward({ thought: 'any' });

  it('pays for the format whatever the answer, across lines', () => {
    expect(reward.score(completionOf(GOOD))).toBe(1);
    expect(reward.score(completionOf('<think> </think> <answer> 7 </answer>'))).toBe(1);
  });

  it.each([
    ['<think> a <answer> 42 </answer>'],
    ['so <think> a </think> <answer> 42 </answer>'],
    ['<think> a </think> so <answer> 42 </answer>'],
    ['<think> a </think> <answer> 42 </answer> 42'],
    ['<think> a </think> <answer> </answer>'],
    ['<think> a <think> b </think> <answer> 42 </answer>'],
    [''],
  ])('does not pay for %j', (text) => {
    expect(reward.score(completionOf(text))).toBe(0);
  });

  it('does not pay for a response cut by the length limit', () => {
    expect(reward.score(completionOf(GOOD, { finish: 'length' }))).toBe(0);
  });

  it('expects no <think> where the prompt template has opened it already', () => {
    const rest = '40 plus 2 </think> <answer> 42 </answer>';
    expect(reward.score(completionOf(rest, { opened: true }))).toBe(1);
    expect(reward.score(completionOf(rest))).toBe(0);
    expect(reward.score(completionOf(GOOD, { opened: true }))).toBe(0);
  });

  it('has no setting for that: the template tells', () => {
    expect(formatSchema.safeParse({ prefilled: true }).error?.issues[0]?.message).toContain('"prefilled"');
  });
});
