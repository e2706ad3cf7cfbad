/** @file Text completions, streamed and in one piece. */
import type { GenerationEvent } from '../backend.ts';
import type { Delta } from './choice-reader.ts';
import type { ReplyHead, StreamWire, WholeWire } from './reply-head.ts';
import type { UsageMeter } from './usage.ts';
import { type TextLogprobs, textLogprobs } from './wire-logprobs.ts';

export interface CompletionWireOptions {
  readonly head: ReplyHead;
  /** Replies to all prompts together. */
  readonly n: number;
  readonly logprobs: boolean;
  readonly usageChunk: boolean;
  readonly meter: UsageMeter;
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
  readonly #unfinished: Set<number>;

  constructor(options: CompletionWireOptions) {
    this.#options = options;
    this.#offsets = Array.from({ length: options.n }, () => 0);
    this.#unfinished = new Set(this.#offsets.keys());
  }

  event(event: GenerationEvent): string {
    if (event.type === 'start') return '';
    if (event.type === 'finish') return this.#last(event.index, event.reason);
    const [text, tokens] = [textOf(event), tokensOf(event)];
    if (text === '' && (tokens.length === 0 || !this.#options.logprobs)) return '';
    const offset = this.#offsets[event.index]!;
    this.#offsets[event.index] = offset + tokens.reduce((sum, { token }) => sum + token.length, 0);
    const logprobs = this.#options.logprobs && tokens.length > 0 ? textLogprobs(tokens, offset) : null;
    return this.#send([{ text, index: event.index, logprobs, finish_reason: null }], null);
  }

  interrupted(): string {
    return [...this.#unfinished].map((index) => this.#last(index, 'insufficient_system_resource')).join('');
  }

  end(): string {
    return 'data: [DONE]\n\n';
  }

  #last(index: number, reason: string): string {
    this.#unfinished.delete(index);
    const { meter, usageChunk } = this.#options;
    const done = this.#unfinished.size === 0;
    const usage = done ? meter.usage : null;
    const choice = { text: '', index, logprobs: null, finish_reason: reason };
    const last = this.#send([choice], usageChunk ? null : usage);
    return done && usageChunk ? last + this.#send([], usage) : last;
  }

  #send(choices: readonly object[], usage: object | null): string {
    return `data: ${JSON.stringify({ ...this.#options.head, choices, usage })}\n\n`;
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
