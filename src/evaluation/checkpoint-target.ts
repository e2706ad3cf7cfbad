/**
 * @file A checkpoint as the target of an evaluation: sampled in this process, a batch of responses at a time.
 *
 * Batches are cut from the whole list of responses, not from what is missing, and each has its own random stream: an
 * interrupted evaluation goes on to the very responses it would have had.
 */

import { UsageError } from '../errors.ts';
import type { SampleOptions } from '../inference/engine/index.ts';
import { loadReader, type ReadingNumerics, readConfig, sampledPositions } from '../models/index.ts';
import { Random } from '../random.ts';
import { ALONE, interruption, type Ranks } from '../ranks.ts';
import type { Json } from '../records.ts';
import { type Policy, requireContext, rollout } from '../rl/rollout/index.ts';
import { yieldToEventLoop } from '../run/yield-to-event-loop.ts';
import { encodePrompt, type PromptTemplate, questionOf, Tokenizer, thinkingOptions } from '../text/index.ts';
import { explainOutOfMemory } from '../torch/index.ts';
import {
  type Decoding,
  type Draw,
  PAPER_MAX_TOKENS,
  type SampleKey,
  type SampleRequest,
  type Target,
} from './target.ts';
import { tokensOfWords, type WordLimit } from './word-limit.ts';

/** Settings of a checkpoint that is sampled. */
export interface CheckpointOptions {
  readonly checkpoint: string;
  /** Tells this checkpoint from a changed one. */
  readonly fingerprint: string;
  readonly name: string;
  /** Where it comes from, where that is more than a path. */
  readonly source?: string | undefined;
  readonly device: string;
  /** Precision of weights and products; logits and sampling are float32 in each. */
  readonly numerics: ReadingNumerics;
  readonly template: PromptTemplate;
  /** Whether the chat template asks the model to think; it is told nothing unless given. */
  readonly thinking?: boolean | undefined;
  readonly temperature: number;
  readonly topP: number;
  /** The k most probable tokens; 0 keeps all. */
  readonly topK: number;
  /** null: the paper's 32,768, or what the model's context leaves beside the longest prompt. */
  readonly maxTokens: number | null;
  readonly limit?: WordLimit | undefined;
  /** Responses decoded together. */
  readonly rows: number;
  /** What the settings are called where they are set, for messages. */
  readonly called: { readonly maxTokens: string; readonly rows: string };
  /** Processes that share out the prompts of each batch; ALONE unless given. */
  readonly ranks?: Ranks;
}

/**
 * Loads a checkpoint.
 * @param draws - all that will be asked, to know how long a response may be
 * @throws UserError where a prompt and a response do not fit the model's context
 */
export function checkpointTarget(options: CheckpointOptions, draws: readonly Draw[]): Target {
  const { checkpoint, fingerprint, device, numerics, template, rows, temperature, topP, topK, limit } =
    options;
  const { dtype, precision } = numerics;
  const tokenizer = Tokenizer.load(checkpoint);
  const limited = limit && { tokens: tokensOfWords(limit.words, tokenizer), most: limit.most };
  const maxTokens = longestResponse(options, draws, tokenizer);
  const decoding: Decoding = { temperature, topP, maxTokens };
  const model = loadReader(checkpoint, device, numerics);
  const policy: Policy = { model, tokenizer, template, ...thinkingOptions(options.thinking), version: 0 };
  const identity: Record<string, Json> = { checkpoint: fingerprint, template, dtype, rows, ...decoding };
  return {
    name: options.name,
    ...(options.source !== undefined && { source: options.source }),
    identity: {
      ...identity,
      ...(/^(tf32|int8|nf4)$/.test(precision) && { precision }),
      ...(topK !== 0 && { topK }),
      ...(options.thinking !== undefined && { thinking: options.thinking }),
      ...(limit && { limit: { ...limit } }),
    },
    decoding,
    format: template === 'chat' ? 'wellFormed' : 'r1Zero',
    answer: (request) => answer(policy, decoding, { ...options, limited }, request),
    bill: null,
    close: () => model.dispose(),
  };
}

