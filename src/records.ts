/**
 * @file The records that travel: Prompt → Completion → Scored → Sample → Batch → StepReport.
 *
 * The six folders of the training loop (data, rollout, reward, advantage, loss, update) never import one
 * another; they meet in a stage, through these types. A field keeps one meaning all the way: a step adds
 * fields, it never rewrites one. Nothing here touches a tensor.
 */

/** Data that survives a round trip through JSON. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** Whether a value out of JSON is an object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The value of a row's column, undefined where there is none. A name with dots is a path into objects, unless a column
 * has that very name.
 * @param name - such as `answer` or `reward_model.ground_truth`
 */
export function columnOf(columns: JsonObject, name: string): Json | undefined {
  if (Object.hasOwn(columns, name)) return columns[name];
  let at: Json | undefined = columns;
  for (const key of name.split('.')) {
    if (!isJsonObject(at) || !Object.hasOwn(at, key)) return undefined;
    at = at[key];
  }
  return at;
}

/** The value and all in it, frozen in place: whoever reads a record cannot change it for the others. */
export function freezeJson<Value extends Json>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value as JsonObject)) freezeJson(inner);
  return Object.freeze(value);
}

/** A message in the form of OpenAI's chat API. Further fields go to a chat template as they are. */
export interface ChatMessage {
  /** `system`, `user`, `assistant` or `tool`. */
  readonly role: string;
  readonly content: Json;
  readonly [field: string]: Json | undefined;
}

/**
 * A question put to the model. Plain JSON.
 * @example { id: 'chain/3/17', task: 'chain', text: 'what is 35 - 10 * 3 ?', answer: '75', language: 'en' }
 */
export interface Prompt {
  /** Stable name: the same problem has the same id in every run. */
  readonly id: string;
  /** The task whose verifier scores the answer. */
  readonly task: string;
  /** The question as a user would type it, before any prompt template; of a conversation, the user's last message. */
  readonly text: string;
  /** The conversation, where the prompt is one: a system prompt, earlier turns, and `text` as the user's last message. */
  readonly messages?: readonly ChatMessage[];
  /** The reference answer, or null where none is known. */
  readonly answer: string | null;
  /** The language the reply is expected in (BCP 47), where that matters. */
  readonly language?: string;
  /**
   * The row of the file the prompt was read from: every column under its own name, as the file has it, frozen. Absent
   * where the prompt was generated. Rewards, scripts and evaluation read it.
   */
  readonly columns?: JsonObject;
  /**
   * What this package made for the prompt's verifier: the problem of a generated task, the tests of a benchmark. Never a
   * copy of columns: a prompt from a file of one's own has none.
   */
  readonly meta?: JsonObject;
}

/** Why sampling ended: the model stopped, or the length limit cut it. */
export type FinishReason = 'stop' | 'length';

/** A response, read. */
export interface ReadResponse {
  /** All of it, as the model wrote it. An opening tag that the prompt wrote is not in it. */
  readonly text: string;
  /** The prompt opened the thought: the response begins inside it. */
  readonly opened: boolean;
  /** The thought without tags and outer white space; null where there is none, '' where it is empty. */
  readonly thought: string | null;
  /** The thought was closed. */
  readonly closed: boolean;
  /**
   * What follows the thought, or the whole response where it has none; answer tags that it begins with are taken off.
   * Null where the thought never closed or nothing follows it; never ''.
   */
  readonly content: string | null;
  /** The inside of the answer tag, as written; null where there is no complete one, '' where it is empty. */
  readonly tagged: string | null;
  /** What the answer's box holds, as written; null where there is none. */
  readonly boxed: string | null;
  /** The answer as a text to be read: inside the answer tag, else all that follows the last thought; null where blank. */
  readonly said: string | null;
  /** The answer to compare with a reference: inside the box, else all that is `said`. Trimmed; null where it is blank. */
  readonly answer: string | null;
  /** One thought, opened (by prompt or response) and closed once, then content. Answer tags are not asked for. */
  readonly wellFormed: boolean;
  /**
   * `<think> … </think> <answer> … </answer>` and nothing else but white space, each tag exactly once and the answer not
   * empty: the format that R1-Zero is rewarded for (arXiv 2501.12948, §2.2.2). The thought may be empty. Where the
   * prompt opened the thought, the response must not open it again.
   */
  readonly r1Zero: boolean;
}

