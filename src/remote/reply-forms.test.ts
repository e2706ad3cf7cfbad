/** The forms in which servers send a reply: all read as the same one. */
import { describe, expect, it } from 'vitest';
import type { Json } from '../records.ts';
import { createEndpoint } from './endpoint.ts';
import { completion, events, fakeEndpoint, type Handler, json, typed } from './testing.ts';

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
  return sent(chunks, line, colon);
}

function sent(values: readonly Json[], line = '\n', colon = ': ') {
  return values.map((one) => `data${colon}${JSON.stringify(one)}${line}${line}`).join('');
}

/** The stream of these deltas, closed as usual. */
const deltas = (...list: readonly Json[]) => events(stream(list) + DONE);
/** One choice in one chunk, with the usage beside it. */
const whole = (choice: Json) => events(sent([{ choices: [choice], usage: USAGE }]) + DONE);
/** The answer, with this as its usage. */
const costing = (usage: Json) => events(stream(ANSWER, { usage }) + DONE);
const said = (content: string, finish?: string) =>
  events(stream([{ content }], finish ? { finish } : {}) + DONE);

const ANSWER: Json[] = [{ role: 'assistant', content: '' }, { content: '42' }];
const plain = stream(ANSWER);
const severalLines = JSON.stringify(chunk({ content: '42' }, 'stop'), null, 1).replaceAll('\n', '\ndata: ');

const ANSWERED = { reasoning: null, content: '42', finish: 'stop' };
const THOUGHT = { ...ANSWERED, reasoning: 'because' };
const TOLD = { promptTokens: 5, completionTokens: 7, estimated: false };

interface Form {
  readonly name: string;
  readonly handler: Handler;
  readonly reply: object;
  readonly usage: object;
}

const form = (name: string, handler: Handler, reply: object, usage: object = TOLD): Form => ({
  name,
  handler,
  reply,
  usage,
});

const STREAMS: readonly Form[] = [
  form('as OpenAI sends it', events(plain + DONE), ANSWERED),
  form('lines that end with CR LF', events(stream(ANSWER, { line: '\r\n' }) + DONE), ANSWERED),
  form('lines that end with CR', events(`${stream(ANSWER, { line: '\r' })}data: [DONE]\r\r`), ANSWERED),
  form('no blank after the colon', events(stream(ANSWER, { colon: ':' }) + DONE), ANSWERED),
  form(
    'data over several lines',
    events(`data: ${severalLines}\n\n${sent([chunk({}, null, USAGE)])}${DONE}`),
    ANSWERED,
  ),
  form('no blank lines between events', events(plain.replaceAll('\n\n', '\n') + DONE), ANSWERED),
  form('a byte order mark', events(`\ufeff${plain}${DONE}`), ANSWERED),
  form('comments', events(`: PROCESSING\n\n${plain}${DONE}`), ANSWERED),
  form('fields beside the data', events(`event: message\nid: 1\nretry: 5\n${plain}${DONE}`), ANSWERED),
  form(
    'an event of its own kind',
    events(`event: tool.progress\ndata: {"tool": "x"}\n\n${plain}${DONE}`),
    ANSWERED,
  ),
  form(
    'an event of its own kind that is no JSON',
    events(`event: ping\ndata: now\n\n${plain}${DONE}`),
    ANSWERED,
  ),
  form('data that are null', events(`data: null\n\n${plain}${DONE}`), ANSWERED),
  form('no [DONE]', events(plain), ANSWERED),
  form('no finish reason', events(sent([chunk({ content: '42' }), chunk({}, null, USAGE)]) + DONE), {
    ...ANSWERED,
    finish: null,
  }),
  form('no content type', typed(undefined, plain + DONE), ANSWERED),
  form('the content type of a text', typed('text/plain; charset=utf-8', plain + DONE), ANSWERED),
  form('the content type of bytes', typed('application/octet-stream', plain + DONE), ANSWERED),
  form('a content type in capitals', typed('Text/Event-Stream', plain + DONE), ANSWERED),
  form('JSON where a stream was asked for', json(completion({ content: '42' }, { usage: USAGE })), ANSWERED),
  form(
    'JSON under the content type of a stream',
    typed('text/event-stream', JSON.stringify(completion({ content: '42' }, { usage: USAGE }))),
    ANSWERED,
  ),
];

