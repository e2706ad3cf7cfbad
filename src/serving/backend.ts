/**
 * @file Interface of a backend, between HTTP or terminal and the models: a request in, events out.
 *
 * Everything here is plain data: the two sides may live in different processes. Budgets and constraints are kept by the
 * model's process, token by token; thinking and answer are told apart, and stop strings found, where its tokens arrive.
 */
import type { EngineStats } from '../inference/engine/index.ts';
import type { Json } from '../records.ts';
import type { ChatMessage, ToolCallSyntax } from '../text/index.ts';

/** What is put before the model. */
export type GenerationPrompt =
  | {
      readonly kind: 'chat';
      readonly messages: readonly ChatMessage[];
      /** JSON schemas of functions, in the form of OpenAI's `tools`. */
      readonly tools?: readonly Json[];
      /** The tools as JSON text, where that spells numbers otherwise than JavaScript: 1.0. For the chat template. */
      readonly toolsText?: string;
      /** The last message is the assistant's and is to be gone on with. */
      readonly continueLast?: boolean;
      /** false closes the thought before it begins; left out, the model's template decides. */
      readonly thinking?: boolean;
      /** Further variables for the chat template, such as `reasoning_effort`. */
      readonly variables?: { readonly [name: string]: Json };
    }
  | {
      readonly kind: 'text';
      readonly text: string;
      /** Read control tokens in the text as such; left out, they are letters. */
      readonly controlTokens?: boolean;
    }
  | {
      /** Token ids as they are: nothing is added, such as a token that begins every text. */
      readonly kind: 'tokens';
      readonly ids: readonly number[];
    };

/** How tokens are drawn. */
export interface SamplingSettings {
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
  /** 0 keeps all. */
  readonly topK: number;
  /** Taken off the logit of every token the reply holds already (OpenAI's definition). */
  readonly presencePenalty: number;
  /** Taken off once for each time the reply holds the token. */
  readonly frequencyPenalty: number;
  /** Token id to what is added to its logit. */
  readonly logitBias: { readonly [token: string]: number };
  /** Same seed, same reply on the same machine as far as numerics allow; drawn by the server when null. */
  readonly seed: number | bigint | null;
}

/** What is sampled with where nobody says otherwise. */
export type SamplingDefaults = Pick<SamplingSettings, 'temperature' | 'topP' | 'topK'>;

/** Temperature and top-p DeepSeek recommends for R1 and evaluates it with (README of DeepSeek-R1, paper section 4). */
export const RECOMMENDED: SamplingDefaults = { temperature: 0.6, topP: 0.95, topK: 0 };

/** How long a reply may get; null means no bound but the context. */
export interface LengthLimits {
  /** Thinking and answer together; 0 reads the prompt and says nothing. */
  readonly maxTokens: number | null;
  /** What follows the thought. */
  readonly maxAnswerTokens: number | null;
  /** The thought is closed for the model after as many tokens, and it answers. */
  readonly maxThinkingTokens: number | null;
}

/** What the answer must be. The thought before it stays free. */
export type AnswerFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | { readonly type: 'json_schema'; readonly schema: Json }
  /** A call of one of the prompt's tools: of `name`, or of any. */
  | { readonly type: 'tool_call'; readonly name: string | null };

export interface GenerationRequest {
  readonly prompt: GenerationPrompt;
  /** Replies to the one prompt. */
  readonly n: number;
  readonly sampling: SamplingSettings;
  readonly limits: LengthLimits;
  /** Strings that end the answer; not shown. */
  readonly stop: readonly string[];
  /** Alternatives to report for each token; null reports no log-probabilities. */
  readonly topLogprobs: number | null;
  /** Tells the prompt too, a text or tokens: as text and, where log-probabilities are reported, token by token. */
  readonly echo?: boolean;
  readonly format: AnswerFormat;
  /** Asks for the tokens of the reply as a trainer needs them, told with its finish; its text has no events then. */
  readonly rollout?: RolloutRequest;
}

/** What a trainer asks beside the sampling settings. */
export interface RolloutRequest {
  /** Tokens that end the reply and belong to it. */
  readonly stopTokens: readonly number[];
  /** The tokenizer's end tokens do so too. */
  readonly endTokens: boolean;
  /** State of the random stream that the reply draws from (`Random.state()`); null takes the seed. */
  readonly random: Json;
}

/** A reply as a trainer needs it. */
export interface RolloutReply {
  readonly tokens: readonly number[];
  /** Of each token, log π at the sampling temperature (1 for greedy), before top-k and top-p. */
  readonly logprobs: readonly number[];
  /** Special tokens left out. */
  readonly text: string;
  /** Of the weights that sampled it, see `Backend.updateWeights`. */
  readonly weightVersion: string;
}

/** One token and how probable the model held it, before temperature, penalties and constraints. */
export interface TokenLogprob {
  /** Its text; U+FFFD for bytes that are no character by themselves. */
  readonly token: string;
  /** Natural logarithm. */
  readonly logprob: number;
  readonly bytes: readonly number[] | null;
  /** Where it begins in the text of the prompt or of the whole reply: characters before it. */
  readonly offset: number;
  readonly top: readonly {
    readonly token: string;
    readonly logprob: number;
    readonly bytes: readonly number[] | null;
  }[];
}

