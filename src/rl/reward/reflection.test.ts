import { describe, expect, it } from 'vitest';
import { completionOf } from '../../../tests/support/completion.ts';
import type { Prompt } from '../../records.ts';
import { createRewards, rewardsSchema, scoreAll } from './index.ts';

const prompt: Prompt = { id: 'p', task: 'math', text: 'q', answer: '1/2' };

async function reflect(rewards: object, text: string, asked = prompt) {
  const [scored] = await scoreAll(createRewards(rewardsSchema.parse(rewards)), [
    completionOf(text, { prompt: asked }),
  ]);
  return scored!.reflection;
}

describe('reflection of a scored response', () => {
  it('tells that the answer was corrected, by the verifier that decides', async () => {
    const text =
      '<think>So the answer is 2. Wait, I divided wrongly: the answer is 0.5.</think>The answer is \\boxed{\\frac12}';
    expect(await reflect({ accuracy: { verifier: 'math' } }, text)).toEqual({
      words: { wait: 1 },
      attempts: 2,
      revision: 'to-right',
    });
  });

  it.each([
    ['<think>The answer is 0.5. Wait, let me check. Yes.</think>\\boxed{1/2}', undefined],
    ['<think>The answer is 0.5. Wait, no.</think>\\boxed{2}', 'to-wrong'],
    ['<think>The answer is 3. Wait, no.</think>\\boxed{2}', 'neither'],
    // Numbers on the way to an answer are none.
    ['<think>2 + 2 = 4. Wait, no: 1 + 1 = 2.</think>\\boxed{1/2}', undefined],
    ['<think>First things first. Wait. The answer is 7. Wait, no.</think>\\boxed{1/2}', 'to-right'],
    ['The answer is 7.', undefined],
  ])('%s: %s', async (text, revision) => {
    expect((await reflect({ accuracy: { verifier: 'math' } }, text))?.revision).toBe(revision);
  });

  it('reads letters of a multiple choice, and counts alone where nothing says what is right', async () => {
    const text = '<think>The answer is A. Wait, the answer is B.</think>The answer is B.';
    const letter = { ...prompt, answer: 'B' };
    expect((await reflect({ accuracy: { verifier: 'choice' } }, text, letter))?.revision).toBe('to-right');
    expect(await reflect({ format: {} }, text)).toEqual({ words: { wait: 1 }, attempts: 2 });
    expect(await reflect({ accuracy: {} }, text, { ...prompt, answer: null })).toEqual({
      words: { wait: 1 },
      attempts: 2,
    });
  });
});
