/**
 * What Vercel's AI SDK makes of a server with a model of random weights: objects of schemas as zod writes them, and calls
 * of a tool. Runs with ai 6 and with ai 7.
 */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateObject, generateText, streamObject, tool } from 'ai';
import { z } from 'zod';

globalThis.AI_SDK_LOG_WARNINGS = false;

const SCHEMAS = {
  int: z.object({ sum: z.int() }),
  'number.int': z.object({ sum: z.number().int() }),
  number: z.object({ sum: z.number() }),
  email: z.object({ sum: z.email() }),
  enum: z.object({ sum: z.enum(['a', 'b']) }),
  date: z.object({ sum: z.iso.date() }),
  'number.min': z.object({ sum: z.number().min(0).max(10) }),
  record: z.object({ m: z.record(z.string().max(3), z.number()) }),
  tuple: z.object({ m: z.tuple([z.string().max(3), z.number()]) }),
  discriminatedUnion: z.object({
    m: z.discriminatedUnion('t', [
      z.object({ t: z.literal('a'), x: z.number() }),
      z.object({ t: z.literal('b') }),
    ]),
  }),
  nullable: z.object({ m: z.string().max(3).nullable(), o: z.boolean().optional() }),
  lengths: z.object({ m: z.string().min(1).max(3), a: z.array(z.boolean()).min(1).max(3) }),
  formats: z.object({
    uuid: z.uuid(),
    url: z.url(),
    ip: z.ipv4(),
    at: z.iso.datetime(),
    clock: z.iso.time(),
    span: z.iso.duration(),
    code: z.string().regex(/^[A-Z]{2}-\d{3}$/),
  }),
  more: z.object({
    listed: z.record(z.enum(['x', 'y']), z.int().min(-3).max(3)),
    both: z.intersection(z.object({ p: z.boolean() }), z.object({ q: z.null() })),
    step: z.number().multipleOf(0.5).positive(),
    either: z.union([z.literal(7), z.literal('seven'), z.boolean()]),
  }),
};

/** Tokens of an answer: as many as its shortest takes, and some more. */
const TOKENS = { formats: 320, more: 200, others: 90 };

/**
 * @param {number} seed
 * @param {number} maxOutputTokens
 */
const settings = (seed, maxOutputTokens) => ({
  maxOutputTokens,
  maxRetries: 0,
  providerOptions: { aha: { seed, thinking: { type: 'disabled' } } },
});
const prompt = '2 + 2, in JSON?';

/**
 * Each schema and each kind of call, with what came of it: `ok`, or the error.
 * @param {string} url
 */
export async function run(url) {
  const aha = createOpenAICompatible({
    name: 'aha',
    baseURL: `${url}/v1`,
    apiKey: 'none',
    supportsStructuredOutputs: true,
  });
  const model = aha('deepseek-reasoner');
  /** @type {(readonly [string, () => PromiseLike<unknown>])[]} */
  const looks = [
    ...Object.entries(SCHEMAS).map(([name, schema]) => {
      const tokens = name === 'formats' || name === 'more' ? TOKENS[name] : TOKENS.others;
      // Checked against the schema by the client.
      return /** @type {const} */ ([
        name,
        () => generateObject({ model, prompt, schema, ...settings(1, tokens) }),
      ]);
    }),
    ['streamed', () => streamed(model)],
    ['tool', () => calledTool(model)],
  ];
  /** @type {Record<string, string>} */
  const seen = {};
  // As many at once as the server takes rows.
  for (let at = 0; at < looks.length; at += 4) {
    const some = looks.slice(at, at + 4);
    const outcomes = await Promise.allSettled(some.map(([, look]) => look()));
    for (const [i, outcome] of outcomes.entries()) {
      seen[some[i]?.[0] ?? ''] =
        outcome.status === 'fulfilled' ? 'ok' : `${outcome.reason} ${outcome.reason.cause ?? ''}`;
    }
  }
  return seen;
}

/** @param {import('ai').LanguageModel} model */
async function streamed(model) {
  const stream = streamObject({ model, prompt, schema: SCHEMAS.lengths, ...settings(2, 90) });
  // The whole object is there once its parts have been read.
  for await (const _ of stream.partialObjectStream);
  await stream.object;
}

/** @param {import('ai').LanguageModel} model */
async function calledTool(model) {
  const inputSchema = z.object({
    city: z.string().min(2).max(20),
    days: z.int().min(1).max(14),
    on: z.iso.date(),
  });
  const tools = { weather: tool({ description: 'Of a city', inputSchema }) };
  const { toolCalls } = await generateText({
    model,
    prompt,
    tools,
    toolChoice: 'required',
    ...settings(3, 200),
  });
  const [call] = toolCalls;
  if (toolCalls.length !== 1 || call?.toolName !== 'weather') throw new Error(JSON.stringify(toolCalls));
  inputSchema.parse(call.input);
}
