/**
 * @file The client of OpenAI-compatible chat endpoints (vLLM, SGLang, DeepSeek, Ollama, `aha serve`) for everything that
 * samples from a remote model: evaluation, judge, rejection sampling, cold-start writer.
 *
 * Requests are streamed unless asked otherwise: a long thought without streaming is minutes of silence, which proxies,
 * and fetch itself after 300 s, take for a dead connection. Leaves out tools and log-probabilities.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '../records.ts';
import { cleanUrl, keyFrom, priceFor } from './address.ts';
import { Budget, type Limit, type Spent } from './budget.ts';
import { ReplyCache } from './cache.ts';
import { EndpointError } from './endpoint-error.ts';
import { messageIn } from './error-message.ts';
import { lost, notAnEndpoint } from './failures.ts';
import { brokenOff } from './finish.ts';
import { objectOf } from './loose.ts';
import { PRICES, type Prices, type Usage } from './prices.ts';
import { RefusedSettings } from './refused-settings.ts';
import { type ChatReply, readReply } from './reply.ts';
import { pauseBefore } from './retry.ts';
import { Slots } from './slots.ts';
import { type Connection, post } from './transport.ts';

/** Settings of an endpoint. */
export interface EndpointOptions {
  /** Such as `http://localhost:8000/v1`. */
  readonly baseUrl: string;
  /** The model's name in requests. */
  readonly model: string;
  /** Name of the environment variable that holds the key; none is sent without it. */
  readonly apiKeyEnv?: string | undefined;
  /** Requests in flight at once (default 8). */
  readonly concurrency?: number;
  /** Attempts after the first (default 8). */
  readonly retries?: number;
  /** First pause between attempts in milliseconds, doubled each time (default 1,000). */
  readonly backoffMs?: number;
  /** Longest that `Retry-After` is obeyed, in milliseconds (default 10 minutes); beyond it the request fails. */
  readonly longestWaitMs?: number;
  /** For one attempt as a whole (default 60 minutes). */
  readonly timeoutMs?: number;
  /** Without a byte arriving (default 5 minutes, which is fetch's own limit too). */
  readonly idleTimeoutMs?: number;
  readonly limit?: Limit | null;
  readonly prices?: Prices;
  /** Directory for replies that may be used again. */
  readonly cacheDir?: string;
  /** Default true. */
  readonly stream?: boolean;
  /** Told once of each thing that a user should know, such as a setting that the endpoint does not take. */
  readonly warn?: Warn;
  readonly env?: NodeJS.ProcessEnv;
}

/** A warning in plain words; `id` names what it is about. */
export type Warn = (id: string, text: string) => void;

/** A message of a conversation. */
export interface RemoteMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** A request. What is left out is not sent, so the endpoint's default holds. */
export interface ChatRequest {
  readonly messages: readonly RemoteMessage[];
  readonly temperature?: number;
  readonly topP?: number;
  /** Longest reply, thinking included (an endpoint may count the answer only). */
  readonly maxTokens?: number;
  readonly n?: number;
  readonly seed?: number;
  readonly stop?: string | readonly string[];
  readonly responseFormat?: Json;
  /** Further fields of the body, such as vLLM's `chat_template_kwargs`. */
  readonly extra?: { readonly [field: string]: Json };
  readonly signal?: AbortSignal;
}

/** A remote model. */
export interface Endpoint {
  readonly baseUrl: string;
  readonly model: string;
  readonly concurrency: number;
  /** What the requests so far took. */
  readonly spent: Spent;
  /**
   * Asks for a reply.
   * @throws EndpointError when the endpoint refuses or attempts run out; SpendLimitReached before a request that might
   *   pass the limit
   */
  chat(request: ChatRequest): Promise<ChatReply>;
}

const MINUTE_MS = 60_000;
/** Tokens a reply may take that has no limit of its own. */
const UNLIMITED_REPLY = 32_768;
/** Tokens that a chat template adds to a message, at most. */
const TEMPLATE_TOKENS = 32;
/** Retries where no connection was made and none has been before: the address may be wrong. */
const RETRIES_OF_THE_UNKNOWN = 2;

