/** The forms in which servers send a reply: all read as the same one. */
import { describe, expect, it } from 'vitest';
import type { Json } from '../records.ts';
import { createEndpoint } from './endpoint.ts';
import { events, fakeEndpoint, type Handler, json } from './testing.ts';

const USAGE = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 };
const DONE = 'data: [DONE]\n\n';

/** A chunk of a stream. */
function chunk(delta: Json, finish: string | null = null, usage: Json = null) {
  const choices = usage === null ? [{ index: 0, delta, finish_reason: finish }] : [];
  return { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm', choices, usage };
}

interface StreamOptions {
  readonly finish?: string;
  readonly usage?: Json;
  readonly line?: string;
  readonly colon?: string;
}

/** Deltas, the end, and the usage, as events with this between their lines. */
function stream(
  deltas: readonly Json[],
  { finish = 'stop', usage = USAGE, line = '\n', colon = ': ' }: StreamOptions = {},
) {
  const chunks = [...deltas.map((delta) => chunk(delta)), chunk({}, finish), chunk({}, null, usage)];
  return chunks.map((one) => `data${colon}${JSON.stringify(one)}${line}${line}`).join('');
}

const ANSWER: Json[] = [{ role: 'assistant', content: '' }, { content: '42' }];
const plain = stream(ANSWER);
const said = (content: string, finish?: string) =>
  events(stream([{ content }], finish ? { finish } : {}) + DONE);

const ANSWERED = { reasoning: null, content: '42', finish: 'stop' };
const THOUGHT = { ...ANSWERED, reasoning: 'because' };

const FORMS: Readonly<Record<string, readonly [Handler, object]>> = {
  'as OpenAI sends it': [events(plain + DONE), ANSWERED],
  'lines that end with CR LF': [events(stream(ANSWER, { line: '\r\n' }) + DONE), ANSWERED],
  'no blank after the colon': [events(stream(ANSWER, { colon: ':' }) + DONE), ANSWERED],
  'a byte order mark': [events(`\ufeff${plain}${DONE}`), ANSWERED],
  comments: [events(`: PROCESSING\n\n${plain}${DONE}`), ANSWERED],
  'fields beside the data': [events(`event: message\nid: 1\nretry: 5\n${plain}${DONE}`), ANSWERED],
  'an event of its own kind': [
    events(`event: tool.progress\ndata: {"tool": "x"}\n\n${plain}${DONE}`),
    ANSWERED,
  ],
  'no [DONE]': [events(plain), ANSWERED],
  'a delta that is null': [events(stream([null, ...ANSWER]) + DONE), ANSWERED],
  'details of usage that are null': [
    events(
      stream(ANSWER, { usage: { ...USAGE, prompt_tokens_details: null, completion_tokens_details: null } }) +
        DONE,
    ),
    ANSWERED,
  ],
  'JSON where a stream was asked for': [
    json({
      choices: [{ index: 0, message: { role: 'assistant', content: '42' }, finish_reason: 'stop' }],
      usage: USAGE,
    }),
    ANSWERED,
  ],
  'a thought in `reasoning_content`': [
    events(stream([{ reasoning_content: 'because' }, { content: '42' }]) + DONE),
    THOUGHT,
  ],
  'a thought in `reasoning`': [events(stream([{ reasoning: 'because' }, { content: '42' }]) + DONE), THOUGHT],
  'a thought under both names': [
    events(stream([{ reasoning: 'because', reasoning_content: 'because' }, { content: '42' }]) + DONE),
    THOUGHT,
  ],
  'a tag in the answer beside a thought of its own': [
    events(stream([{ reasoning_content: 'because' }, { content: 'The tag is <think>. 42' }]) + DONE),
    { ...THOUGHT, content: 'The tag is <think>. 42' },
  ],
  'an empty thought in tags': [said('<think>\n\n</think>\n\n42'), { ...ANSWERED, reasoning: '' }],
  'tags cut by the stream': [
    events(
      stream([{ content: '<th' }, { content: 'ink>be' }, { content: 'cause</thi' }, { content: 'nk>42' }]) +
        DONE,
    ),
    THOUGHT,
  ],
  'a thought that the prompt opened': [said('because\n</think>\n\n42'), THOUGHT],
  'a thought that was cut off': [
    said('<think>because the answer is 42', 'length'),
    { reasoning: 'because the answer is 42', content: null, finish: 'length' },
  ],
};

describe('a reply', () => {
  it.each(Object.entries(FORMS))('%s', async (_, [handler, expected]) => {
    await using server = await fakeEndpoint(handler);
    const endpoint = createEndpoint({ baseUrl: server.url, model: 'm', retries: 0, backoffMs: 1 });
    const reply = await endpoint.chat({ messages: [{ role: 'user', content: 'q' }] });
    expect(reply).toMatchObject(expected);
    expect(reply.usage).toMatchObject({ promptTokens: 5, completionTokens: 7, estimated: false });
  });
});
