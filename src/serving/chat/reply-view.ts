/** @file A reply on the terminal while it comes: the thought, quiet, then the answer in its colours. */
import { MarkdownStream } from './markdown.ts';
import type { ChatReply, OnDelta } from './reply.ts';
import { harmless } from './sanitise.ts';
import type { Screen } from './screen.ts';
import { endText, runningText, thoughtText, timeText } from './status.ts';

export interface ReplyViewOptions {
  readonly screen: Screen;
  /** Hides the thought's text, not that there is one. */
  readonly folded: boolean;
  /** Seconds on a clock that only goes forward. */
  readonly clock: () => number;
}

/** How often the running time is redrawn, in milliseconds. */
const TICK_MS = 100;
const THINKING = 'thinking…';

type Part = 'waiting' | 'thought' | 'answer';

export class ReplyView implements Disposable {
  readonly #screen: Screen;
  readonly #folded: boolean;
  readonly #clock: () => number;
  readonly #markdown: MarkdownStream;
  readonly #ticker: NodeJS.Timeout;
  /** When the wait began, or the thought. */
  #startedAt: number;
  #part: Part = 'waiting';
  /** Nothing of the part has been shown: blank lines before it are left out. */
  #isPartEmpty = true;
  #reply: ChatReply | null = null;

  constructor({ screen, folded, clock }: ReplyViewOptions) {
    this.#screen = screen;
    this.#folded = folded;
    this.#clock = clock;
    this.#startedAt = clock();
    this.#markdown = new MarkdownStream(screen.paint);
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
    this.#ticker.unref();
    this.#tick();
  }

  /** Shows new text. */
  readonly take: OnDelta = ({ reasoning, content }, reply) => {
    this.#reply = reply;
    if (reasoning !== '') this.#think(harmless(reasoning));
    if (content !== '') this.#answer(harmless(content));
  };

  /** Shows how the reply ended. */
  end(reply: ChatReply): void {
    this[Symbol.dispose]();
    if (this.#part === 'thought') this.#endThought(reply);
    if (this.#part === 'answer') this.#screen.write(this.#markdown.end());
    this.#screen.print(this.#screen.paint('quiet', endText(reply)));
  }

  /** Ends the running time. */
  [Symbol.dispose](): void {
    clearInterval(this.#ticker);
    this.#screen.settle();
  }

  #think(text: string): void {
    if (this.#part === 'waiting') {
      this.#part = 'thought';
      this.#startedAt = this.#clock() - (this.#reply?.thoughtSeconds ?? 0);
      if (!this.#folded || !this.#screen.redraws) {
        this.#screen.print(this.#screen.paint('quiet', THINKING));
      }
      this.#tick();
    }
    if (!this.#folded) this.#screen.quiet(this.#withoutBlankBeginning(text));
  }

  #answer(text: string): void {
    if (this.#part === 'thought') this.#endThought(this.#reply!);
    if (this.#part !== 'answer') this.#isPartEmpty = true;
    this.#part = 'answer';
    const shown = this.#withoutBlankBeginning(text);
    if (shown !== '') this.#screen.write(this.#markdown.push(shown));
  }

  #endThought(reply: ChatReply): void {
    this.#screen.print(this.#screen.paint('quiet', thoughtText(reply)));
  }

  #withoutBlankBeginning(text: string): string {
    if (!this.#isPartEmpty) return text;
    // Blanks that begin the first line with text belong to it.
    const shown = text.replace(/^(?:[ \t]*\n)+/, '');
    if (shown.trim() !== '') this.#isPartEmpty = false;
    return this.#isPartEmpty ? '' : shown;
  }

  #tick(): void {
    const seconds = this.#clock() - this.#startedAt;
    if (this.#part === 'waiting') this.#screen.live(`waiting… ${timeText(seconds)}`);
    if (this.#part !== 'thought') return;
    const running = runningText(seconds, this.#reply?.reasoningTokens ?? 0);
    this.#screen.live(this.#folded ? `${THINKING} ${running}` : running);
  }
}
