/**
 * @file Thinking and answer told apart while a reply is still being written.
 *
 * Holds back only what may still turn out to be a tag, or whitespace at the edge of a section. Where it is not
 * known whether the prompt opened a thought, a reply that does not begin with the opening tag is held until a tag
 * or the end decides what it is: give `opened` when streaming.
 *
 * A model that has thinking tags as tokens of its own thinks between those: `tagsApart` reads letters that spell a tag
 * as text.
 */

import { DEFAULT_TAGS, type Tags } from './answer.ts';
import { beginningAtEnd } from './beginning-at-end.ts';

/** How a stream is to be read. */
export interface ThinkingOptions {
  /**
   * Whether the prompt opened the thought (`PromptText.prefilledThinking`). true: the reply starts inside the thought.
   * false: it starts outside, is given out from its first word, and only a reply that begins with the opening tag
   * thinks. Left out: not known; text before a closing tag is reasoning with or without an opening one.
   */
  readonly opened?: boolean | undefined;
  readonly tags?: Tags;
  /** The prompt ends amid the words of a thought: blanks that the reply begins with are part of it. Default false. */
  readonly midThought?: boolean;
  /**
   * Thinking tags do not come in the text but through `open` and `close`, also after the answer has begun. Needs
   * `opened`. Default false.
   */
  readonly tagsApart?: boolean;
  /** Takes off an answer tag that the content begins with, and the one that closes it. Default true. */
  readonly answerTags?: boolean;
}

/** New text of each kind. */
export interface ThinkingDelta {
  readonly reasoning: string;
  readonly content: string;
}

type State =
  /** Nothing but whitespace so far. */
  | 'start'
  /** Text before any tag, and it is not known whether the prompt opened a thought. */
  | 'undecided'
  | 'thought'
  /** Outside a thought, before the first letter of the answer: an answer tag may come. */
  | 'beforeAnswer'
  /** Inside answer tags. */
  | 'answer'
  /** The rest of a reply in which tags were seen. */
  | 'rest'
  /** A reply without tags: handed on unchanged. */
  | 'plain';

/** Gives out text without whitespace at its two ends. */
class Trimmed {
  #begun = false;
  /** Whitespace that is shown once something follows; in pieces, so that a long run is not copied at each push. */
  #blanks: string[] = [];
  #held = 0;

  /** @param begun - something stands before the text: whitespace that it begins with is shown too */
  constructor(begun = false) {
    this.#begun = begun;
  }

  /** Letters of whitespace that may still be shown. */
  get held(): number {
    return this.#held;
  }

  push(text: string): string {
    const shown = text.trimEnd();
    const blanks = text.slice(shown.length);
    if (shown === '') {
      if (this.#begun && blanks !== '') {
        this.#blanks.push(blanks);
        this.#held += blanks.length;
      }
      return '';
    }
    const piece = this.#begun ? this.#blanks.join('') + shown : shown.trimStart();
    this.#begun = true;
    this.#blanks = [blanks];
    this.#held = blanks.length;
    return piece;
  }
}

/**
 * Incremental form of `readResponse`: all deltas joined are its thought and its content. With `opened: false` that holds
 * unless a thought begins, or ends, behind text that has been given out already. `readResponse` knows a text only: with
 * `tagsApart` or without `answerTags` the two differ where tags are text here.
 */
export class ThinkingParser {
  readonly #tags: Tags;
  readonly #opened: boolean | undefined;
  readonly #tagsApart: boolean;
  readonly #answerTags: boolean;
  readonly #reasoning: Trimmed;
  readonly #content = new Trimmed();
  #state: State;
  /** Text not yet given out. */
  #held = '';
  /** Text before `#held` that holds no tag, while it is not known what it is part of. */
  #waiting: string[] = [];
  #out = { reasoning: '', content: '' };
  #thought: boolean;
  #closed = false;

  constructor(options: ThinkingOptions = {}) {
    this.#tags = options.tags ?? DEFAULT_TAGS;
    this.#opened = options.opened;
    this.#tagsApart = options.tagsApart ?? false;
    this.#answerTags = options.answerTags ?? true;
    this.#reasoning = new Trimmed(options.midThought);
    this.#state = options.midThought === true ? 'thought' : 'start';
    this.#thought = options.opened === true;
  }

  /** Whether the reply is known to hold a thought. */
  get thought(): boolean {
    return this.#thought;
  }

  /** Whether what comes next is of a thought, as far as is known. */
  get thinking(): boolean {
    return this.#thought && !this.#closed;
  }

  /** Letters taken that have not been given out and still may be. */
  get held(): number {
    const { held } = this.thinking ? this.#reasoning : this.#content;
    return this.#held.length + this.#waiting.reduce((sum, { length }) => sum + length, 0) + held;
  }

  /** Takes the next piece of the reply; gives what can be told by now. */
  push(delta: string): ThinkingDelta {
    this.#held += delta;
    return this.#run(false);
  }

  /** A token that opens a thought; within one it means nothing. */
  open(): ThinkingDelta {
    if (this.#state === 'start') {
      this.#held = '';
      this.#waiting = [];
    }
    const before = this.#run(true);
    this.#open();
    return before;
  }

