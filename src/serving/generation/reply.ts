/**
 * @file One reply while it grows: tokens in; thinking, answer and the end of it out.
 *
 * Here everything is decided that depends on the text so far: when the thought is closed for the model, which tokens a
 * constraint leaves, where a stop string cuts, how the tokens are counted.
 *
 * Where the vocabulary has control tokens for the thinking tags, only those open and close a thought. Elsewhere the tags
 * are text, and so is what the model thinks between.
 */

import type { ConstraintCursor } from '../../inference/constraint/index.ts';
import {
  type Chosen,
  type Continuation,
  FREE,
  type TokenRule,
  type TokenSet,
} from '../../inference/engine/index.ts';
import {
  DEFAULT_TAGS,
  StreamDecoder,
  type ThinkingDelta,
  ThinkingParser,
  type Tokenizer,
} from '../../text/index.ts';
import type { GenerationEvent, LengthLimits, StopReason } from '../backend.ts';
import { type TokenNames, toldLogprob, WaitingLogprobs } from './logprobs.ts';
import { StopStrings } from './stop-strings.ts';

/** Where a reply's events go. */
export interface Outlet {
  /** false while the reader lags behind. */
  readonly ready: boolean;
  emit(event: GenerationEvent): void;
  started(cachedTokens: number): void;
  failed(error: unknown): void;
}

export interface ReplyOptions {
  readonly index: number;
  readonly tokenizer: Tokenizer;
  readonly names: TokenNames;
  /** Whether the reply begins inside a thought; null: its text is not taken apart at all. */
  readonly prefilled: boolean | null;
  /** The prompt ends amid the words of a thought. */
  readonly midThought: boolean;
  /** The prompt ends amid the answer. */
  readonly midAnswer: boolean;
  /** Takes off the tags of R1-Zero around an answer. */
  readonly answerTags: boolean;
  readonly limits: LengthLimits;
  readonly stop: readonly string[];
  /** Shows special tokens in the text: tools are called with them. */
  readonly showSpecial: boolean;
  /** Tokens that close a thought. */
  readonly closing: readonly number[];
  readonly constraint: ConstraintCursor | null;
  /** All tokens but those that end a reply: a thought before a constrained answer must not end it. */
  readonly unending: TokenSet;
  /** Tokens kept free for a constrained answer: a thought is closed before it uses them up. */
  readonly reserve: number;
  readonly wantsLogprobs: boolean;
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

const NOTHING: ThinkingDelta = { reasoning: '', content: '' };

function joined(a: ThinkingDelta, b: ThinkingDelta): ThinkingDelta {
  return { reasoning: a.reasoning + b.reasoning, content: a.content + b.content };
}

/** The control tokens that open and close a thought; null where the tags are text. */
function thinkingTokens(tokenizer: Tokenizer): { readonly open: number; readonly close: number } | null {
  const [open, close] = [DEFAULT_TAGS.thinkOpen, DEFAULT_TAGS.thinkClose].map((tag) => tokenizer.idOf(tag));
  if (open === undefined || close === undefined) return null;
  return tokenizer.isControl(open) && tokenizer.isControl(close) ? { open, close } : null;
}

/** The text of one reply, as the engine's Continuation. */
export class Reply implements Continuation {
  readonly #options: ReplyOptions;
  readonly #outlet: Outlet;
  readonly #decoder: StreamDecoder;
  readonly #parser: ThinkingParser | null;
  readonly #tagTokens: ReturnType<typeof thinkingTokens>;
  readonly #stop: StopStrings;
  readonly #logprobs = new WaitingLogprobs();
  /** Characters of the reply so far, shown or not. */
  #letters = 0;
  /** Tokens that come next whatever the model thinks. */
  #forced: number[] = [];
  #cursor: ConstraintCursor | null;
  #tokens = 0;
  #reasoningTokens = 0;
  /** Something of the answer has been read. */
  #answered: boolean;

