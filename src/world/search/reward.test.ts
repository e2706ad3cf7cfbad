import { describe, expect, it } from 'vitest';
import { completionOf } from '../../../tests/support/completion.ts';
import type { Prompt } from '../../records.ts';
import { createRewards, rewardsSchema, scoreAll } from '../../rl/reward/index.ts';
import { searchPrompt } from './prompts.ts';
import { searchReward } from './reward.ts';

const prompt = searchPrompt({ numbers: [3, 5, 7], target: 15 });
const reward = searchReward();
const of = (text: string, asked: Prompt = prompt) => completionOf(text, { prompt: asked });

describe('the reward `search`', () => {
  it.each([
    ['<think> 3 plus 5 is 8 . 8 plus 7 is 15 . </think> <answer> 3 + 5 + 7 </answer>', 1],
    ['7 + 5 + 3', 1],
    ['<answer> 3 * 5 + 7 </answer>', 0],
    // The target itself is no way to make it.
    ['<answer> 15 </answer>', 0],
    ['<answer> 8 + 7 + 0 </answer>', 0],
    ['so answer is 3 + 5 + 7', 0],
    ['<think> 3 + 5 + 7', 0],
    ['', 0],
  ])('%s scores %d', (text, score) => {
    expect(reward.score(of(text))).toBe(score);
  });

  it('cannot score a prompt of another task', () => {
    expect(reward.score(of('3 + 5 + 7', { ...prompt, meta: {} }))).toBeNull();
  });

  it.each([
    ['3 times 5 is 15 . 15 plus 7 is 22 . wait 3 plus 5 is 8 . 8 plus 7 is 15 .', '3 + 5 + 7', 'to-right'],
    ['3 plus 5 is 8 . 8 plus 7 is 15 . wait 3 times 5 is 15 . 15 plus 7 is 22 .', '3 * 5 + 7', 'to-wrong'],
    ['3 times 5 is 15 . 15 plus 7 is 22 . wait 7 minus 5 is 2 . 2 plus 3 is 5 .', '7 - 5 + 3', 'neither'],
    ['3 plus 5 is 8 . 8 plus 7 is 15 . wait 3 times 5 is 15 . 15 plus 7 is 22 .', '3 + 5 + 7', undefined],
    ['3 plus 5 is 8 . 8 plus 7 is 15 .', '3 + 5 + 7', undefined],
  ])('after %s the answer %s is a change %s', async (thought, answer, revision) => {
    const rewards = createRewards(rewardsSchema.parse({ search: {}, format: { thought: 'present' } }));
    const [scored] = await scoreAll(rewards, [
      of(`<think> ${thought} </think> <answer> ${answer} </answer>`),
    ]);
    expect(scored!.reflection?.revision).toBe(revision);
    expect(scored!.reflection?.attempts).toBe(thought.split('wait').length);
    expect(scored!.parts.format).toBe(1);
  });
});
