/** @file One reply while it grows: tokens in; thought, answer, log-probabilities and the end of it out, as events. */
import type { ThinkingDelta, Tokenizer } from '../../text/index.ts';
import type { GenerationEvent, StopReason } from '../backend.ts';
import { type ScoredToken, type TokenNames, toldLogprob, WaitingLogprobs } from './logprobs.ts';
import { joined, NOTHING, type ReadingSettings, ReplyReading } from './reading.ts';
import { StopStrings } from './stop-strings.ts';

/**
 * How a token leaves its reply, as far as the model's process decides it:
 * - `goes on`
 * - `end token`: it ends the reply and is no text
 * - `complete`: the answer is complete by its constraint
 * - `length`: as long as it may be
 */
export type TokenEnd = 'goes on' | 'end token' | 'complete' | 'length';

export interface ReplyOptions {
  readonly index: number;
  readonly tokenizer: Tokenizer;
  readonly names: TokenNames;
  readonly reading: ReadingSettings;
  readonly stop: readonly string[];
  readonly wantsLogprobs: boolean;
}

/** The text of one reply. */
export class Reply {
  readonly #options: ReplyOptions;
  readonly #emit: (event: GenerationEvent) => void;
  readonly #reading: ReplyReading;
  readonly #stop: StopStrings;
  readonly #logprobs = new WaitingLogprobs();
  #ended = false;

  constructor(options: ReplyOptions, emit: (event: GenerationEvent) => void) {
    this.#options = options;
    this.#emit = emit;
    this.#reading = new ReplyReading(options.tokenizer, options.reading);
    this.#stop = new StopStrings(options.stop);
  }

  /** Nothing more is shown or counted, whatever tokens come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Takes the next token: at most one delta, and the finish where the reply ends with it. */
  take(scored: ScoredToken, end: TokenEnd): void {
    const reading = this.#reading;
    const isEnd = end === 'end token';
    const start = reading.letters;
    const piece = reading.push(scored.token, isEnd);
    if (piece.opens) this.#logprobs.moveToThought();
    // A text completion reports the token that ended it too, as OpenAI's do: readers count on one entry for each token.
    if (!isEnd || !reading.takenApart) this.#noteLogprob(scored, piece.ofThought, start);
    const { text: content, hit } = this.#stop.push(piece.content);
    const reason = hit ? 'stop' : reasonOf(end);
    const tail = reason === null || hit ? NOTHING : this.#tail();
    this.#tell(joined({ reasoning: piece.reasoning, content }, tail), reason !== null);
    if (reason !== null) this.finish(reason);
  }

  /** Keeps the log-probability of a token for the delta that shows its text. */
  #noteLogprob(scored: ScoredToken, ofThought: boolean, start: number): void {
    const { wantsLogprobs, names, tokenizer } = this.#options;
    if (!wantsLogprobs) return;
    const { letters } = this.#reading;
    const isUnfinished = letters === start && !tokenizer.isControl(scored.token);
    this.#logprobs.add(toldLogprob(scored, names, start), ofThought, start, isUnfinished ? null : letters);
  }

  /** What was held back until the end. */
  #tail(): ThinkingDelta {
    const { reasoning, content } = this.#reading.end();
    const stopped = this.#stop.push(content);
    return { reasoning, content: stopped.text + (stopped.hit ? '' : this.#stop.end()) };
  }

  /** @param last - nothing follows: what waits is told now */
  #tell({ reasoning, content }: ThinkingDelta, last: boolean): void {
    const { index, wantsLogprobs } = this.#options;
    if (!wantsLogprobs) {
      if (reasoning !== '' || content !== '') this.#emit({ type: 'delta', index, reasoning, content });
      return;
    }
    const held = this.#reading.held + this.#stop.held;
    const ready = this.#logprobs.take(last ? Number.POSITIVE_INFINITY : this.#reading.letters - held);
    const hasLogprobs = ready.reasoning.length + ready.content.length > 0;
    if (reasoning === '' && content === '' && !hasLogprobs) return;
    this.#emit({
      type: 'delta',
      index,
      reasoning,
      content,
      ...(ready.reasoning.length > 0 && { reasoningLogprobs: ready.reasoning }),
      ...(ready.content.length > 0 && { contentLogprobs: ready.content }),
    });
  }

  /** Ends the reply. */
  finish(reason: StopReason): void {
    const { met } = this.#stop;
    this.#ended = true;
    this.#emit({
      type: 'finish',
      index: this.#options.index,
      reason,
      ...(met === null ? {} : { stopString: met }),
      reasoningTokens: this.#reading.reasoningTokens,
      completionTokens: this.#reading.tokens,
      thought: this.#reading.thought,
    });
  }
}

/** Why a reply ends with a token; null where it goes on. */
export function reasonOf(end: TokenEnd): StopReason | null {
  if (end === 'goes on') return null;
  return end === 'length' ? 'length' : 'stop';
}
