/** A server on a free port over a scripted model, as the clients of these tests meet it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { createAccess, hashKey, type KeyLimits, NO_LIMITS } from '../../src/serving/access/index.ts';
import { GenerationError, type GenerationEvent, type GenerationRequest } from '../../src/serving/backend.ts';
import type { Era } from '../../src/serving/http/eras.ts';
import {
  FOUR,
  failing,
  finish,
  type Script,
  type ScriptedBackend,
  say,
  start,
  testApp,
  think,
} from '../../src/serving/http/testing.ts';
import { startServer } from '../../src/serving/server.ts';

/** The key the server lets in. */
export const KEY = 'sk-right';

/** `FOUR` as a client should show it. */
export const REASONING = '2 + 2 = 4';
export const ANSWER = 'The answer is 4';

export interface Served extends AsyncDisposable {
  /** Without a path. */
  readonly url: string;
  readonly backend: ScriptedBackend;
  /** The k-th request the model was given; negative numbers count from the last. */
  request(k: number): GenerationRequest;
}

export interface ServeOptions {
  readonly era?: Era;
  readonly limits?: Partial<KeyLimits>;
}

/** Serves scripts, one for each request, the last for all that follow. */
export async function serve(
  scripts: readonly (Script | readonly GenerationEvent[])[] = [byQuestion],
  { era = 'open', limits = {} }: ServeOptions = {},
): Promise<Served> {
  const keys = [{ name: 'test', hash: hashKey(KEY), expires: null, limits: { ...NO_LIMITS, ...limits } }];
  const { app, backend, observer } = testApp(scripts, { era, access: createAccess({ keys: () => keys }) });
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    localNamesOnly: false,
    onError: (error) => void observer.errors.push(error),
  });
  server.answer((request) => app.fetch(request));
  return {
    url: server.url,
    backend,
    request: (k) => backend.requests.at(k)!.request,
    [Symbol.asyncDispose]: async () => {
      await server.close();
      if (observer.errors.length > 0) throw new AggregateError(observer.errors, 'the server failed');
    },
  };
}

/** Waits until the model was told to stop every request there was. */
export async function untilStopped({ backend }: Served): Promise<void> {
  const ended = (): boolean =>
    backend.requests.every(({ signal }) => signal.aborted) && backend.returned === backend.requests.length;
  for (let waited = 0; !ended(); waited += 5) {
    if (waited > 10_000) throw new Error('the model was not told to stop');
    await sleep(5);
  }
}

/** Waits until the model has begun a reply. */
export async function untilBegun({ backend }: Served): Promise<void> {
  while (backend.pulled < 3) await sleep(5);
}

/** A thought, and then words until somebody stops it. */
export const endless: Script = async function* () {
  yield start();
  yield think('hm');
  for (;;) {
    yield say('word ');
    await sleep(2);
  }
};

/** As a model's process tells a prompt that does not fit. */
const TOO_LONG = "This model's maximum context length is 4096 tokens. However, the prompt has 5000 tokens.";

/** A reply of an answer only. */
export function saying(...pieces: readonly string[]): GenerationEvent[] {
  return [start(), think('hm'), ...pieces.map((piece) => say(piece)), finish()];
}

/** The text of a chat request's last message. */
function question({ prompt }: GenerationRequest): unknown {
  if (prompt.kind === 'tokens') return null;
  return prompt.kind === 'chat' ? prompt.messages.at(-1)?.content : prompt.text;
}

/** Fails as a model's process does where the question says so. */
export const byQuestion: Script = (request, signal) => {
  switch (question(request)) {
    case 'busy':
      return failing(new GenerationError('queue_full', 'As many requests wait as may.', 7))(request, signal);
    case 'long':
      return failing(new GenerationError('context_length', TOO_LONG))(request, signal);
    case 'endless':
      return endless(request, signal);
    case 'broken':
      return broken();
    default:
      return FOUR;
  }
};

/** Breaks off in the middle. */
function* broken(): Generator<GenerationEvent> {
  yield start();
  yield say('The answer');
  throw new GenerationError('interrupted', 'The model’s process ended.');
}

/** Busy at first: what a client should do is come back after a second. */
export const BUSY_ONCE = [
  failing(new GenerationError('queue_full', 'As many requests wait as may.', 1)),
  FOUR,
];

/** The errors every client should tell apart: what is asked, the status and the words of the server. */
export const REFUSALS = [
  {
    what: 'a wrong key',
    key: 'sk-wrong',
    content: 'hi',
    model: 'r1-tiny',
    status: 401,
    says: 'The API key is not valid.',
  },
  {
    what: 'a full queue',
    key: KEY,
    content: 'busy',
    model: 'r1-tiny',
    status: 429,
    says: 'As many requests wait as may.',
  },
  {
    what: 'a prompt that does not fit',
    key: KEY,
    content: 'long',
    model: 'r1-tiny',
    status: 400,
    says: TOO_LONG,
  },
  {
    what: 'an unknown model',
    key: KEY,
    content: 'hi',
    model: 'r2',
    status: 404,
    says: 'The model "r2" is not served; served are: r1-tiny.',
  },
] as const;

/** What `thinking` answers to calls that come back without the thought that led to them. */
export const MUST_RETURN = 'The `reasoning_content` in the thinking mode must be passed back to the API.';

/** A tool, its call as a model writes it, and the replies of a round trip with it. */
export const WEATHER = {
  name: 'weather',
  description: 'The weather of a city',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
};
export const WEATHER_RESULT = '{"celsius":18}';
export const WEATHER_ROUNDS = [
  [
    start(),
    think('I must look'),
    say('<tool_call>\n{"name": "weather", '),
    say('"arguments": {"city": "Ghent"}}\n</tool_call>'),
    finish(),
  ],
  [start(20, 10), think('18 it is'), say('It is '), say('18 °C.'), finish()],
];

/** What the model is shown before the last reply of the round trip. */
export const weatherMessages = (id: unknown, reasoning: boolean) => [
  { role: 'user', content: 'How warm is it in Ghent?' },
  {
    role: 'assistant',
    content: null,
    tool_calls: [
      {
        id,
        type: 'function',
        function: { name: 'weather', arguments: expect.stringMatching(/^\{"city": ?"Ghent"\}$/) },
      },
    ],
    ...(reasoning ? { reasoning_content: 'I must look' } : {}),
  },
  { role: 'tool', tool_call_id: id, content: WEATHER_RESULT },
];
