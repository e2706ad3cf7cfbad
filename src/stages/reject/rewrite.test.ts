import { describe, expect, it } from 'vitest';
import { fakeJudge, materialIn } from '../../grading/judge/testing.ts';
import type { Prompt } from '../../records.ts';
import { readResponse } from '../../text/index.ts';
import { partsOf, rewriteSchema, rewriteThought } from './rewrite.ts';

describe('partsOf', () => {
  it('cuts a response at its thought, and loses nothing', () => {
    const parts = partsOf(readResponse('<think> a b </think> <answer> 1 </answer>'));
    expect(parts).toEqual({ before: '<think>', thought: ' a b ', after: '</think> <answer> 1 </answer>' });
    expect(partsOf(readResponse(' a b </think> 1', { opened: true }))).toEqual({
      before: '',
      thought: ' a b ',
      after: '</think> 1',
    });
  });

  it.each(['1', '<think> a', '<think> </think> 1', 'a </think> 1', '</think> <think> a', ''])(
    'finds no thought in %j',
    (text) => {
      expect(partsOf(readResponse(text))).toBeNull();
    },
  );
});

const prompt: Prompt = { id: 'p', task: 'chain', text: 'what is 1 + 2 ?', answer: '3', language: 'en' };
const parts = partsOf(readResponse('<think>\nadd\n\n</think> 3'))!;

async function rewritten(content: string | null) {
  await using server = await fakeJudge(() => content);
  const endpoint = { baseUrl: server.url, model: 'm' };
  const { signal } = new AbortController();
  const config = rewriteSchema.parse({ endpoint });
  const result = await rewriteThought(server.endpoint, parts, prompt, config, { seed: 1, signal });
  return { result, asked: server.asked()[0]! };
}

describe('rewriteThought', () => {
  it('puts the new thought in the place of the old one, white space around it kept', async () => {
    const { result, asked } = await rewritten('  I add both.\n');
    expect(result).toEqual({ text: '<think>\nI add both.\n\n</think> 3', tokens: 20 });
    expect(materialIn(asked.messages[1]!.content, 'draft')).toBe('add');
    expect(materialIn(asked.messages[1]!.content, 'question')).toBe(prompt.text);
  });

  it.each([null, '', ' ', 'I <think> add', 'I add. <answer> 4 </answer>'])('takes no %j', async (content) => {
    expect((await rewritten(content)).result).toBeNull();
  });
});