const FIELDS: readonly Form[] = [
  form(
    'a list of choices that is null',
    events(stream(ANSWER, { usage: null }) + sent([{ choices: null, usage: USAGE }]) + DONE),
    ANSWERED,
  ),
  form('a delta that is null', deltas(null, ...ANSWER), ANSWERED),
  form(
    'an index in a string',
    whole({ index: '0', delta: { content: '42' }, finish_reason: 'stop' }),
    ANSWERED,
  ),
  form(
    'an index that is null',
    whole({ index: null, delta: { content: '42' }, finish_reason: 'stop' }),
    ANSWERED,
  ),
  form(
    'a message in place of a delta',
    whole({ index: 0, message: { role: 'assistant', content: '42' }, finish_reason: 'stop' }),
    ANSWERED,
  ),
  form(
    'the whole message behind its deltas',
    events(
      sent([
        chunk({ content: '42' }),
        { choices: [{ index: 0, message: { content: '42' }, finish_reason: 'stop' }], usage: USAGE },
      ]),
    ),
    ANSWERED,
  ),
  form(
    'content in parts, one of them a thought',
    deltas(
      { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'because' }] }] },
      { content: [{ type: 'text', text: '42' }] },
    ),
    THOUGHT,
  ),
  form(
    'a message without content',
    json({ choices: [{ index: 0, message: { role: 'assistant' }, finish_reason: 'stop' }], usage: USAGE }),
    { ...ANSWERED, content: null },
  ),
  form(
    'a choice without a message',
    json({ choices: [{ index: 0, finish_reason: 'length' }], usage: USAGE }),
    { reasoning: null, content: null, finish: 'length' },
  ),
  form(
    'a thought without content',
    json({
      choices: [
        { index: 0, message: { content: null, reasoning_content: 'because' }, finish_reason: 'length' },
      ],
      usage: USAGE,
    }),
    { reasoning: 'because', content: null, finish: 'length' },
  ),
  form(
    'the text of an older API',
    json({ choices: [{ text: '42', finish_reason: 'stop' }], usage: USAGE }),
    ANSWERED,
  ),
];

const ESTIMATED = { completionTokens: 2, estimated: true };
const USAGES: readonly Form[] = [
  form('nothing', costing({}), ANSWERED, ESTIMATED),
  form('fractions', costing({ prompt_tokens: 5.5, completion_tokens: 7 }), ANSWERED, ESTIMATED),
  form('negative numbers', costing({ prompt_tokens: -1, completion_tokens: -1 }), ANSWERED, ESTIMATED),
  form('digits in strings', costing({ prompt_tokens: '5', completion_tokens: '7' }), ANSWERED),
  form('words', costing({ prompt_tokens: 'five', completion_tokens: 'seven' }), ANSWERED, ESTIMATED),
  form('a list', costing([USAGE]), ANSWERED, ESTIMATED),
  form(
    'details that are null',
    costing({ ...USAGE, prompt_tokens_details: null, completion_tokens_details: null }),
    ANSWERED,
  ),
  form('details in a list', costing({ ...USAGE, prompt_tokens_details: [{ modality: 'TEXT' }] }), ANSWERED),
  form('a prompt and a sum', costing({ prompt_tokens: 5, total_tokens: 12 }), ANSWERED),
];