  constructor(options: ReplyOptions, outlet: Outlet) {
    const { tokenizer, prefilled, midThought, answerTags, showSpecial, stop, constraint } = options;
    this.#options = options;
    this.#outlet = outlet;
    this.#decoder = new StreamDecoder(tokenizer, { skipSpecial: !showSpecial });
    this.#tagTokens = prefilled === null ? null : thinkingTokens(tokenizer);
    const tagsApart = this.#tagTokens !== null;
    this.#parser =
      prefilled === null
        ? null
        : new ThinkingParser({ opened: prefilled, midThought, tagsApart, answerTags });
    this.#stop = new StopStrings(stop);
    this.#cursor = constraint;
    this.#answered = options.midAnswer;
  }

  get ready(): boolean {
    return this.#outlet.ready;
  }

  /** Inside a thought. */
  get #thinking(): boolean {
    return this.#parser?.thinking === true;
  }

  get #answerTokens(): number {
    return this.#tokens - this.#reasoningTokens;
  }

  /** Neither a constraint nor a thinking budget decides over any token. */
  get free(): boolean {
    const { constraint, limits } = this.#options;
    return constraint === null && limits.maxThinkingTokens === null;
  }

  constrain(contextLeft: number): TokenRule {
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
    if (limits.maxThinkingTokens !== null && this.#reasoningTokens >= limits.maxThinkingTokens) return true;
    return this.#cursor !== null && left <= reserve + closing.length;
  }

  /** Tokens that may still come. */
  #left(contextLeft: number): number {
    const { maxTokens, maxAnswerTokens } = this.#options.limits;
    const ofAll = maxTokens === null ? contextLeft : Math.min(contextLeft, maxTokens - this.#tokens);
    if (maxAnswerTokens === null || this.#thinking) return ofAll;
    return Math.min(ofAll, maxAnswerTokens - this.#answerTokens);
  }

  /** What the constraint leaves; a reply that has not begun may also begin with a thought. */
  #allowed(cursor: ConstraintCursor, left: number): TokenSet {
    const allowed = cursor.allowed(left);
    const { tokenizer, prefilled, reserve, closing } = this.#options;
    if (this.#tokens > 0 || this.#answered || prefilled !== false || left <= reserve + closing.length + 1)
      return allowed;
    const open = tokenizer.idOf(DEFAULT_TAGS.thinkOpen);
    return open === undefined ? allowed : withToken(allowed, open);
  }

  accept(chosen: Chosen, contextLeft: number): boolean {
    const { token } = chosen;
    const isForced = this.#forced.length > 0;
    if (isForced) this.#forced.shift();
    this.#tokens++;
    const inThought = this.#thinking;
    const isEnd = !isForced && this.#options.tokenizer.eosIds.includes(token);
    const start = this.#letters;
    const piece = isEnd ? NOTHING : this.#read(token);
    this.#answered ||= piece.content !== '';
    const ofThought = inThought || this.#thinking;
    if (ofThought) this.#countThought(!inThought);
    else if (this.#cursor !== null && !isForced && !isEnd) this.#cursor = this.#cursor.advance(token);
    // A text completion reports the token that ended it too, as OpenAI's do: readers count on one entry for each token.
    if (!isEnd || this.#parser === null) this.#noteLogprob(chosen, ofThought, start);
    const { text: content, hit } = this.#stop.push(piece.content);
    const reason = isEnd || hit || this.#cursor?.finished === true ? 'stop' : this.#cut(contextLeft);
    const tail = reason === null || hit ? NOTHING : this.#tail();
    this.#emit(joined({ reasoning: piece.reasoning, content }, tail), reason !== null);
    if (reason !== null) this.#finish(reason);
    return reason === null;
  }

  /**
   * A token of a thought. With the one that completes the opening tag come those that the tag began with, and the blanks
   * before.
   */
  #countThought(opens: boolean): void {
    if (opens && !this.#answered) {
      this.#reasoningTokens = this.#tokens;
      this.#logprobs.moveToThought();
    } else this.#reasoningTokens++;
  }

  /** Thinking and answer that a token brings. */
  #read(token: number): ThinkingDelta {
    const parser = this.#parser;
    const isOpen = token === this.#tagTokens?.open;
    // Outside of a thought the token that closes one is shown as the text it is.
    const isClose = token === this.#tagTokens?.close && this.#thinking;
    if (parser === null || (!isOpen && !isClose)) return this.#takeApart(this.#decoder.push(token));
    const before = this.#takeApart(this.#decoder.flush());
    this.#letters += (isOpen ? DEFAULT_TAGS.thinkOpen : DEFAULT_TAGS.thinkClose).length;
    return joined(before, isOpen ? parser.open() : parser.close());
  }

  /**
   * Thinking and answer of the text a token brought. Where the tag that closes a thought is of several tokens, the last
   * may hold letters beyond it: a constrained answer has not begun with them, so they are left out.
   */
  #takeApart(text: string): ThinkingDelta {
    this.#letters += text.length;
    if (this.#parser === null) return { reasoning: '', content: text };
    if (this.#cursor === null || !this.#thinking) return this.#parser.push(text);
    let reasoning = '';
    for (const letter of text) if (this.#thinking) reasoning += this.#parser.push(letter).reasoning;
    return { reasoning, content: '' };
  }

  /** Keeps the log-probability of a token for the delta that shows its text. */
  #noteLogprob(chosen: Chosen, ofThought: boolean, start: number): void {
    const { wantsLogprobs, names, tokenizer } = this.#options;
    if (!wantsLogprobs) return;
    const isUnfinished = this.#letters === start && !tokenizer.isControl(chosen.token);
    this.#logprobs.add(
      toldLogprob(chosen, names, start),
      ofThought,
      start,
      isUnfinished ? null : this.#letters,
    );
  }

  #cut(contextLeft: number): StopReason | null {
    return this.#left(contextLeft) <= 0 ? 'length' : null;
  }

  /** What was held back until the end. */
  #tail(): ThinkingDelta {
    const rest = this.#takeApart(this.#decoder.flush());
    const { reasoning, content } = joined(rest, this.#parser?.end() ?? NOTHING);
    const stopped = this.#stop.push(content);
    return { reasoning, content: stopped.text + (stopped.hit ? '' : this.#stop.end()) };
  }

  /** @param last - nothing follows: what waits is told now */
  #emit({ reasoning, content }: ThinkingDelta, last: boolean): void {
    const held = (this.#parser?.held ?? 0) + this.#stop.held;
    const ready = this.#logprobs.take(last ? Number.POSITIVE_INFINITY : this.#letters - held);
    const hasLogprobs = ready.reasoning.length + ready.content.length > 0;
    if (reasoning === '' && content === '' && !hasLogprobs) return;
    this.#outlet.emit({
      type: 'delta',
      index: this.#options.index,
      reasoning,
      content,
      ...(ready.reasoning.length > 0 && { reasoningLogprobs: ready.reasoning }),
      ...(ready.content.length > 0 && { contentLogprobs: ready.content }),
    });
  }

  #finish(reason: StopReason): void {
    const { met } = this.#stop;
    this.#outlet.emit({
      type: 'finish',
      index: this.#options.index,
      reason,
      ...(met === null ? {} : { stopString: met }),
      reasoningTokens: this.#reasoningTokens,
      completionTokens: this.#tokens,
      thought: this.#parser?.thought ?? false,
    });
  }

  read(): boolean {
    if (this.#options.limits.maxTokens !== 0) return true;
    this.#finish('length');
    return false;
  }

  started(cachedTokens: number): void {
    this.#outlet.started(cachedTokens);
  }

  failed(error: unknown): void {
    this.#outlet.failed(error);
  }
}
