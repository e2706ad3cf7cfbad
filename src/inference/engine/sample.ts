/**
 * @file sample(): groups of responses to prompts, by an engine whose rows are refilled as responses end.
 *
 * Rows enter in a fixed order, and each draws from a stream of its own that the seed, its prompt and its place in the
 * group determine. So the responses are a function of weights, prompts and seed, and a row's draws do not depend on
 * which rows share the batch. `sampleByGroup` gives the same responses and hands each group over as soon as it is whole.
 */
import { UserError } from '../../errors.ts';
import type { LanguageModel } from '../../models/index.ts';
import { Random } from '../../random.ts';
import type { ExpertChoices, FinishReason } from '../../records.ts';
import { yieldToEventLoop } from '../../run/yield-to-event-loop.ts';
import { Engine } from './engine.ts';
import { NotFinite } from './replies.ts';
import { type Chosen, type Continuation, FREE, PLAIN, Prompt, Sequence, type TokenRule } from './sequence.ts';

export interface SampleOptions {
  /** 0 is greedy. */
  readonly temperature: number;
  /** Smallest set of tokens whose probability reaches this; 1 keeps all. */
  readonly topP?: number;
  /** The k most probable tokens; 0 keeps all. */
  readonly topK?: number;
  /** Responses per prompt. */
  readonly groupSize: number;
  /** Longest response in tokens. */
  readonly maxTokens: number;
  /** Tokens that end a response (and belong to it); empty to run to `maxTokens`. */
  readonly stopTokens: readonly number[];
  /** Responses decoded together at most. 512 unless given. */
  readonly maxRows?: number;
  /** Of the random streams; 0 unless given. */
  readonly seed?: number;
  /** Place of the first prompt among all that are asked with this seed: its streams are that place's. 0 unless given. */
  readonly firstPrompt?: number;
  /** Tokens that a response may hold at most so many times, all of them together. */
  readonly limit?: { readonly tokens: readonly number[]; readonly most: number } | undefined;
  /** Tokens that a response is made of; all unless given. */
  readonly only?: readonly number[] | undefined;
  /** Whether a response ends with the last of these tokens, beside the stop tokens: a text that ends it is there. */
  readonly ends?: ((tokens: readonly number[]) => boolean) | undefined;
  /** Called with each new token, for streaming; `row` counts responses prompt after prompt. */
  readonly onToken?: (row: number, token: number) => void;
  /** Stops sampling early: what is unfinished counts as cut by length. */
  readonly signal?: AbortSignal;
  /** See EngineOptions. */
  readonly graphs?: 'auto' | boolean;
  readonly speculate?: boolean | undefined;
  readonly recordExperts?: boolean | undefined;
}

/** One sampled response. */
export interface Response {
  readonly tokens: Int32Array;
  /** log π at the sampling temperature (1 where it is 0), before top k and top p cut; one per token. */
  readonly logprobs: Float32Array;
  readonly finish: FinishReason;
  /** With `recordExperts`, in a model that has experts. */
  readonly experts?: ExpertChoices;
}

const MAX_ROWS = 512;
/** Prompt tokens in one pass, padding counted. */
const PREFILL_TOKENS = 8192;

/**
 * The policy's responses to each prompt: `result[prompt][response]`.
 *
 * @throws UserError when the model's logits are NaN, RangeError for settings that mean nothing and for a prompt without tokens
 */
export function sample(
  model: LanguageModel,
  prompts: readonly Int32Array[],
  options: SampleOptions,
): Response[][] {
  if (prompts.length === 0) return [];
  const { engine, rows } = begin(model, prompts, options);
  try {
    while (engine.busy && options.signal?.aborted !== true) engine.step();
  } finally {
    engine.dispose();
  }
  return rows.map(responsesOf);
}

/** Milliseconds of sampling between two turns of the event loop. */
const TURN_MS = 5;

