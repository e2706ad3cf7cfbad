/**
 * @file Rollout servers without a model, for tests: they speak vLLM's and SGLang's wire, field by field as these document
 * it, and answer by the request's seed alone.
 *
 * Sources: vLLM 0.32 (`entrypoints/openai/completion/protocol.py`, `entrypoints/rl/online/api_router.py`,
 * `entrypoints/serve/dev`), SGLang 0.5.23 (`srt/managers/io_struct.py`, `srt/entrypoints/http_server.py`).
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { Random } from '../../../random.ts';

export const STOP = 7;
const VOCABULARY = 50;

/** What a server that has this seed says: up to `most` tokens, the last of them STOP where it fits. */
export function responseTo(seed: number, most: number): { tokens: number[]; logprobs: number[] } {
  const random = Random.derive(seed, 'fake');
  const length = random.int(1, 12);
  const words = Array.from({ length: length - 1 }, () => random.int(STOP + 1, VOCABULARY - 1));
  const tokens = [...words, STOP].slice(0, most);
  return { tokens, logprobs: tokens.map(() => Math.fround(-random.next())) };
}

/** What one request comes to: an answer, or a server that breaks the connection off (null). */
interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** Stands between a request and its answer: waits, changes it, or breaks off. */
export type Trouble = (path: string, reply: Reply) => Reply | null | Promise<Reply | null>;

const sound: Trouble = (_, reply) => reply;

/** A server on a port of its own. */
export abstract class FakeServer {
  /** Every request, in order. */
  readonly requests: { readonly path: string; readonly body: unknown; readonly key: string | undefined }[] =
    [];
  trouble: Trouble = sound;
  /** Folder of its weights; null as it was started. */
  folder: string | null = null;
  version = 'default';
  #server: http.Server | null = null;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Requests that were sampled. */
  get sampled(): number {
    return this.requests.filter(({ path }) => /generate$|completions$/.test(path)).length;
  }