/** Failed attempts of one request before the reason is told. */
const ATTEMPTS_UNTOLD = 3;

/**
 * A client for one model of one endpoint.
 * @throws UsageError for an address that is none, a variable without a key, a limit in dollars without a price
 */
export function createEndpoint(options: EndpointOptions): Endpoint {
  return new HttpEndpoint(options);
}

class HttpEndpoint implements Endpoint {
  readonly model: string;
  readonly concurrency: number;
  readonly #connection: Connection;
  readonly #slots: Slots;
  readonly #budget: Budget;
  readonly #cache: ReplyCache | null;
  readonly #retries: number;
  readonly #backoffMs: number;
  readonly #longestWaitMs: number;
  readonly #streaming: Body;
  readonly #refused: RefusedSettings;
  readonly #warn: Warn;
  #answered = false;
  #filtered = false;
  #troubled = false;

  constructor(options: EndpointOptions) {
    const { model, apiKeyEnv, concurrency = 8, limit = null } = options;
    this.model = model;
    this.concurrency = concurrency;
    this.#connection = {
      baseUrl: cleanUrl(options.baseUrl),
      model,
      apiKey: keyFrom(apiKeyEnv, options.env ?? process.env),
      keyEnv: apiKeyEnv,
      timeoutMs: options.timeoutMs ?? 60 * MINUTE_MS,
      idleTimeoutMs: options.idleTimeoutMs ?? 5 * MINUTE_MS,
    };
    this.#slots = new Slots(concurrency);
    this.#budget = new Budget(limit, priceFor(model, limit, options.prices ?? PRICES));
    this.#cache = options.cacheDir === undefined ? null : new ReplyCache(options.cacheDir);
    this.#retries = options.retries ?? 8;
    this.#backoffMs = options.backoffMs ?? 1000;
    this.#longestWaitMs = options.longestWaitMs ?? 10 * MINUTE_MS;
    this.#streaming =
      options.stream === false ? {} : { stream: true, stream_options: { include_usage: true } };
    const { warn = (_, text) => process.emitWarning(text) } = options;
    this.#warn = (id, text) =>
      warn(`endpoint ${this.baseUrl} ${model} ${id}`, `${model} at ${this.baseUrl}: ${text}`);
    this.#refused = new RefusedSettings(this.#warn);
  }

  get baseUrl(): string {
    return this.#connection.baseUrl;
  }

  get spent(): Spent {
    return this.#budget.spent;
  }

  async chat(request: ChatRequest): Promise<ChatReply> {
    const body = bodyOf(this.model, request);
    const promptBytes = Buffer.byteLength(JSON.stringify(request.messages));
    const key = { baseUrl: this.baseUrl, ...body };
    const kept = await this.#cache?.get(key);
    const cached = kept === undefined ? null : readReply(kept, promptBytes);
    if (cached !== null) return cached;
    const reply = await this.#slots.run(() => this.#ask(body, promptBytes, request));
    await this.#cache?.set(key, reply.raw);
    return reply;
  }

  /** Attempts until one succeeds or the attempts run out. */
  async #ask(body: Body, promptBytes: number, request: ChatRequest): Promise<ChatReply> {
    const { signal, n = 1, maxTokens = UNLIMITED_REPLY, messages } = request;
    const worst = worstCase(promptBytes + TEMPLATE_TOKENS * (messages.length + 1), n * maxTokens);
    for (let attempt = 0; ; ) {
      signal?.throwIfAborted();
      const sent = this.#refused.apply({ ...body, ...this.#streaming });
      try {
        return await this.#attempt(sent, promptBytes, worst, signal);
      } catch (error) {
        if (!(error instanceof EndpointError)) throw error;
        if (error.kind === 'refused' && error.filtered) return this.#heldBack(promptBytes);
        // Every such round takes a setting away: there are few.
        if (this.#refused.learn(error.settings, sent)) continue;
        const pause = this.#pauseAfter(error, attempt++);
        if (pause === null) throw error;
        if (attempt === ATTEMPTS_UNTOLD) this.#tellTrouble(error);
        await sleep(pause, undefined, { signal });
      }
    }
  }

  async #attempt(
    body: Body,
    promptBytes: number,
    worst: Usage,
    signal: AbortSignal | undefined,
  ): Promise<ChatReply> {
    const reservation = await this.#budget.reserve(worst);
    let reply: ChatReply | null;
    try {
      const answer = await post(this.#connection, '/chat/completions', body, signal);
      reply = readReply(answer, promptBytes);
      if (reply === null) throw notACompletion(this.#connection, answer);
    } catch (error) {
      const isSent = !(error instanceof EndpointError) || error.kind === 'lost';
      if (isSent) reservation.lose();
      else reservation.release();
      throw error;
    }
    this.#answered = true;
    reservation.settle(reply.usage);
    const why = brokenOff(reply.raw);
    if (why !== null) throw lost(this.#connection, `the endpoint broke a reply off (${why})`);
    return reply;
  }

  /** Says once why nothing comes: all attempts can take many minutes. */
  #tellTrouble({ message }: EndpointError): void {
    const [why = ''] = message.split('\n');
    if (!this.#troubled)
      this.#warn('attempts', `asked again and again: ${why.replace(`${this.baseUrl}: `, '')}`);
    this.#troubled = true;
  }

  /** A prompt that the endpoint's content filter refused has an empty reply: the others are to be asked all the same. */
  #heldBack(promptBytes: number): ChatReply {
    if (!this.#filtered) {
      const why = 'the content filter refused a prompt; such prompts have no answer and count as wrong';
      this.#warn('content filter', why);
    }
    this.#filtered = true;
    return readReply(HELD_BACK, promptBytes)!;
  }

  /** Milliseconds until the next attempt, or null when there is none. */
  #pauseAfter(error: EndpointError, attempt: number): number | null {
    const isMisaddressed = error.kind === 'unreachable' && !this.#answered;
    const retries = isMisaddressed ? Math.min(this.#retries, RETRIES_OF_THE_UNKNOWN) : this.#retries;
    if (error.kind === 'refused' || attempt >= retries) return null;
    const asked = error.retryAfterMs ?? 0;
    return asked > this.#longestWaitMs ? null : Math.max(asked, pauseBefore(attempt, this.#backoffMs));
  }
}

type Body = { readonly [field: string]: Json };

/** The body for a prompt that the content filter refused. */
const HELD_BACK: Json = {
  choices: [{ index: 0, message: { role: 'assistant', content: null }, finish_reason: 'content_filter' }],
  usage: { prompt_tokens: 0, completion_tokens: 0 },
};

/** What a reply may take: the prompt's bytes bound its tokens. */
function worstCase(promptTokens: number, completionTokens: number): Usage {
  return { promptTokens, cachedTokens: 0, completionTokens, reasoningTokens: null, estimated: true };
}

function bodyOf(model: string, request: ChatRequest): Body {
  const { messages, temperature, topP, maxTokens, n, seed, stop, responseFormat, extra } = request;
  const fields = {
    model,
    messages: messages.map(({ role, content }) => ({ role, content })),
    temperature,
    top_p: topP,
    max_tokens: maxTokens,
    n,
    seed,
    stop,
    response_format: responseFormat,
    ...extra,
  };
  return Object.fromEntries(Object.entries(fields).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])));
}

/** JSON without a reply: of an endpoint that gave none (`choices` is empty), or of another API. */
function notACompletion(to: Connection, answer: unknown): EndpointError {
  if (Array.isArray(objectOf(answer).choices)) return lost(to, 'a reply without choices');
  const message = messageIn(answer);
  return notAnEndpoint(to, `the reply is no chat completion${message === null ? '' : `: ${message}`}`);
}
