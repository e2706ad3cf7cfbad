/** @file A chat completion in one piece. */

import type { ToolCallDelta, ToolCallSyntax } from '../../text/index.ts';
import type { GenerationEvent, TokenLogprob } from '../backend.ts';
import { ChoiceReader, type FinishReason, type Piece } from './choice-reader.ts';
import type { ReplyHead, WholeWire } from './reply-head.ts';
import type { UsageMeter } from './usage.ts';
import { chatLogprobs } from './wire-logprobs.ts';

export interface ChatWholeOptions {
  readonly head: ReplyHead;
  readonly n: number;
  /** The syntaxes in which calls are looked for; null: they are left in the answer. */
  readonly calls: readonly ToolCallSyntax[] | null;
  /** false: the reply holds no thought, and its message no field for one. */
  readonly thinks: boolean;
  readonly logprobs: boolean;
  readonly meter: UsageMeter;
}

interface Call {
  id: string;
  name: string;
  arguments: string;
}

interface Choice {
  readonly reader: ChoiceReader;
  readonly content: string[];
  readonly reasoning: string[];
  readonly contentLogprobs: TokenLogprob[];
  readonly reasoningLogprobs: TokenLogprob[];
  readonly calls: Map<number, Call>;
  thought: boolean;
  finish: FinishReason;
}

export class ChatWhole implements WholeWire {
  readonly #options: ChatWholeOptions;
  readonly #choices: Choice[];

  constructor(options: ChatWholeOptions) {
    this.#options = options;
    this.#choices = Array.from({ length: options.n }, () => ({
      reader: new ChoiceReader(options.calls),
      content: [],
      reasoning: [],
      contentLogprobs: [],
      reasoningLogprobs: [],
      calls: new Map(),
      thought: false,
      // Overwritten when the reply finishes.
      finish: 'insufficient_system_resource',
    }));
  }

  event(event: GenerationEvent): void {
    if (event.type === 'start') return;
    const choice = this.#choices[event.index]!;
    if (event.type === 'delta') {
      for (const piece of choice.reader.take(event)) add(choice, piece);
      return;
    }
    const { pieces, reason } = choice.reader.finish(event);
    for (const piece of pieces) add(choice, piece);
    choice.finish = reason;
    choice.thought = event.thought;
  }

  interrupted(): void {
    // Replies that have not finished already say so.
  }

  end(): object {
    const { head, meter } = this.#options;
    const choices = this.#choices.map((choice, index) => ({
      index,
      message: this.#message(choice),
      logprobs: this.#logprobs(choice),
      finish_reason: choice.finish,
    }));
    return { ...head, choices, usage: meter.usage };
  }

  #message({ content, reasoning, calls, thought }: Choice): object {
    const text = reasoning.join('');
    const had = thought || text !== '';
    return {
      role: 'assistant',
      content: content.join(''),
      ...(had || this.#options.thinks ? { reasoning_content: had ? text : null } : {}),
      ...(calls.size === 0 ? {} : { tool_calls: [...calls].map(([index, call]) => wireCall(index, call)) }),
    };
  }

  #logprobs({ contentLogprobs, reasoningLogprobs }: Choice): object | null {
    if (!this.#options.logprobs) return null;
    return {
      content: chatLogprobs(contentLogprobs),
      reasoning_content: reasoningLogprobs.length === 0 ? null : chatLogprobs(reasoningLogprobs),
    };
  }
}

function wireCall(index: number, { id, name, arguments: text }: Call): object {
  return { index, id, type: 'function', function: { name, arguments: text } };
}

function add(choice: Choice, piece: Piece): void {
  if (piece.type === 'calls') {
    choice.contentLogprobs.push(...piece.logprobs);
    for (const delta of piece.calls) addCall(choice.calls, delta);
  } else if (piece.type === 'reasoning') {
    choice.reasoning.push(piece.text);
    choice.reasoningLogprobs.push(...piece.logprobs);
  } else {
    choice.content.push(piece.text);
    choice.contentLogprobs.push(...piece.logprobs);
  }
}

function addCall(calls: Map<number, Call>, { index, id, name, arguments: text }: ToolCallDelta): void {
  const call = calls.get(index) ?? { id: '', name: '', arguments: '' };
  calls.set(index, call);
  call.id = id ?? call.id;
  call.name = name ?? call.name;
  call.arguments += text;
}
