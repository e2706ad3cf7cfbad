/**
 * @file Rules of one reply while it grows: which token may come next, and with which the reply ends.
 *
 * What depends on the text is the thinking budget, the limit of the answer and a constraint. A reply under one of them is
 * read here too, token by token; of all others the model's process knows tokens alone.
 */
import type { ConstraintCursor } from '../../inference/constraint/index.ts';
import {
  type Chosen,
  type Continuation,
  FREE,
  type TokenRule,
  type TokenSet,
} from '../../inference/engine/index.ts';
import { DEFAULT_TAGS, type Tokenizer } from '../../text/index.ts';
import type { LengthLimits } from '../backend.ts';
import { type ReadingSettings, ReplyReading, type TokenEnd } from '../replies/index.ts';

/** Where a reply's tokens go. */
export interface Outlet {
  /** false while the reader lags behind. */
  readonly ready: boolean;
  /** @param chosen - null where the reply ends without a token */
  token(index: number, chosen: Chosen | null, end: TokenEnd): void;
  started(cachedTokens: number): void;
  failed(error: unknown): void;
}

export interface RulesOptions {
  readonly index: number;
  readonly tokenizer: Tokenizer;
  readonly reading: ReadingSettings;
  readonly limits: LengthLimits;
  /** Tokens that close a thought. */
  readonly closing: readonly number[];
  readonly constraint: ConstraintCursor | null;
  /** All tokens but those that end a reply: a thought before a constrained answer must not end it. */
  readonly unending: TokenSet;
  /** Tokens kept free for a constrained answer: a thought is closed before it uses them up. */
  readonly reserve: number;
  /** Tokens that end a reply; the tokenizer's unless given. */
  readonly stopTokens?: readonly number[] | undefined;
}

/** Sets with one more token, made once: what identifies a set is the object. */
const widened = new WeakMap<TokenSet, TokenSet>();

function withToken(set: TokenSet, token: number): TokenSet {
  const known = widened.get(set);
  if (known !== undefined) return known;
  const made = { key: `${set.key} or ${token}`, ids: Int32Array.of(...set.ids, token) };
  widened.set(set, made);
  return made;
}

/** One reply as the engine's Continuation. */
export class ReplyRules implements Continuation {
  readonly #options: RulesOptions;
  readonly #outlet: Outlet;
  /** null where no rule depends on the text. */
  readonly #reading: ReplyReading | null;
  /** Neither a constraint nor a thinking budget decides over any token. */
  readonly free: boolean;
  /** Tokens that come next whatever the model thinks. */
  #forced: number[] = [];
  #cursor: ConstraintCursor | null;
  #tokens = 0;

  constructor(options: RulesOptions, outlet: Outlet) {
    const { constraint, limits, reading, tokenizer } = options;
    this.#options = options;
    this.#outlet = outlet;
    this.free = constraint === null && limits.maxThinkingTokens === null;
    this.#reading =
      this.free && limits.maxAnswerTokens === null ? null : new ReplyReading(tokenizer, reading);
    this.#cursor = constraint;
  }

  get ready(): boolean {
    return this.#outlet.ready;
  }

  get #thinking(): boolean {
    return this.#reading?.thinking === true;
  }

  constrain(contextLeft: number): TokenRule {
    if (this.free) return FREE;
    const left = this.#left(contextLeft);
    if (this.#thinking && this.#forced.length === 0 && this.#mustClose(left)) {
      this.#forced = [...this.#options.closing];
    }
    const forced = this.#forced[0] ?? null;
    if (forced !== null) return { forced, allowed: null };
    if (this.#cursor === null) return FREE;
    if (this.#thinking) return { forced: null, allowed: this.#options.unending };
    return { forced: null, allowed: this.#allowed(this.#cursor, left) };
  }

  #mustClose(left: number): boolean {
    const { limits, closing, reserve } = this.#options;
    const thought = this.#reading?.reasoningTokens ?? 0;
    if (limits.maxThinkingTokens !== null && thought >= limits.maxThinkingTokens) return true;
    return this.#cursor !== null && left <= reserve + closing.length;
  }

  /** Tokens that may still come. */
  #left(contextLeft: number): number {
    const { maxTokens, maxAnswerTokens } = this.#options.limits;
    const ofAll = maxTokens === null ? contextLeft : Math.min(contextLeft, maxTokens - this.#tokens);
    if (maxAnswerTokens === null || this.#reading === null || this.#thinking) return ofAll;
    return Math.min(ofAll, maxAnswerTokens - this.#reading.answerTokens);
  }

  /** What the constraint leaves; a reply that has not begun may also begin with a thought. */
  #allowed(cursor: ConstraintCursor, left: number): TokenSet {
    const allowed = cursor.allowed(left);
    const { tokenizer, reading, reserve, closing } = this.#options;
    const hasBegun = this.#tokens > 0 || this.#reading?.answered === true || reading.prefilled !== false;
    if (hasBegun || left <= reserve + closing.length + 1) return allowed;
    const open = tokenizer.idOf(DEFAULT_TAGS.thinkOpen);
    return open === undefined ? allowed : withToken(allowed, open);
  }

  accept(chosen: Chosen, contextLeft: number): boolean {
    const { token } = chosen;
    const isForced = this.#forced.length > 0;
    if (isForced) this.#forced.shift();
    this.#tokens++;
    const { tokenizer, stopTokens = tokenizer.eosIds } = this.#options;
    const isEnd = !isForced && stopTokens.includes(token);
    const ofThought = this.#reading?.push(token, isEnd).ofThought === true;
    if (this.#cursor !== null && !ofThought && !isForced && !isEnd)
      this.#cursor = this.#cursor.advance(token);
    const end = isEnd ? 'end token' : this.#endOf(contextLeft);
    this.#outlet.token(this.#options.index, chosen, end);
    return end === 'goes on';
  }

  #endOf(contextLeft: number): TokenEnd {
    if (this.#cursor?.finished === true) return 'complete';
    return this.#left(contextLeft) <= 0 ? 'length' : 'goes on';
  }

  read(): boolean {
    if (this.#options.limits.maxTokens !== 0) return true;
    this.#outlet.token(this.#options.index, null, 'length');
    return false;
  }

  started(cachedTokens: number): void {
    this.#outlet.started(cachedTokens);
  }

  failed(error: unknown): void {
    this.#outlet.failed(error);
  }
}