  /** On the port it had before, where it had one; with the weights it was started with. */
  async start(): Promise<this> {
    this.folder = null;
    this.version = 'default';
    const server = http.createServer((request, response) => void this.#take(request, response));
    this.#server = server;
    await new Promise<void>((resolve) => {
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    return this;
  }

  /** As a process that is killed: all its connections break. */
  kill(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
    this.#server = null;
  }

  async #take(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const path = request.url!;
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    this.requests.push({ path, body, key: request.headers.authorization });
    let reply: Reply;
    try {
      reply = this.answer(request.method!, path, body);
    } catch (error) {
      reply = {
        status: 400,
        body: { error: { message: (error as Error).message, type: 'BadRequestError' } },
      };
    }
    const sent = await this.trouble(path, reply);
    if (sent === null) {
      request.socket.destroy();
      return;
    }
    response.writeHead(sent.status, { 'content-type': 'application/json' });
    response.end(sent.body === undefined ? '' : JSON.stringify(sent.body));
  }

  /** @throws for a body that is none of the server's */
  protected abstract answer(method: string, path: string, body: unknown): Reply;
}

const ok = (body?: unknown): Reply => ({ status: 200, body });
const NOT_FOUND: Reply = { status: 404, body: { detail: 'Not Found' } };

const ids = z.array(z.int().min(0)).min(1);

const completionRequest = z.strictObject({
  model: z.string().optional(),
  prompt: ids,
  n: z.int().min(1),
  temperature: z.number(),
  top_p: z.number(),
  top_k: z.int(),
  min_p: z.number(),
  repetition_penalty: z.number(),
  presence_penalty: z.number(),
  frequency_penalty: z.number(),
  seed: z.int(),
  max_tokens: z.int().min(1),
  stop_token_ids: z.array(z.int()),
  ignore_eos: z.boolean(),
  logprobs: z.int().min(0),
  return_token_ids: z.boolean(),
  stream: z.literal(false),
});

/** As `vllm serve` with VLLM_SERVER_DEV_MODE=1. */
export class FakeVllm extends FakeServer {
  paused = false;
  /** Weights were replaced and what the cache holds of the old ones was not forgotten. */
  stale = false;
  /** Knows the endpoints that tell the version of its weights, as 0.32 does. */
  tellsVersion = true;

  protected answer(method: string, path: string, body: unknown): Reply {
    switch (`${method} ${path}`) {
      case 'GET /health':
        return ok();
      case 'GET /weight_info':
        return this.tellsVersion ? ok({ weight_version: this.version }) : NOT_FOUND;
      case 'POST /pause?mode=wait':
        this.paused = true;
        return ok({ status: 'paused' });
      case 'POST /collective_rpc': {
        const { kwargs } = z
          .strictObject({
            method: z.literal('reload_weights'),
            kwargs: z.strictObject({ weights_path: z.string() }),
          })
          .parse(body);
        if (!this.paused) throw new Error('weights are reloaded under way');
        this.folder = kwargs.weights_path;
        this.stale = true;
        return ok({ results: [null] });
      }
      case 'POST /reset_prefix_cache':
        this.stale = false;
        return ok();
      case 'POST /update_weight_version':
        if (!this.tellsVersion) return NOT_FOUND;
        this.version = z.strictObject({ new_version: z.string() }).parse(body).new_version;
        return ok({ success: true, new_version: this.version });
      case 'POST /resume':
        this.paused = false;
        return ok({ status: 'resumed' });
      case 'POST /v1/completions':
        return ok(this.#complete(completionRequest.parse(body)));
      default:
        return NOT_FOUND;
    }
  }

  #complete({ prompt, seed, max_tokens: most }: z.output<typeof completionRequest>): object {
    if (this.paused || this.stale) throw new Error('asked while it had no whole weights');
    const { tokens, logprobs } = responseTo(seed, most);
    const stopped = tokens.at(-1) === STOP;
    return {
      id: 'cmpl-1',
      object: 'text_completion',
      created: 1_764_600_000,
      model: 'policy',
      choices: [
        {
          index: 0,
          text: tokens.join(' '),
          logprobs: {
            text_offset: tokens.map((_, i) => i),
            token_logprobs: logprobs,
            tokens: tokens.map(String),
            top_logprobs: tokens.map((token, i) => ({ [token]: logprobs[i]! })),
          },
          finish_reason: stopped ? 'stop' : 'length',
          stop_reason: stopped ? STOP : null,
          token_ids: tokens,
          prompt_logprobs: null,
          prompt_token_ids: prompt,
          routed_experts: null,
        },
      ],
      service_tier: null,
      system_fingerprint: null,
      usage: {
        prompt_tokens: prompt.length,
        total_tokens: prompt.length + tokens.length,
        completion_tokens: tokens.length,
        prompt_tokens_details: null,
      },
      kv_transfer_params: null,
    };
  }
}

const generateRequest = z.strictObject({
  input_ids: ids,
  sampling_params: z.strictObject({
    temperature: z.number(),
    top_p: z.number(),
    top_k: z.int(),
    min_p: z.number(),
    repetition_penalty: z.number(),
    max_new_tokens: z.int().min(1),
    stop_token_ids: z.array(z.int()),
    ignore_eos: z.boolean(),
    sampling_seed: z.int(),
  }),
  return_logprob: z.literal(true),
  stream: z.literal(false),
});

/** As `python -m sglang.launch_server`. */
export class FakeSglang extends FakeServer {
  protected answer(method: string, path: string, body: unknown): Reply {
    switch (`${method} ${path}`) {
      case 'GET /health':
        return ok();
      case 'POST /update_weights_from_disk': {
        const asked = z
          .strictObject({ model_path: z.string(), weight_version: z.string(), flush_cache: z.literal(true) })
          .parse(body);
        this.folder = asked.model_path;
        this.version = asked.weight_version;
        const message = `Succeeded to update model weights. Weight version updated to ${this.version}.`;
        return ok({ success: true, message, num_paused_requests: 0 });
      }
      case 'POST /generate':
        return ok(this.#generate(generateRequest.parse(body)));
      default:
        return NOT_FOUND;
    }
  }

  #generate({ input_ids, sampling_params: asked }: z.output<typeof generateRequest>): object {
    // `_check_token_based_finish` in srt/managers/schedule_batch.py: no token ends a response then.
    if (asked.ignore_eos) throw new Error('a response without an end');
    const { tokens, logprobs } = responseTo(asked.sampling_seed, asked.max_new_tokens);
    const stopped = tokens.at(-1) === STOP;
    return {
      text: tokens.join(' '),
      output_ids: tokens,
      meta_info: {
        id: '1',
        finish_reason: stopped ? { type: 'stop', matched: STOP } : { type: 'length', length: tokens.length },
        prompt_tokens: input_ids.length,
        weight_version: this.version,
        input_token_logprobs: [],
        output_token_logprobs: tokens.map((token, i) => [logprobs[i]!, token, null]),
        completion_tokens: tokens.length,
        cached_tokens: 0,
        e2e_latency: 0.1,
      },
    };
  }
}
