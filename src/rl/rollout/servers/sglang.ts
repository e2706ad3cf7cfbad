/**
 * @file SGLang's native API (docs.sglang.io: native API, SGLang for RL systems), which `aha serve` speaks too.
 *
 * Log-probabilities are those at the sampling temperature, before top-k and top-p, unless the server runs with
 * SGLANG_RETURN_ORIGINAL_LOGPROB. A seed counts with --enable-deterministic-inference alone. `aha serve` takes the state of
 * the random stream instead, and so draws the very tokens that this process would.
 */
import type { Json } from '../../../records.ts';
import { type Host, requestJson } from '../../../remote/index.ts';
import { nonsense } from './answer.ts';
import type { SequenceAnswer, SequenceRequest, Weights, Wire } from './wire.ts';

/** Seeds are int64 there; 31 bits keep clear of every sign. */
const MAX_SEED = 2 ** 31 - 1;

export class SglangWire implements Wire {
  readonly #host: Host;
  readonly #isAha: boolean;

  constructor(host: Host, kind: 'sglang' | 'aha') {
    this.#host = host;
    this.#isAha = kind === 'aha';
  }

  /** Each response tells its version. */
  async health(signal: AbortSignal, timeoutMs: number): Promise<null> {
    await requestJson(this.#host, { method: 'GET', path: '/health', signal, timeoutMs });
    return null;
  }

  async sample(request: SequenceRequest, signal: AbortSignal, timeoutMs: number): Promise<SequenceAnswer> {
    const { prompt, temperature, topP, topK, maxTokens, stopTokens, random } = request;
    const stream = random();
    const body = {
      input_ids: Array.from(prompt),
      sampling_params: {
        temperature,
        top_p: topP,
        top_k: topK === 0 ? -1 : topK,
        max_new_tokens: maxTokens,
        stop_token_ids: [...stopTokens],
        ...(this.#isAha
          ? { ignore_eos: true, random_state: stream.state() }
          : {
              // With ignore_eos SGLang would pass over stop_token_ids too: every response would be as long as allowed.
              ignore_eos: false,
              min_p: 0,
              repetition_penalty: 1,
              sampling_seed: stream.int(0, MAX_SEED),
            }),
      },
      return_logprob: true,
      stream: false,
    };
    return read(this.#host, await this.#post('/generate', body, signal, timeoutMs));
  }

  async update({ folder, version }: Weights, signal: AbortSignal, timeoutMs: number): Promise<void> {
    const body = { model_path: folder, weight_version: version, flush_cache: true };
    const answer = await this.#post('/update_weights_from_disk', body, signal, timeoutMs);
    const { success, message } = (answer ?? {}) as { success?: unknown; message?: unknown };
    if (success !== true) throw nonsense(this.#host, `the weights were not updated (${String(message)})`);
  }

  #post(path: string, body: Json, signal: AbortSignal, timeoutMs: number): Promise<unknown> {
    return requestJson(this.#host, { method: 'POST', path, body, signal, timeoutMs });
  }
}

/** The part of a reply of `/generate` that is read. Anything may be missing. */
interface Reply {
  readonly meta_info?: {
    readonly finish_reason?: { readonly type?: unknown; readonly message?: unknown } | null;
    readonly output_token_logprobs?: unknown;
    readonly weight_version?: unknown;
  };
}

function read(host: Host, body: unknown): SequenceAnswer {
  const {
    finish_reason: reason,
    output_token_logprobs: rows,
    weight_version,
  } = (body as Reply)?.meta_info ?? {};
  const type = reason?.type;
  if (type !== 'stop' && type !== 'length') {
    throw nonsense(host, `a response that ended by ${JSON.stringify(reason ?? null)}`);
  }
  if (!Array.isArray(rows) || !rows.every(Array.isArray)) {
    throw nonsense(host, 'a response without output_token_logprobs');
  }
  return {
    // [log-probability, token id, text]: the ids as they were sampled, the one that ended the response included.
    tokens: rows.map((row) => row[1] as unknown),
    logprobs: rows.map((row) => row[0] as unknown),
    finish: type,
    version: typeof weight_version === 'string' ? weight_version : null,
  };
}
