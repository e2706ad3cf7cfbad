/** @file Text completions, streamed and in one piece. */
import type { GenerationEvent } from '../backend.ts';
import type { Delta } from './choice-reader.ts';
import { DONE, ReplyChunks, type ReplyChunksOptions } from './reply-chunks.ts';
import type { StreamWire, WholeWire } from './reply-head.ts';
import { type TextLogprobs, textLogprobs } from './wire-logprobs.ts';

/** `n`: replies to all prompts together. */
export interface CompletionWireOptions extends ReplyChunksOptions {
  readonly logprobs: boolean;
}

/** The text a delta adds: without a chat there is no thought to tell apart. */
const textOf = ({ reasoning, content }: Delta): string => reasoning + content;
const tokensOf = ({ reasoningLogprobs = [], contentLogprobs = [] }: Delta) => [
  ...reasoningLogprobs,
  ...contentLogprobs,
];

export class CompletionStream implements StreamWire {
  readonly #options: CompletionWireOptions;
  readonly #offsets: number[];
  readonly #chunks: ReplyChunks;

  constructor(options: CompletionWireOptions) {
    this.#options = options;
    this.#offsets = Array.from({ length: options.n }, () => 0);
    this.#chunks = new ReplyChunks(options);
  }

  event(event: GenerationEvent): string {
    if (event.type === 'start') return '';
    if (event.type === 'finish') return this.#last(event.index, event.reason);
    const [text, tokens] = [textOf(event), tokensOf(event)];
    if (text === '' && (tokens.length === 0 || !this.#options.logprobs)) return '';
    const offset = this.#offsets[event.index]!;
    this.#offsets[event.index] = offset + tokens.reduce((sum, { token }) => sum + token.length, 0);
    const logprobs = this.#options.logprobs && tokens.length > 0 ? textLogprobs(tokens, offset) : null;
    return this.#chunks.choice({ text, index: event.index, logprobs, finish_reason: null });
  }

  interrupted(): string {
    return this.#chunks.lastOfAll((index) => this.#last(index, 'insufficient_system_resource'));
  }

  end(): string {
    return DONE;
  }

  #last(index: number, reason: string): string {
    return this.#chunks.last(index, { text: '', index, logprobs: null, finish_reason: reason });
  }
}

interface Growing {
  readonly text: string[];
  readonly logprobs: TextLogprobs;
  offset: number;
  finish: string;
}

export class CompletionWhole implements WholeWire {
  readonly #options: CompletionWireOptions;
  readonly #choices: Growing[];

  constructor(options: CompletionWireOptions) {
    this.#options = options;
    this.#choices = Array.from({ length: options.n }, () => ({
      text: [],
      logprobs: textLogprobs([], 0),
      offset: 0,
      finish: 'insufficient_system_resource',
    }));
  }

  event(event: GenerationEvent): void {
    if (event.type === 'start') return;
    const choice = this.#choices[event.index]!;
    if (event.type === 'finish') {
      choice.finish = event.reason;
      return;
    }
    choice.text.push(textOf(event));
    const added = textLogprobs(tokensOf(event), choice.offset);
    choice.offset += added.tokens.reduce((sum, token) => sum + token.length, 0);
    choice.logprobs.tokens.push(...added.tokens);
    choice.logprobs.token_logprobs.push(...added.token_logprobs);
    choice.logprobs.top_logprobs.push(...added.top_logprobs);
    choice.logprobs.text_offset.push(...added.text_offset);
  }

  interrupted(): void {
    // Replies that have not finished already say so.
  }

  end(): object {
    const { head, meter, logprobs } = this.#options;
    const choices = this.#choices.map((choice, index) => ({
      text: choice.text.join(''),
      index,
      logprobs: logprobs ? choice.logprobs : null,
      finish_reason: choice.finish,
    }));
    return { ...head, choices, usage: meter.usage };
  }
}