/**
 * As `sample`, but the event loop turns meanwhile, and each group is handed over once its last response has ended.
 *
 * @param onGroup - gets the place of the prompt and its responses; groups come in the order in which they end
 */
export async function sampleByGroup(
  model: LanguageModel,
  prompts: readonly Int32Array[],
  options: SampleOptions,
  onGroup: (prompt: number, responses: readonly Response[]) => void,
): Promise<Response[][]> {
  if (prompts.length === 0) return [];
  const ended: number[] = [];
  const { engine, rows } = begin(model, prompts, options, (prompt) => ended.push(prompt));
  const given = new Set<number>();
  const give = (prompt: number): void => {
    given.add(prompt);
    onGroup(prompt, responsesOf(rows[prompt]!));
  };
  let turned = performance.now();
  try {
    while (engine.busy && options.signal?.aborted !== true) {
      engine.step();
      for (const prompt of ended.splice(0)) give(prompt);
      if (performance.now() - turned < TURN_MS) continue;
      await yieldToEventLoop();
      turned = performance.now();
    }
  } finally {
    engine.dispose();
  }
  // What the signal cut.
  for (const prompt of rows.keys()) if (!given.has(prompt)) give(prompt);
  return rows.map(responsesOf);
}

function responsesOf(group: readonly Row[]): Response[] {
  return group.map((row) => row.response());
}

/** An engine with the rows of all prompts. @param onEnd - told of a prompt once all its responses have ended */
function begin(
  model: LanguageModel,
  prompts: readonly Int32Array[],
  options: SampleOptions,
  onEnd: (prompt: number) => void = () => undefined,
): { readonly engine: Engine; readonly rows: readonly (readonly Row[])[] } {
  requireSound(prompts, options);
  const { groupSize } = options;
  const without = options.limit && allBut(options.limit.tokens, model.config.vocabSize);
  const only = options.only && onlyThese(options.only);
  const rows = prompts.map((_, prompt) => {
    let open = groupSize;
    const end = (): void => {
      open -= 1;
      if (open === 0) onEnd(prompt);
    };
    return Array.from(
      { length: groupSize },
      (_, i) => new Row(prompt * groupSize + i, options, end, { without, only }),
    );
  });
  const longest = prompts.reduce((most, { length }) => Math.max(most, length), 0);
  const context = longest + options.maxTokens;
  const maxRows = Math.min(options.maxRows ?? MAX_ROWS, prompts.length * options.groupSize);
  const engine = new Engine(model, {
    maxRows,
    context,
    blockSize: context,
    // One more: a prompt whose group does not fit the batch yet keeps a block besides.
    cacheTokens: (maxRows + 1) * context,
    prefillTokens: PREFILL_TOKENS,
    favours: 'throughput',
    graphs: options.graphs,
    speculate: options.speculate,
    recordExperts: options.recordExperts,
  });
  for (const sequence of sequencesOf(prompts, rows, options)) engine.add(sequence);
  return { engine, rows };
}

/** Settings that a recipe's schema refuses too; an engine would wait for ever, or sample something else. */
function requireSound(prompts: readonly Int32Array[], options: SampleOptions): void {
  const empty = prompts.findIndex(({ length }) => length === 0);
  if (empty !== -1) throw new RangeError(`prompt ${empty} has no tokens`);
  const { temperature, topP = 1, topK = 0, groupSize, maxTokens, maxRows = MAX_ROWS } = options;
  for (const [name, value] of Object.entries({ groupSize, maxTokens, maxRows })) {
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`${name} ${value} is no whole number above 0`);
  }
  if (!(temperature >= 0)) throw new RangeError(`temperature ${temperature} is below 0`);
  if (!(topP > 0 && topP <= 1)) throw new RangeError(`topP ${topP} is not in (0, 1]`);
  if (!Number.isInteger(topK) || topK < 0) throw new RangeError(`topK ${topK} is no whole number from 0`);
}