const THOUGHTS: readonly Form[] = [
  form('`reasoning_content`', deltas({ reasoning_content: 'because' }, { content: '42' }), THOUGHT),
  form('`reasoning`', deltas({ reasoning: 'because' }, { content: '42' }), THOUGHT),
  form('both', deltas({ reasoning: 'because', reasoning_content: 'because' }, { content: '42' }), THOUGHT),
  form(
    'a field that holds the tags too',
    deltas({ reasoning_content: '<think>\nbecause\n</think>' }, { content: '42' }),
    THOUGHT,
  ),
  form(
    'a field, its closing tag in the content',
    deltas({ reasoning_content: 'because' }, { content: '</think>\n\n42' }),
    THOUGHT,
  ),
  form('tags, empty', said('<think>\n\n</think>\n\n42'), { ...ANSWERED, reasoning: '' }),
  form(
    'tags that the stream cuts',
    deltas({ content: '<th' }, { content: 'ink>be' }, { content: 'cause</thi' }, { content: 'nk>42' }),
    THOUGHT,
  ),
  form('tags behind a blank line', said('\n\n<think>because</think>42'), THOUGHT),
  form(
    'a closing tag alone, where the template opened the thought',
    said('because\n</think>\n\n42'),
    THOUGHT,
  ),
  form('a closing tag alone at the end of a sentence', said('because</think>\n\n42'), THOUGHT),
  form('tags, cut off', said('<think>because the answer is 42', 'length'), {
    reasoning: 'because the answer is 42',
    content: null,
    finish: 'length',
  }),
  form('nothing that tells, cut off', said('because the answer is 42', 'length'), {
    reasoning: null,
    content: 'because the answer is 42',
    finish: 'length',
  }),
  form('tags within tags', said('<think>a <think>b</think> c</think>42'), {
    reasoning: 'a <think>b',
    content: 'c</think>42',
  }),
];

/** Texts that speak of the tags: all of them is content. */
const LITERAL = [
  'A model writes `<think>` before its thought. The answer is 42',
  'Models write <think>x</think> first.\nThe answer is 42',
  'The answer is 42. (The tag `</think>` ends a thought.)',
  "```python\nopen_tag = '<think>'\n```\n42",
  '```\n<think>\n</think>\n```\n42',
];

const ENDS: readonly (readonly [told: string, finish: string])[] = [
  ['STOP', 'stop'],
  ['eos', 'stop'],
  ['length', 'length'],
  ['LENGTH', 'length'],
  ['max_tokens', 'length'],
  ['MAX_TOKENS', 'length'],
  ['content_filter', 'content_filter'],
  ['tool_calls', 'tool_calls'],
];

async function ask(handler: Handler) {
  await using server = await fakeEndpoint(handler);
  const endpoint = createEndpoint({ baseUrl: server.url, model: 'm', retries: 0, backoffMs: 1 });
  return await endpoint.chat({ messages: [{ role: 'user', content: 'q' }] });
}

describe.each([
  ['a stream with', STREAMS],
  ['odd fields:', FIELDS],
  ['usage:', USAGES],
  ['a thought in', THOUGHTS],
])('a reply: %s', (_, forms) => {
  it.each([...forms])('$name', async ({ handler, reply, usage }) => {
    const got = await ask(handler);
    expect(got).toMatchObject(reply);
    expect(got.usage).toMatchObject(usage);
  });
});

describe('tags that a reply speaks of', () => {
  it.each(LITERAL)('are letters: %j', async (text) => {
    const forms: Json[] = [{ content: text }, { content: text, reasoning_content: null }];
    for (const delta of forms) {
      const reply = await ask(deltas(delta));
      expect(reply).toMatchObject({ reasoning: null, content: text, finish: 'stop' });
      expect(reply.response).toMatchObject({ thought: null, text, answer: text });
    }
  });

  it('are letters too where the thought was told apart', async () => {
    const reply = await ask(deltas({ reasoning_content: 'because' }, { content: 'The tag is <think>. 42' }));
    expect(reply).toMatchObject({ ...THOUGHT, content: 'The tag is <think>. 42' });
    expect(reply.response.answer).toBe('The tag is <think>. 42');
  });
});

it.each(ENDS)('a reply that ends with %s ended with %s', async (told, finish) => {
  expect((await ask(said('42', told))).finish).toBe(finish);
});
