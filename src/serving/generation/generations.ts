/**
 * @file Requests over the engine: a prompt and its settings become sequences, and their tokens go to who asked.
 *
 * A reader that lags behind by more than a window of tokens holds its own replies up, and after a while loses them.
 */
import { randomInt } from 'node:crypto';
import {
  type Engine,
  Prompt,
  type SamplingRow,
  Sequence,
  type TokenSet,
} from '../../inference/engine/index.ts';
import { Random } from '../../random.ts';
import { DEFAULT_TAGS } from '../../text/index.ts';
import { GenerationError, type GenerationRequest, type SamplingSettings } from '../backend.ts';
import type { NamedFormat } from '../formats/index.ts';
import { type ReadingSettings, TokenNames } from '../replies/index.ts';
import { Constraints } from './constraints.ts';
import { Echo } from './echo.ts';
import { asGenerationError } from './failures.ts';
import { Generation, type Listener } from './generation.ts';
import {
  contextExceeded,
  type PreparedPrompt,
  type Prompting,
  preparePrompt,
  writesAnswerTags,
} from './prompt.ts';
import { ReplyRules } from './rules.ts';

export interface GenerationsOptions extends Prompting {
  /** Longest prompt and reply together. */
  readonly context: number;
  readonly vocabSize: number;
}

/** A thought closed for the model ends as the model would end it. */
const CLOSING = `\n${DEFAULT_TAGS.thinkClose}\n\n`;
/** Tokens that a constrained answer is left at most where a thought would use them up. */
const MOST_RESERVED = 256;
const SEEDS = 2 ** 32;
/** The version of weights that came with the start of a model's process, as SGLang calls it. */
const FIRST_WEIGHTS = 'default';

/** Where sequences wait for their place. */
type Queue = Pick<Engine, 'add' | 'cancel'>;

/** All requests of one model. */
export class Generations {
  readonly #engine: Queue;
  readonly #options: GenerationsOptions;
  readonly #names: TokenNames;
  readonly #constraints: Constraints;
  readonly #closing: readonly number[];
  readonly #unending: TokenSet;
  readonly #answerTags: boolean;
  /** Of the weights that answer requests from now on. */
  weightVersion = FIRST_WEIGHTS;

  constructor(engine: Queue, options: GenerationsOptions) {
    const { tokenizer } = options;
    this.#engine = engine;
    this.#options = options;
    this.#names = new TokenNames(tokenizer);
    this.#constraints = new Constraints(tokenizer, this.#names, options.vocabSize);
    this.#closing = Array.from(tokenizer.encode(CLOSING));
    this.#answerTags = writesAnswerTags(options);
    const ids = Array.from({ length: options.vocabSize }, (_, id) => id);
    const unending = Int32Array.from(ids.filter((id) => !tokenizer.eosIds.includes(id)));
    this.#unending = { key: 'unending', ids: unending };
  }

  /**
   * Queues a request.
   * @param format - what its answer must be, compiled; null where it is free
   * @throws GenerationError where it cannot be served
   */
  begin(request: GenerationRequest, listener: Listener, format: NamedFormat | null = null): Generation {
    try {
      return this.#begin(request, listener, format);
    } catch (error) {
      throw asGenerationError(error);
    }
  }