  /** The token that closes the thought. */
  close(): ThinkingDelta {
    const before = this.#run(true);
    this.#close();
    return before;
  }

  /** The reply is over: gives what was held back. */
  end(): ThinkingDelta {
    return this.#run(true);
  }

  #run(last: boolean): ThinkingDelta {
    while (this.#step(last));
    const delta = this.#out;
    this.#out = { reasoning: '', content: '' };
    return delta;
  }

  /** Does what the state allows with the held text; true when the state changed. */
  #step(last: boolean): boolean {
    switch (this.#state) {
      case 'start':
        return this.#start(last);
      case 'undecided':
        return this.#undecided(last);
      case 'thought':
        if (this.#tagsApart) return this.#giveAll('reasoning');
        return this.#upTo(this.#tags.thinkClose, last, 'reasoning', () => this.#close());
      case 'beforeAnswer':
        return this.#beforeAnswer(last);
      case 'answer':
        return this.#upTo(this.#tags.answerClose, last, 'content', () => {
          this.#state = 'rest';
        });
      case 'rest':
        return this.#giveAll('content');
      case 'plain':
        this.#out.content += this.#held;
        this.#held = '';
        return false;
    }
  }

  #start(last: boolean): boolean {
    // Blanks before a thought are no answer: they wait for what follows.
    if (!this.#isWritten(last)) return false;
    const found = !this.#tagsApart && this.#begins(this.#tags.thinkOpen, last);
    if (found === undefined) return false;
    if (found) this.#open();
    else if (this.#opened === undefined) this.#state = 'undecided';
    else this.#state = this.#opened ? 'thought' : 'beforeAnswer';
    return true;
  }

  #undecided(last: boolean): boolean {
    const { thinkOpen, thinkClose } = this.#tags;
    const open = this.#held.indexOf(thinkOpen);
    const close = this.#held.indexOf(thinkClose);
    if (open < 0 && close < 0) {
      // Joining the pieces only once keeps a long reply from being copied again at each push.
      const end =
        this.#held.length -
        Math.max(beginningAtEnd(this.#held, thinkOpen), beginningAtEnd(this.#held, thinkClose));
      this.#waiting.push(this.#held.slice(0, end));
      this.#held = this.#held.slice(end);
      if (!last) return false;
      this.#held = this.#waiting.join('') + this.#held;
      this.#waiting = [];
      this.#state = 'beforeAnswer';
      return true;
    }
    const opens = open >= 0 && (close < 0 || open < close);
    const at = opens ? open : close;
    this.#give('reasoning', this.#waiting.join('') + this.#held.slice(0, at));
    this.#waiting = [];
    this.#held = this.#held.slice(at + (opens ? thinkOpen : thinkClose).length);
    if (opens) this.#open();
    else this.#close();
    return true;
  }

  #beforeAnswer(last: boolean): boolean {
    const found = this.#answerTags && this.#begins(this.#tags.answerOpen, last);
    if (found === undefined) return false;
    if (found) this.#state = 'answer';
    else this.#state = this.#thought ? 'rest' : 'plain';
    return true;
  }

  #open(): void {
    this.#thought = true;
    this.#closed = false;
    this.#state = 'thought';
  }

  #close(): void {
    this.#thought = true;
    this.#closed = true;
    this.#state = 'beforeAnswer';
  }

  /** Whether the held text is more than blanks, or all there will be; blanks are kept before it. */
  #isWritten(last: boolean): boolean {
    if (!last && this.#held.trimStart() === '') {
      if (this.#held !== '') this.#waiting.push(this.#held);
      this.#held = '';
      return false;
    }
    this.#held = this.#waiting.join('') + this.#held;
    this.#waiting = [];
    return true;
  }

  /** Whether the held text begins with the tag, which is then taken off; undefined when more text must tell. */
  #begins(tag: string, last: boolean): boolean | undefined {
    if (!this.#isWritten(last)) return undefined;
    const text = this.#held.trimStart();
    if (!last && text.length < tag.length && tag.startsWith(text)) return undefined;
    const found = text.startsWith(tag);
    if (found) this.#held = text.slice(tag.length);
    return found;
  }

  /** Gives out text up to the tag. Without the tag, all but an end that may be its beginning. */
  #upTo(tag: string, last: boolean, kind: keyof ThinkingDelta, found: () => void): boolean {
    const at = this.#held.indexOf(tag);
    const end = at >= 0 ? at : this.#held.length - (last ? 0 : beginningAtEnd(this.#held, tag));
    this.#give(kind, this.#held.slice(0, end));
    this.#held = this.#held.slice(at >= 0 ? at + tag.length : end);
    if (at >= 0) found();
    return at >= 0;
  }

  #giveAll(kind: keyof ThinkingDelta): false {
    this.#give(kind, this.#held);
    this.#held = '';
    return false;
  }

  #give(kind: keyof ThinkingDelta, text: string): void {
    this.#out[kind] += (kind === 'reasoning' ? this.#reasoning : this.#content).push(text);
  }
}