/** A token of a prompt, as probable as the model held it after those before it; the first has nothing before it. */
export interface PromptToken extends Omit<TokenLogprob, 'logprob'> {
  readonly logprob: number | null;
}

export type StopReason = 'stop' | 'length';

/**
 * What happens to a request, in order: one `start`, the prompt where it is to be echoed, then deltas, then one `finish`
 * for each reply.
 */
export type GenerationEvent =
  | {
      readonly type: 'start';
      readonly promptTokens: number;
      /** Of these, read from the prefix cache. */
      readonly cachedTokens: number;
    }
  | {
      readonly type: 'prompt';
      /** The first of the replies to this prompt. */
      readonly index: number;
      /** All of its text in the first of these events, nothing in those after it. */
      readonly text: string;
      /** The next of its tokens. */
      readonly tokens: readonly PromptToken[];
    }
  | {
      readonly type: 'delta';
      /** Which of the n replies. */
      readonly index: number;
      /** New text of the thought and of the answer; either may be empty, both where only tokens were counted. */
      readonly reasoning: string;
      readonly content: string;
      /** Deltas that were ready together and have become this one; 1 where left out. */
      readonly merged?: number;
      readonly reasoningLogprobs?: readonly TokenLogprob[];
      readonly contentLogprobs?: readonly TokenLogprob[];
    }
  | {
      readonly type: 'finish';
      readonly index: number;
      readonly reason: StopReason;
      /** The stop string that ended it, where one did. */
      readonly stopString?: string;
      /** Tokens of the thought, its tags included. */
      readonly reasoningTokens: number;
      /** All tokens of the reply, those of the thought included. */
      readonly completionTokens: number;
      /** Whether the reply held a thought at all. */
      readonly thought: boolean;
      /** Where the request asked for it. */
      readonly rollout?: RolloutReply;
    };

/** Why a request was not taken or broke off. */
export type GenerationFailure =
  /** No model of that name. */
  | 'unknown_model'
  /** The prompt does not fit the context. */
  | 'context_length'
  /** The model, its template or its vocabulary cannot do what is asked. */
  | 'invalid'
  /** As many requests wait as may. */
  | 'queue_full'
  /** The server is shutting down, or the model's process is not there. */
  | 'unavailable'
  /** The model's process ended in the middle of a reply. */
  | 'interrupted'
  /** The reader took nothing for too long. */
  | 'stalled'
  | 'internal';

/** A failure that may be shown to a client: its message holds no path and no stack. */
export class GenerationError extends Error {
  override readonly name = 'GenerationError';
  readonly kind: GenerationFailure;
  /** Seconds after which to try again, where that helps. */
  readonly retryAfter: number | null;

  /** @param cause - for the log only */
  constructor(
    kind: GenerationFailure,
    message: string,
    retryAfter: number | null = null,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options);
    this.kind = kind;
    this.retryAfter = retryAfter;
  }
}

/** A model that is served. */
export interface ModelInfo {
  /** The name requests use. */
  readonly id: string;
  /** Seconds since 1970 at which the checkpoint was written. */
  readonly created: number;
  /** Longest prompt and reply together, in tokens. */
  readonly context: number;
  /** Token ids it knows: 0 up to this, not included. */
  readonly vocabSize: number;
  readonly parameters: number;
  readonly architecture: string;
  readonly dtype: string;
  readonly device: string;
  /** Of requests that do not say: the server's options, else the checkpoint's, else RECOMMENDED. */
  readonly sampling: SamplingDefaults;
  /** How the model calls tools; null where its template knows none. */
  readonly toolSyntax: ToolCallSyntax | null;
  /** Questions that fit the model, for pages to begin with. */
  readonly examples: readonly string[];
  /** CUDA graphs of decoding steps, recorded before the first request. */
  readonly graphs: number;
  /** Replies that may be under way or wait at once: more than these are never taken. */
  readonly maxReplies: number;
  readonly state: 'starting' | 'ready' | 'restarting';
}

/** Figures of one model, for metrics. Counters only grow, gauges are of now. */
export interface ModelStats extends EngineStats {
  readonly model: string;
  readonly restarts: number;
  /** Bytes the model's process holds. */
  readonly residentBytes: number;
}

/** The models behind a server. */
export interface Backend {
  /** The first is the default. */
  models(): readonly ModelInfo[];
  stats(): readonly ModelStats[];
  /**
   * Starts a request. Events are made only as fast as they are taken: what is not pulled holds the reply up. Ending the
   * iteration early (`return`) or aborting the signal stops the model within a token.
   *
   * @param model - an id of `models()`
   * @throws GenerationError before the first event where the request is refused, or from the iteration later
   */
  generate(
    model: string,
    request: GenerationRequest,
    signal: AbortSignal,
  ): Promise<AsyncIterableIterator<GenerationEvent>>;
  /**
   * Replaces a model's weights by those of a checkpoint of the same shape. Requests under way end with the old weights;
   * those that come later wait and are answered with the new ones.
   *
   * @param version - told with each rollout from then on; a model that was (re)started has the version `default`
   * @throws GenerationError `invalid` where the checkpoint cannot be read or does not fit: the model is as before;
   *   `unavailable` where the model is away
   */
  updateWeights(model: string, checkpoint: string, version: string): Promise<void>;
  /** Takes no more requests and resolves when those taken have ended. */
  drain(): Promise<void>;
  /** Ends at once. */
  close(): Promise<void>;
}
