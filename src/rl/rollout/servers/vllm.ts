/**
 * @file vLLM's API: `/v1/completions` with token ids in and out, and the endpoints of its development mode
 * (VLLM_SERVER_DEV_MODE=1) for new weights: pause, reload from a folder, forget the cache, resume.
 *
 * Its own default sampling settings come from the checkpoint's generation_config.json, so every setting is sent.
 */
import type { Json } from '../../../records.ts';
import { EndpointError, type Host, requestJson } from '../../../remote/index.ts';
import { nonsense } from './answer.ts';
import type { SequenceAnswer, SequenceRequest, Weights, Wire } from './wire.ts';

/** Seeds are int64 there; 31 bits keep clear of every sign. */
const MAX_SEED = 2 ** 31 - 1;

export class VllmWire implements Wire {
  readonly #host: Host;
  readonly #model: string | undefined;
  /** false where the server is older than the endpoints that tell the version of its weights. */
  #tellsVersion = true;

  /** @param model - its name in requests; the only one served unless given */
  constructor(host: Host, model: string | undefined) {
    this.#host = host;
    this.#model = model;
  }

  async health(signal: AbortSignal, timeoutMs: number): Promise<string | null> {
    await requestJson(this.#host, { method: 'GET', path: '/health', signal, timeoutMs });
    return this.#version(signal, timeoutMs);
  }

  async #version(signal: AbortSignal, timeoutMs: number): Promise<string | null> {
    const info = await this.#optional('GET', '/weight_info', undefined, signal, timeoutMs);
    const version = (info as { readonly weight_version?: unknown } | null)?.weight_version;
    return typeof version === 'string' ? version : null;
  }

  async sample(request: SequenceRequest, signal: AbortSignal, timeoutMs: number): Promise<SequenceAnswer> {
    const { prompt, temperature, topP, topK, maxTokens, stopTokens, random } = request;
    const body = {
      ...(this.#model !== undefined && { model: this.#model }),
      prompt: Array.from(prompt),
      n: 1,
      temperature,
      top_p: topP,
      top_k: topK,
      min_p: 0,
      repetition_penalty: 1,
      presence_penalty: 0,
      frequency_penalty: 0,
      seed: random().int(0, MAX_SEED),
      max_tokens: maxTokens,
      stop_token_ids: [...stopTokens],
      ignore_eos: true,
      logprobs: 0,
      return_token_ids: true,
      stream: false,
    };
    return read(this.#host, prompt, await this.#post('/v1/completions', body, signal, timeoutMs));
  }

  async update({ folder, version }: Weights, signal: AbortSignal, timeoutMs: number): Promise<void> {
    const post = (path: string, body?: Json) => this.#post(path, body, signal, timeoutMs);
    await post('/pause?mode=wait');
    await post('/collective_rpc', { method: 'reload_weights', kwargs: { weights_path: folder } });
    await post('/reset_prefix_cache');
    await this.#optional('POST', '/update_weight_version', { new_version: version }, signal, timeoutMs);
    await post('/resume');
  }

  #post(path: string, body: Json | undefined, signal: AbortSignal, timeoutMs: number): Promise<unknown> {
    return requestJson(this.#host, {
      method: 'POST',
      path,
      ...(body !== undefined && { body }),
      signal,
      timeoutMs,
    });
  }

  /** Asks what older servers do not know; null there. */
  async #optional(
    method: 'GET' | 'POST',
    path: string,
    body: Json | undefined,
    signal: AbortSignal,
    timeoutMs: number,
  ): Promise<unknown> {
    if (!this.#tellsVersion) return null;
    try {
      return await requestJson(this.#host, {
        method,
        path,
        ...(body !== undefined && { body }),
        signal,
        timeoutMs,
      });
    } catch (error) {
      if (!(error instanceof EndpointError) || error.status !== 404) throw error;
      this.#tellsVersion = false;
      return null;
    }
  }
}

/** The part of a completion that is read. Anything may be missing. */
interface Reply {
  readonly choices?: readonly {
    readonly finish_reason?: unknown;
    readonly token_ids?: unknown;
    readonly prompt_token_ids?: unknown;
    readonly logprobs?: { readonly token_logprobs?: unknown } | null;
  }[];
}

function read(host: Host, prompt: Int32Array, body: unknown): SequenceAnswer {
  const choices = (body as Reply)?.choices;
  const choice = Array.isArray(choices) ? choices[0] : undefined;
  const { finish_reason: finish, token_ids: tokens, prompt_token_ids: asked, logprobs } = choice ?? {};
  if (finish !== 'stop' && finish !== 'length') {
    throw nonsense(host, `a response that ended by "${String(finish)}"`);
  }
  if (!Array.isArray(tokens))
    throw nonsense(host, 'a response without token_ids: vLLM 0.10.2 is needed, or newer');
  const rows = logprobs?.token_logprobs;
  if (!Array.isArray(rows)) throw nonsense(host, 'a response without logprobs.token_logprobs');
  if (Array.isArray(asked) && (asked.length !== prompt.length || !prompt.every((id, i) => id === asked[i]))) {
    throw nonsense(host, 'a response to another prompt than was asked');
  }
  return { tokens, logprobs: rows, finish, version: null };
}