/** The rule that allows every token but these. */
function allBut(tokens: readonly number[], vocabulary: number): TokenRule {
  const ids = Array.from({ length: vocabulary }, (_, id) => id).filter((id) => !tokens.includes(id));
  return { forced: null, allowed: { key: `all but ${tokens.join(' ')}`, ids: Int32Array.from(ids) } };
}

/** The rule that allows these tokens. */
function onlyThese(tokens: readonly number[]): TokenRule {
  const ids = Int32Array.from(tokens).sort();
  return { forced: null, allowed: { key: `only ${ids.join(' ')}`, ids } };
}

/** Prompts of like length stand together, so that little of the reading is padding. */
function sequencesOf(
  prompts: readonly Int32Array[],
  rows: readonly (readonly Row[])[],
  { temperature, topP = 1, topK = 0, seed = 0, firstPrompt = 0 }: SampleOptions,
): Sequence[] {
  const order = prompts.map((_, index) => index).sort((a, b) => prompts[a]!.length - prompts[b]!.length);
  return order.flatMap((index) => {
    const prompt = new Prompt(prompts[index]!);
    return rows[index]!.map((row, i) => {
      const random = temperature === 0 ? null : Random.derive(seed, firstPrompt + index, i);
      const counts = new Map<number, number>();
      const sampling = { ...PLAIN, temperature, topP, topK, counts, random, logprobs: 'policy' } as const;
      row.sequence = new Sequence(prompt, sampling, row);
      return row.sequence;
    });
  });
}

/** What a response may hold. */
interface RowRules {
  /** Once the limited tokens are used up. */
  readonly without: TokenRule | undefined;
  readonly only: TokenRule | undefined;
}

/** A response while it grows. */
class Row implements Continuation {
  readonly ready = true;
  readonly #index: number;
  readonly #options: SampleOptions;
  readonly #tokens: number[] = [];
  readonly #logprobs: number[] = [];
  readonly #onEnd: () => void;
  readonly #rules: RowRules;
  #limited = 0;
  /** What it is the continuation of. */
  sequence: Sequence | null = null;
  #finish: FinishReason = 'length';

  constructor(index: number, options: SampleOptions, onEnd: () => void, rules: RowRules) {
    this.#index = index;
    this.#options = options;
    this.#onEnd = onEnd;
    this.#rules = rules;
  }

  get free(): boolean {
    return this.#options.limit === undefined && this.#rules.only === undefined;
  }

  constrain(): TokenRule {
    const { limit } = this.#options;
    const { without, only = FREE } = this.#rules;
    return limit !== undefined && this.#limited >= limit.most ? without! : only;
  }

  accept({ token, logprob }: Chosen): boolean {
    const { stopTokens, maxTokens, limit, ends, onToken } = this.#options;
    if (limit?.tokens.includes(token)) this.#limited += 1;
    this.#tokens.push(token);
    this.#logprobs.push(logprob!);
    onToken?.(this.#index, token);
    if (stopTokens.includes(token) || ends?.(this.#tokens) === true) this.#finish = 'stop';
    const goesOn = this.#finish === 'length' && this.#tokens.length < maxTokens;
    if (!goesOn) this.#onEnd();
    return goesOn;
  }

  started(): void {}

  failed(error: unknown): void {
    if (!(error instanceof NotFinite)) throw error;
    throw new UserError(
      'the model gives logits that are not finite (NaN)',
      'its weights are damaged or diverged: use an earlier checkpoint, a lower learning rate or a higher temperature',
      { cause: error },
    );
  }

  response(): Response {
    const cached = this.sequence?.cached;
    const experts = cached?.experts?.choices(cached.tokens.length - 1);
    return {
      tokens: Int32Array.from(this.#tokens),
      logprobs: Float32Array.from(this.#logprobs),
      finish: this.#finish,
      ...(experts !== undefined && experts.layers.length > 0 && { experts }),
    };
  }
}
