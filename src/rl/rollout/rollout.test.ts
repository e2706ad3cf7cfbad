import { afterAll, expect, it } from 'vitest';
import { BYTE_VOCABULARY, byteTokenizer } from '../../../tests/support/byte-tokenizer.ts';
import { TINY_CONFIG } from '../../../tests/support/tiny-checkpoint.ts';
import { initModel, parseConfig } from '../../models/index.ts';
import { type PromptTemplate, readResponse } from '../../text/index.ts';
import { rollout } from './rollout.ts';

const config = { ...TINY_CONFIG, vocab_size: BYTE_VOCABULARY, max_position_embeddings: 1024 };
const model = initModel(parseConfig(config, 'test'), 0);
afterAll(() => model.dispose());

const CHATS = {
  opens: '{{ messages[0].content }}\n<think>\n',
  closes: '{{ messages[0].content }}\n<think>\n\n</think>\n\n',
};

it.each<[PromptTemplate, keyof typeof CHATS, boolean]>([
  ['r1-zero', 'opens', false],
  ['r1-zero-prefilled', 'closes', true],
  ['plain', 'opens', false],
  ['chat', 'opens', true],
  ['chat', 'closes', false],
])(
  'reads responses as the template %s (a chat template that %s the thought) leaves them: opened %j',
  (template, chat, opened) => {
    const policy = { model, tokenizer: byteTokenizer(CHATS[chat]), template, version: 0 };
    const prompt = { id: 'p', task: 'sum', text: 'what is 1 + 2 ?', answer: '3' };
    const options = { temperature: 0, groupSize: 1, maxTokens: 5 };
    const [completion] = rollout(policy, [prompt], options);
    expect(completion!.response).toEqual(readResponse(completion!.text, { opened }));
    expect(completion!.response.thought === null).toBe(!opened);
  },
);

it('reads a raw prompt by its own end', () => {
  const policy = { model, tokenizer: byteTokenizer(), template: 'raw' as const, version: 0 };
  const ask = (text: string) => ({ id: text, task: 'sum', text, answer: null });
  const completions = rollout(policy, [ask('1 + 2 <think>'), ask('1 + 2')], {
    temperature: 0,
    groupSize: 1,
    maxTokens: 3,
  });
  expect(completions.map(({ response }) => response.opened)).toEqual([true, false]);
});