/** The experts that a sampler sent tokens to: those of the prompt, then those of the response but the last, which it never read. */
export interface ExpertChoices {
  /** Numbers of the layers that have experts. */
  readonly layers: readonly number[];
  /** Experts of a token in a layer. */
  readonly perToken: number;
  /** The experts of a layer after those of another, and so token after token. */
  readonly experts: Uint8Array | Uint16Array;
}

/** A response sampled from the policy. Token arrays hold the response only, never the prompt. */
export interface Completion {
  readonly prompt: Prompt;
  /** The prompt as the model read it: template applied, tokenised. */
  readonly promptTokens: Int32Array;
  /** Sampled tokens, the end-of-sequence token included when the model produced it. */
  readonly tokens: Int32Array;
  /** log π(token) at the sampling temperature (1 for greedy), before top-k and top-p; one per token. */
  readonly logprobs: Float32Array;
  /** Where the sampler's routers sent the tokens; only where that was recorded. */
  readonly experts?: ExpertChoices;
  /** The tokens decoded, special tokens such as end-of-sequence left out. */
  readonly text: string;
  /** The text read: thought, content, answer. The prompt's template decides whether the thought was opened. */
  readonly response: ReadResponse;
  readonly finish: FinishReason;
  /** Number of optimiser steps the sampling policy had taken: staleness is the trainer's count minus this. */
  readonly policyVersion: number;
}

/**
 * How the answer changed from the first attempt of a response to its end: from wrong to right, from right to wrong, or to
 * another answer that is as right or as wrong.
 */
export type Revision = 'to-right' | 'to-wrong' | 'neither';

/** Self-reflection in a response. */
export interface Reflection {
  /** How often it holds each of the words of reflection; those it does not hold are left out. */
  readonly words: { readonly [word: string]: number };
  /** Attempts of its thought, 1 or more: `wait` and the like begin one. */
  readonly attempts: number;
  /** Left out where the answer did not change, or where nothing tells what the first attempt came to. */
  readonly revision?: Revision;
}

/** A completion with its reward. */
export interface Scored {
  readonly completion: Completion;
  /** Sum of the weighted parts, or null when no part could score it (left out of baseline and loss). */
  readonly reward: number | null;
  /** Each reward function's own value, unweighted, by name; null where that function could not score. */
  readonly parts: { readonly [name: string]: number | null };
  /** Why reward functions that should have scored did not, by name: a script that throws, hangs or ends. */
  readonly failures?: { readonly [name: string]: string };
  /**
   * Scores of the response's steps, weighted, in order; only where a reward scores steps. What the other rewards gave is
   * one more step that ends with the response.
   */
  readonly steps?: readonly StepScore[];
  /** Words of doubt and second attempts; absent where the response was not looked at. */
  readonly reflection?: Reflection;
}

/** The score of one step of a response. */
export interface StepScore {
  /** Index of the step's last response token. */
  readonly end: number;
  readonly score: number;
}

/** A scored completion with the advantage of each of its tokens. */
export interface Sample {
  readonly scored: Scored;
  /** Index of the group (completions of one prompt) inside the rollout. */
  readonly group: number;
  /** One advantage per response token. */
  readonly advantages: Float32Array;
  /** log π(token) of the policy that sampled, as the trainer computes it; the sampler's own stand in where left out. */
  readonly oldLogprobs?: Float32Array;
  /** Entropy of the distribution each token was drawn from, as the trainer computes it. */
  readonly entropies?: Float32Array;
  /** With a critic: V before each response token, as it was when the rollout was first looked at. */
  readonly values?: Float32Array;
  /** With a critic: what V should have been before each response token. */
  readonly returns?: Float32Array;
}

/** Samples that share one optimiser step. */
export interface Batch {
  readonly samples: readonly Sample[];
}

/** What one optimiser step of a stage measured. Flat, under the names users of TRL know: a line of metrics.jsonl. */
export interface StepReport {
  readonly step: number;
  readonly [metric: string]: number;
}
