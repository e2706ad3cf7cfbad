/**
 * @file A server of the chat page whose replies a test writes: the wire form of DeepSeek's API, and the page's files
 * with the very headers the real server gives them.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import type { Variables } from '../../../src/serving/http/context.ts';
import { readPage, servePage } from '../../../src/serving/http/page-files.ts';

/** One chunk: a piece of the thought or of the answer, how it ends, the usage, or text put on the wire as it is. */
export interface Chunk {
  readonly thought?: string;
  readonly answer?: string;
  readonly finish?: string;
  readonly usage?: { readonly completion_tokens: number; readonly reasoning_tokens: number };
  readonly raw?: string;
}

export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly retryAfter?: number;
}

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
  readonly reasoning_content?: string;
}

/** A request to `/v1/chat/completions`. */
export interface Asked {
  readonly model: string;
  readonly question: string;
  readonly messages: readonly ChatMessage[];
  readonly body: { readonly [field: string]: unknown };
  readonly authorization: string | undefined;
  /** Whether the client left before the reply was complete. */
  aborted: boolean;
}

/** Refuses, or replies in chunks; ends the connection without `[DONE]` where the chunks throw. */
export type Script = (asked: Asked) => Refusal | AsyncIterable<Chunk> | Iterable<Chunk>;

export class ScriptedServer {
  readonly asked: Asked[] = [];
  /** Every path asked for. */
  readonly paths: string[] = [];
  models: string[] = ['r1'];
  /** Example questions of every model. */
  examples: string[] = ['What is 2 + 2?'];
  era = 'open';
  /** Where set, the models and replies need it. */
  key: string | null = null;
  script: Script;
  readonly #server: Server;

  private constructor(pageDir: string, script: Script) {
    this.script = script;
    const files = readPage(pageDir);
    const app = new Hono<{ Variables: Variables }>();
    app.get('/*', (c) => servePage(c, files) ?? c.notFound());
    const page = getRequestListener(app.fetch);
    this.#server = createServer((request, response) => {
      void this.#answer(request, response, () => page(request, response));
    });
  }

  static async start(pageDir: string, script: Script): Promise<ScriptedServer> {
    const server = new ScriptedServer(pageDir, script);
    await new Promise<void>((resolve) => {
      server.#server.listen(0, '127.0.0.1', resolve);
    });
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends the connections too: to the page the network is lost. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => {
      this.#server.close(resolve);
    });
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse, page: () => unknown): Promise<void> {
    const path = request.url ?? '';
    this.paths.push(path);
    if (path === '/server.json') {
      send(response, 200, { name: 'aha', version: '0.0.0', era: this.era, keyRequired: this.key !== null });
    } else if (!path.startsWith('/v1/')) {
      await page();
    } else if (this.key !== null && request.headers.authorization !== `Bearer ${this.key}`) {
      refuse(response, { status: 401, message: 'The API key is missing or wrong.' });
    } else if (path === '/v1/models') {
      const data = this.models.map((id) => ({
        id,
        object: 'model',
        created: 0,
        owned_by: 'aha',
        context_length: 4096,
        examples: this.examples,
      }));
      send(response, 200, { object: 'list', data });
    } else {
      await this.#chat(request, response);
    }
  }

  async #chat(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await json(request)) as {
      readonly model: string;
      readonly messages: readonly ChatMessage[];
    };
    const { authorization } = request.headers;
    const { messages, model } = body;
    const question = messages.at(-1)!.content;
    const asked: Asked = { model, question, messages, body: { ...body }, authorization, aborted: false };
    this.asked.push(asked);
    response.on('close', () => {
      asked.aborted = !response.writableFinished;
    });
    const scripted = this.script(asked);
    if ('status' in scripted) refuse(response, scripted);
    else await stream(response, model, scripted, asked);
  }
}

async function stream(
  response: ServerResponse,
  model: string,
  chunks: AsyncIterable<Chunk> | Iterable<Chunk>,
  asked: Asked,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  response.write(wireChunk(model, { role: 'assistant', content: null, reasoning_content: '' }, {}));
  try {
    for await (const chunk of chunks) {
      if (asked.aborted) return;
      response.write(chunk.raw ?? wireChunk(model, delta(chunk), chunk));
    }
    response.end('data: [DONE]\n\n');
  } catch {
    response.destroy();
  }
}

function delta({ answer, finish, thought }: Chunk): object {
  if (thought !== undefined) return { content: null, reasoning_content: thought };
  return { content: answer ?? (finish === undefined ? null : ''), reasoning_content: null };
}

function wireChunk(model: string, piece: object, { finish, usage }: Chunk): string {
  const chunk = {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 0,
    model,
    choices: [{ index: 0, delta: piece, logprobs: null, finish_reason: finish ?? null }],
    usage:
      usage === undefined
        ? null
        : {
            prompt_tokens: 9,
            completion_tokens: usage.completion_tokens,
            total_tokens: 9 + usage.completion_tokens,
            completion_tokens_details: { reasoning_tokens: usage.reasoning_tokens },
          },
  };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

function refuse(response: ServerResponse, { message, retryAfter, status }: Refusal): void {
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter));
  send(response, status, { error: { message, type: 'error', param: null, code: 'error' } });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** Thinks and answers at once, a word a chunk, with usage. */
export function* reply(thought: string, answer: string): Generator<Chunk> {
  const thoughts = thought.match(/\S+\s*/g) ?? [];
  const answers = answer.match(/\s*\S+\s*/g) ?? [];
  for (const piece of thoughts) yield { thought: piece };
  for (const piece of answers) yield { answer: piece };
  const usage = { completion_tokens: thoughts.length + answers.length, reasoning_tokens: thoughts.length };
  yield { finish: 'stop', usage };
}
