/**
 * @file Reading of one reply: each token becomes a piece of the thought or of the answer, and is counted with one of them.
 *
 * Where the vocabulary has control tokens for the thinking tags, only those open and close a thought. Elsewhere the tags
 * are text, and so is what the model thinks between.
 */
import {
  DEFAULT_TAGS,
  StreamDecoder,
  type ThinkingDelta,
  ThinkingParser,
  type Tokenizer,
} from '../../text/index.ts';

/** How a reply begins, and how its text is to be taken apart. Plain data: both processes read replies. */
export interface ReadingSettings {
  /** Whether the reply begins inside a thought; null: its text is not taken apart at all. */
  readonly prefilled: boolean | null;
  /** The prompt ends amid the words of a thought. */
  readonly midThought: boolean;
  /** The prompt ends amid the answer. */
  readonly midAnswer: boolean;
  /** Takes off the tags of R1-Zero around an answer. */
  readonly answerTags: boolean;
  /** Shows special tokens in the text: tools are called with them. */
  readonly showSpecial: boolean;
  /** The answer is under a constraint. */
  readonly constrained: boolean;
}

/** What a token brings. */
export interface TokenReading extends ThinkingDelta {
  readonly ofThought: boolean;
  /** Tokens before it turn out to be of the thought that it opens. */
  readonly opens: boolean;
}

export const NOTHING: ThinkingDelta = { reasoning: '', content: '' };

export function joined(a: ThinkingDelta, b: ThinkingDelta): ThinkingDelta {
  if (a === NOTHING) return b;
  if (b === NOTHING) return a;
  return { reasoning: a.reasoning + b.reasoning, content: a.content + b.content };
}

/** The control tokens that open and close a thought; null where the tags are text. */
function thinkingTokens(tokenizer: Tokenizer): { readonly open: number; readonly close: number } | null {
  const [open, close] = [DEFAULT_TAGS.thinkOpen, DEFAULT_TAGS.thinkClose].map((tag) => tokenizer.idOf(tag));
  if (open === undefined || close === undefined) return null;
  return tokenizer.isControl(open) && tokenizer.isControl(close) ? { open, close } : null;
}

/** One reply as it is read. */
export class ReplyReading {
  readonly #decoder: StreamDecoder;
  readonly #parser: ThinkingParser | null;
  readonly #tagTokens: ReturnType<typeof thinkingTokens>;
  readonly #constrained: boolean;
  #letters = 0;
  #tokens = 0;
  #reasoningTokens = 0;
  #answered: boolean;

  constructor(tokenizer: Tokenizer, settings: ReadingSettings) {
    const { prefilled, midThought, midAnswer, answerTags, showSpecial, constrained } = settings;
    this.#decoder = new StreamDecoder(tokenizer, { skipSpecial: !showSpecial });
    this.#tagTokens = prefilled === null ? null : thinkingTokens(tokenizer);
    const tagsApart = this.#tagTokens !== null;
    this.#parser =
      prefilled === null
        ? null
        : new ThinkingParser({ opened: prefilled, midThought, tagsApart, answerTags });
    this.#constrained = constrained;
    this.#answered = midAnswer;
  }

  /** Its text is taken apart. */
  get takenApart(): boolean {
    return this.#parser !== null;
  }

  /** Inside a thought. */
  get thinking(): boolean {
    return this.#parser?.thinking === true;
  }

  /** Whether there was a thought at all. */
  get thought(): boolean {
    return this.#parser?.thought ?? false;
  }

  /** Something of the answer has been read. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Characters of the reply so far, shown or not. */
  get letters(): number {
    return this.#letters;
  }

  /** Letters that have not been given out and still may be. */
  get held(): number {
    return this.#parser?.held ?? 0;
  }

  get tokens(): number {
    return this.#tokens;
  }

  /** Tokens of the thought, its tags included. */
  get reasoningTokens(): number {
    return this.#reasoningTokens;
  }

  get answerTokens(): number {
    return this.#tokens - this.#reasoningTokens;
  }

  /**
   * Takes the next token.
   * @param isEnd - it ends the reply and is no text
   */
  push(token: number, isEnd: boolean): TokenReading {
    this.#tokens++;
    const inThought = this.thinking;
    const { reasoning, content } = isEnd ? NOTHING : this.#read(token);
    this.#answered ||= content !== '';
    const ofThought = inThought || this.thinking;
    // With the token that completes the opening tag come those that the tag began with, and the blanks before.
    const opens = ofThought && !inThought && !this.#answered;
    if (opens) this.#reasoningTokens = this.#tokens;
    else if (ofThought) this.#reasoningTokens++;
    return { reasoning, content, ofThought, opens };
  }

  /** The reply is over: gives what was held back. */
  end(): ThinkingDelta {
    return joined(this.#takeApart(this.#decoder.flush()), this.#parser?.end() ?? NOTHING);
  }

  /** Thinking and answer that a token brings. */
  #read(token: number): ThinkingDelta {
    const parser = this.#parser;
    const isOpen = token === this.#tagTokens?.open;
    // Outside of a thought the token that closes one is shown as the text it is.
    const isClose = token === this.#tagTokens?.close && this.thinking;
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
    if (!this.#constrained || !this.thinking) return this.#parser.push(text);
    let reasoning = '';
    for (const letter of text) if (this.thinking) reasoning += this.#parser.push(letter).reasoning;
    return { reasoning, content: '' };
  }
}
