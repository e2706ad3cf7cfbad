/**
 * The example of DeepSeek's guide "Reasoning Model (deepseek-reasoner)" of January 2025 against era `r1`, in Python and
 * JavaScript: base URL and key aside it is as it stood there.
 */
import OpenAI from 'openai';
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { describe, expect, it } from 'vitest';
import { PYTHON, pythonJson } from './python/interpreter.ts';
import { ANSWER, KEY, REASONING, type Served, serve } from './support.ts';

const QUESTIONS = [
  '9.11 and 9.8, which is greater?',
  "How many Rs are there in the word 'strawberry'?",
] as const;

/** Both rounds read thought and answer apart; the second round's prompt holds the first answer, not its thought. */
function expectRounds(server: Served, rounds: unknown): void {
  expect(rounds).toEqual([
    [REASONING, ANSWER],
    [REASONING, ANSWER],
  ]);
  expect(server.request(0).prompt).toMatchObject({ messages: [{ role: 'user', content: QUESTIONS[0] }] });
  expect(server.request(1).prompt).toMatchObject({
    messages: [
      { role: 'user', content: QUESTIONS[0] },
      { role: 'assistant', content: ANSWER },
      { role: 'user', content: QUESTIONS[1] },
    ],
    thinking: true,
  });
  expect(server.request(0).limits).toEqual({
    maxTokens: null,
    maxAnswerTokens: 4096,
    maxThinkingTokens: 32_768,
  });
}

describe('the article’s request in era r1', () => {
  it('runs in JavaScript', async () => {
    await using server = await serve(undefined, { era: 'r1' });
    const client = new OpenAI({ apiKey: KEY, baseURL: server.url });

    // Round 1
    const messages: ChatCompletionMessageParam[] = [{ role: 'user', content: QUESTIONS[0] }];
    const first = await client.chat.completions.create({ model: 'deepseek-reasoner', messages });
    const { reasoning_content, content } = first.choices[0]!.message as Message;

    // Round 2
    messages.push({ role: 'assistant', content });
    messages.push({ role: 'user', content: QUESTIONS[1] });
    const second = await client.chat.completions.create({ model: 'deepseek-reasoner', messages });
    const last = second.choices[0]!.message as Message;
    expectRounds(server, [
      [reasoning_content, content],
      [last.reasoning_content, last.content],
    ]);
    expect(first.model).toBe('deepseek-reasoner');
  });

  it('runs in JavaScript, streamed', async () => {
    await using server = await serve(undefined, { era: 'r1' });
    const client = new OpenAI({ apiKey: KEY, baseURL: server.url });
    const messages: ChatCompletionMessageParam[] = [{ role: 'user', content: QUESTIONS[0] }];
    const rounds = [];
    for (const round of [0, 1]) {
      const response = await client.chat.completions.create({
        model: 'deepseek-reasoner',
        messages,
        stream: true,
      });
      let [reasoning, content] = ['', ''];
      for await (const chunk of response) {
        const delta = chunk.choices[0]!.delta as Message;
        if (delta.reasoning_content) reasoning += delta.reasoning_content;
        // As the guide has it: a null here would become the text “null”.
        else content += delta.content;
      }
      rounds.push([reasoning, content]);
      messages.push({ role: 'assistant', content });
      if (round === 0) messages.push({ role: 'user', content: QUESTIONS[1] });
    }
    expectRounds(server, rounds);
  });

  it.skipIf(PYTHON.missing).each(['article.py', 'article_stream.py'])(
    `runs in Python: %s${PYTHON.note}`,
    async (program) => {
      await using server = await serve(undefined, { era: 'r1' });
      expectRounds(server, await pythonJson(program, { BASE_URL: server.url, KEY }));
    },
  );

  it('answers 400 when the thought is sent back', async () => {
    await using server = await serve(undefined, { era: 'r1' });
    const client = new OpenAI({ apiKey: KEY, baseURL: server.url });
    const messages: ChatCompletionMessageParam[] = [{ role: 'user', content: QUESTIONS[0] }];
    const first = await client.chat.completions.create({ model: 'deepseek-reasoner', messages });
    messages.push(first.choices[0]!.message, { role: 'user', content: QUESTIONS[1] });
    const again = client.chat.completions.create({ model: 'deepseek-reasoner', messages });
    await expect(again).rejects.toMatchObject({
      status: 400,
      param: 'messages[1].reasoning_content',
      message: '400 messages[1].reasoning_content: the thought of earlier turns must not be sent back',
    });
    expect(server.backend.requests).toHaveLength(1);
  });

  it.skipIf(PYTHON.missing)(`answers 400 when Python sends the thought back${PYTHON.note}`, async () => {
    await using server = await serve(undefined, { era: 'r1' });
    const env = { BASE_URL: server.url, KEY, LOOKS: 'reasoning_sent_back' };
    expect(await pythonJson('client.py', env)).toEqual({
      reasoning_sent_back: {
        status: 400,
        message: 'messages[1].reasoning_content: the thought of earlier turns must not be sent back',
      },
    });
  });

  it('takes the parameters that have no effect, and refuses log-probabilities', async () => {
    await using server = await serve(undefined, { era: 'r1' });
    const { completions } = new OpenAI({ apiKey: KEY, baseURL: server.url }).chat;
    const request = {
      model: 'deepseek-reasoner',
      messages: [{ role: 'user' as const, content: QUESTIONS[0] }],
    };
    await completions.create({
      ...request,
      temperature: 0,
      top_p: 0.1,
      presence_penalty: 1,
      frequency_penalty: 1,
    });
    expect(server.request(0).sampling).toMatchObject({
      temperature: 0.6,
      topP: 0.95,
      presencePenalty: 0,
      frequencyPenalty: 0,
    });
    await expect(completions.create({ ...request, logprobs: true })).rejects.toMatchObject({
      status: 400,
      message: '400 logprobs: deepseek-reasoner does not support log-probabilities',
    });
  });
});

interface Message {
  readonly content: string | null;
  readonly reasoning_content?: string | null;
}
