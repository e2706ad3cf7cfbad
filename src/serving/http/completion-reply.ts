/** @file A text completion on the wire, in one piece or streamed. The prompt, where it is echoed, comes first in each choice. */

import type { GenerationEvent } from '../backend.ts';
import type { ApiError } from './errors.ts';
import {
  DONE,
  dataEvent,
  ReplyChunks,
  type ReplyChunksOptions,
  type StreamWire,
  type WholeWire,
} from './reply-wire.ts';
import { type TextLogprobs, textLogprobs } from './wire-logprobs.ts';

/** `n`: replies to all prompts together. */
export interface CompletionWireOptions extends ReplyChunksOptions {
  /** Replies to each prompt. */
  readonly perPrompt: number;
  readonly logprobs: boolean;
}

type Added = Exclude<GenerationEvent, { type: 'start' | 'finish' }>;

/** Text and tokens that an event adds to choices. */
class Growth {
  /** Of each choice, characters of the prompt before the reply. */
  readonly #echoed: number[];
  readonly #perPrompt: number;

  constructor({ n, perPrompt }: CompletionWireOptions) {
    this.#echoed = Array.from({ length: n }, () => 0);
    this.#perPrompt = perPrompt;
  }

  of(event: Added): {
    readonly choices: readonly number[];
    readonly text: string;
    readonly logprobs: TextLogprobs;
  } {
    if (event.type === 'prompt') {
      const choices = Array.from({ length: this.#perPrompt }, (_, i) => event.index + i);
      for (const choice of choices) this.#echoed[choice]! += event.text.length;
      return { choices, text: event.text, logprobs: textLogprobs(event.tokens, 0) };
    }
    // Without a chat there is no thought to tell apart.
    const { index, reasoning, content, reasoningLogprobs = [], contentLogprobs = [] } = event;
    const tokens = [...reasoningLogprobs, ...contentLogprobs];
    const logprobs = textLogprobs(tokens, this.#echoed[index]!);
    return { choices: [index], text: reasoning + content, logprobs };
  }
}

export class CompletionStream implements StreamWire {
  readonly #options: CompletionWireOptions;
  readonly #growth: Growth;
  readonly #chunks: ReplyChunks;

  constructor(options: CompletionWireOptions) {
    this.#options = options;
    this.#growth = new Growth(options);
    this.#chunks = new ReplyChunks(options);
  }

  event(event: GenerationEvent): string {
    if (event.type === 'start') return '';
    if (event.type === 'finish') return this.#last(event.index, event.reason);
    const { choices, text, logprobs } = this.#growth.of(event);
    const told = this.#options.logprobs && logprobs.tokens.length > 0 ? logprobs : null;
    if (text === '' && told === null) return '';
    return choices
      .map((index) => this.#chunks.choice({ text, index, logprobs: told, finish_reason: null }))
      .join('');
  }

  interrupted(): string {
    return this.#chunks.lastOfAll((index) => this.#last(index, 'insufficient_system_resource'));
  }

  failed(error: ApiError): string {
    return dataEvent(error.body());
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
  finish: string;
}

export class CompletionWhole implements WholeWire {
  readonly #options: CompletionWireOptions;
  readonly #growth: Growth;
  readonly #choices: Growing[];

  constructor(options: CompletionWireOptions) {
    this.#options = options;
    this.#growth = new Growth(options);
    this.#choices = Array.from({ length: options.n }, () => ({
      text: [],
      logprobs: textLogprobs([], 0),
      finish: 'insufficient_system_resource',
    }));
  }

  event(event: GenerationEvent): void {
    if (event.type === 'start') return;
    if (event.type === 'finish') {
      this.#choices[event.index]!.finish = event.reason;
      return;
    }
    const { choices, text, logprobs } = this.#growth.of(event);
    for (const index of choices) {
      const choice = this.#choices[index]!;
      choice.text.push(text);
      choice.logprobs.tokens.push(...logprobs.tokens);
      choice.logprobs.token_logprobs.push(...logprobs.token_logprobs);
      choice.logprobs.top_logprobs.push(...logprobs.top_logprobs);
      choice.logprobs.text_offset.push(...logprobs.text_offset);
    }
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