  #begin(request: GenerationRequest, listener: Listener, format: NamedFormat | null): Generation {
    const prompt = preparePrompt(request.prompt, this.#options, this.#options.context);
    const { length } = prompt.ids;
    const { context, vocabSize, tokenizer } = this.#options;
    const strange = prompt.ids.find((id) => id >= vocabSize);
    if (strange !== undefined) {
      throw new GenerationError(
        'invalid',
        `The prompt holds the token ${tokenizer.tokenOf(strange)} (${strange}); this model knows 0 to ${vocabSize - 1}.`,
      );
    }
    if (length + (request.limits.maxTokens === 0 ? 0 : 1) > context) {
      throw new GenerationError(
        'context_length',
        contextExceeded(context, `the prompt has ${length} tokens, and the reply takes at least one`),
      );
    }
    const constraint = this.#constraints.start(format, prompt.written);
    const reserve = this.#reserve(request, prompt, constraint, context - length);
    const bias = biasOf(request.sampling, this.#options.vocabSize);
    const reading = this.#reading(request, prompt, constraint !== null);
    const { weightVersion } = this;
    const start = { promptTokens: length, reading, weightVersion };
    const generation = new Generation(listener, start, request.n);
    const seed = request.sampling.seed ?? randomInt(SEEDS);
    const shared = this.#shared(request, prompt.ids, generation);
    for (let index = 0; index < request.n; index++) {
      const row = this.#row(request, bias, seed, index);
      const rules = new ReplyRules(
        {
          index,
          tokenizer,
          reading,
          limits: request.limits,
          closing: this.#closing,
          constraint: constraint?.cursor ?? null,
          unending: this.#unending,
          reserve,
          stopTokens: this.#stopTokens(request),
        },
        generation,
      );
      generation.sequences.push(new Sequence(shared, row, rules));
    }
    for (const sequence of generation.sequences) this.#engine.add(sequence);
    return generation;
  }

  /** Tokens that end its replies; undefined leaves it to the tokenizer. */
  #stopTokens({ rollout }: GenerationRequest): readonly number[] | undefined {
    if (rollout === undefined) return undefined;
    return rollout.endTokens
      ? [...this.#options.tokenizer.eosIds, ...rollout.stopTokens]
      : rollout.stopTokens;
  }

  /** The prompt of all replies, which tells itself where that is asked for. */
  #shared({ prompt, echo, topLogprobs }: GenerationRequest, ids: Int32Array, generation: Generation): Prompt {
    if (echo !== true) return new Prompt(ids);
    const { tokenizer } = this.#options;
    const names = this.#names;
    const told = new Echo({ prompt, ids, topLogprobs, tokenizer, names }, (event) =>
      generation.prompt(event),
    );
    generation.echo = told.first;
    return new Prompt(ids, topLogprobs === null ? null : told);
  }

  /** Tokens kept for a constrained answer. @throws GenerationError where there is no room for the shortest */
  #reserve(
    { limits: { maxTokens, maxAnswerTokens } }: GenerationRequest,
    { prefilled }: PreparedPrompt,
    constraint: { readonly minimumTokens: number } | null,
    contextLeft: number,
  ): number {
    if (constraint === null) return 0;
    const { minimumTokens } = constraint;
    const room = Math.min(maxTokens ?? contextLeft, contextLeft);
    // The thought that the prompt opens has to be closed first.
    const needed = minimumTokens + (prefilled === true ? this.#closing.length : 0);
    if (needed > Math.min(room, maxAnswerTokens ?? room)) {
      throw new GenerationError(
        'invalid',
        `The shortest answer of the required format takes ${needed} tokens; there is room for ${room}. ` +
          'Raise max_tokens or shorten the prompt.',
      );
    }
    return Math.max(minimumTokens, Math.min(MOST_RESERVED, Math.floor(room / 4)));
  }

  #row(
    { sampling, topLogprobs, rollout }: GenerationRequest,
    bias: ReadonlyMap<number, number>,
    seed: number | bigint,
    index: number,
  ): SamplingRow {
    const { temperature, topP, topK, presencePenalty, frequencyPenalty } = sampling;
    const drawn = rollout?.random ? Random.fromState(rollout.random) : Random.derive(seed, 'reply', index);
    const random = temperature === 0 ? null : drawn;
    const counts = new Map<number, number>();
    return {
      temperature,
      topP,
      topK,
      presencePenalty,
      frequencyPenalty,
      bias,
      counts,
      random,
      logprobs: rollout === undefined ? topLogprobs : 'policy',
    };
  }

  /** How the replies are to be read. */
  #reading(
    { prompt: asked }: GenerationRequest,
    { prefilled, midThought, written = '' }: PreparedPrompt,
    constrained: boolean,
  ): ReadingSettings {
    return {
      prefilled,
      midThought,
      midAnswer: written.trim() !== '',
      answerTags: this.#answerTags,
      showSpecial: asked.kind === 'chat' && asked.tools !== undefined,
      constrained,
    };
  }

  /** Stops a request at once. */
  cancel(generation: Generation): void {
    for (const sequence of generation.sequences) this.#engine.cancel(sequence);
  }

  /** Stops one reply of a request: its text has come to an end. */
  end(generation: Generation, index: number): void {
    if (generation.leave(index)) this.#engine.cancel(generation.sequences[index]!);
  }
}

function biasOf({ logitBias }: SamplingSettings, vocabSize: number): ReadonlyMap<number, number> {
  const bias = new Map<number, number>();
  for (const [key, amount] of Object.entries(logitBias)) {
    const token = Number(key);
    if (!Number.isInteger(token) || token < 0 || token >= vocabSize) {
      throw new GenerationError(
        'invalid',
        `logit_bias: ${key.slice(0, 20)} is no token id of this model (0 to ${vocabSize - 1}).`,
      );
    }
    bias.set(token, amount);
  }
  return bias;
}