/** What is asked for; else the paper's length, or what the model's context leaves. */
function longestResponse(
  { checkpoint, template, thinking, maxTokens, called }: CheckpointOptions,
  draws: readonly Draw[],
  tokenizer: Tokenizer,
): number {
  const maxPositions = sampledPositions(readConfig(checkpoint));
  const told = thinkingOptions(thinking);
  const prompts = draws.flatMap((draw) =>
    draw.prompts.map((prompt) => encodePrompt(template, questionOf(prompt), tokenizer, told)),
  );
  const longest = prompts.reduce((most, { length }) => Math.max(most, length), 0);
  const asked = maxTokens ?? Math.max(1, Math.min(PAPER_MAX_TOKENS, maxPositions - longest));
  requireContext(prompts, { maxPositions, maxTokens: asked, setting: called.maxTokens });
  return asked;
}

/** Some samples of some prompts of one draw. */
export interface Batch {
  readonly draw: number;
  readonly problems: readonly number[];
  readonly samples: readonly number[];
}

/** All responses in batches of at most `rows`: whole groups where one fits, parts of a group where not. */
export function batchesOf(draws: readonly Draw[], rows: number): Batch[] {
  return draws.flatMap(({ prompts, samples }, draw) => {
    const perBatch = Math.max(1, Math.floor(rows / samples));
    return parts(prompts.length, perBatch).flatMap((problems) =>
      parts(samples, rows).map((some) => ({ draw, problems, samples: some })),
    );
  });
}

/** The indices 0 … count − 1, at most `size` together. */
function parts(count: number, size: number): number[][] {
  return Array.from({ length: Math.ceil(count / size) }, (_, part) =>
    Array.from({ length: Math.min(size, count - part * size) }, (__, i) => part * size + i),
  );
}

async function answer(
  policy: Policy,
  decoding: Decoding,
  {
    rows,
    topK,
    called,
    limited,
    ranks = ALONE,
  }: CheckpointOptions & { readonly limited: SampleOptions['limit'] },
  { draws, seed, has, deliver, signal }: SampleRequest,
): Promise<void> {
  for (const [index, { draw, problems, samples }] of batchesOf(draws, rows).entries()) {
    const keys = problems.flatMap((problem) =>
      samples.map((sample): SampleKey => ({ draw, problem, sample })),
    );
    if (keys.every(has)) continue;
    await yieldToEventLoop();
    const stop = interruption(ranks, signal);
    if (stop !== null) throw stop.reason;
    const { kind, prompts, stops = [], choices } = draws[draw]!;
    const sampling = kind === 'greedy' ? { ...decoding, temperature: 0 } : decoding;
    const stream = Random.derive(seed, 'evaluation', index).int(0, 2 ** 32 - 1);
    const asked = problems.map((problem) => prompts[problem]!);
    const completions = explainOutOfMemory(`lower \`${called.rows}\` or \`${called.maxTokens}\``, () =>
      rollout(policy, asked, {
        ...sampling,
        topK,
        limit: limited,
        ends: stops.length === 0 ? undefined : endsWith(stops, policy.tokenizer),
        only: choices && tokensOfChoices(choices, policy.tokenizer),
        groupSize: samples.length,
        maxRows: rows,
        seed: stream,
        ranks,
      }),
    );
    const replies = completions.map((completion, i) => ({ ...keys[i]!, completion }));
    await deliver(replies.filter((reply) => !has(reply)));
  }
}

/** Whether the last of these tokens completes one of the texts. A token is at least a byte, so a few last ones tell. */
function endsWith(stops: readonly string[], tokenizer: Tokenizer): (tokens: readonly number[]) => boolean {
  const reach = 1 + Math.max(...stops.map((stop) => Buffer.byteLength(stop)));
  return (tokens) => {
    const tail = tokenizer.decode(tokens.slice(-reach));
    return stops.some((stop) => tail.includes(stop));
  };
}

/**
 * The token of each choice.
 * @throws UsageError for a choice that is several tokens: their probabilities cannot be compared by one
 */
function tokensOfChoices(choices: readonly string[], tokenizer: Tokenizer): number[] {
  return choices.map((choice) => {
    const [token, ...more] = tokenizer.encode(choice);
    if (token !== undefined && more.length === 0) return token;
    throw new UsageError(
      `the checkpoint’s tokenizer has no single token for ${JSON.stringify(choice)}`,
      'Measure with --form zero-shot, where the model writes its answer.',
    );
  });
}
