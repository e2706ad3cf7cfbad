/**
 * @file A chat completion on the wire, in one piece or streamed.
 *
 * The stream has the form captured from DeepSeek's API: a first chunk with the role, chunks of the thought, chunks of the
 * answer, a last one with the finish reason, `[DONE]`. DeepSeek sends the usage on the last chunk, also where
 * `include_usage` is set; OpenAI documents a chunk of its own with no choices. The first form is sent unless a client of
 * the `open` era asks with `include_usage`: readers of either API find the usage where it is theirs, and clients that take
 * it from any chunk (ai, LangChain) are served by both.
 */
import type { ToolCallDelta, ToolCallSyntax } from '../../text/index.ts';
import type { GenerationEvent, TokenLogprob } from '../backend.ts';
import { ChoiceReader, type FinishReason, type Piece } from './choice-reader.ts';
import type { ApiError } from './errors.ts';
import {
  around,
  DONE,
  dataEvent,
  ReplyChunks,
  type ReplyChunksOptions,
  type ReplyHead,
  type StreamWire,
  type WholeWire,
} from './reply-wire.ts';
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
    if (event.type === 'start' || event.type === 'prompt') return;
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

export interface ChatStreamOptions extends ReplyChunksOptions {
  /** The syntaxes in which calls are looked for; null: they are left in the answer. */
  readonly calls: readonly ToolCallSyntax[] | null;
  /** false: the reply holds no thought, and its chunks no field for one. */
  readonly thinks: boolean;
  readonly logprobs: boolean;
  readonly firstContent: '' | null;
}

export class ChatStream implements StreamWire {
  readonly #options: ChatStreamOptions;
  readonly #choices: ChoiceReader[];
  readonly #chunks: ReplyChunks;
  /** By choice, the chunk of a text without log-probabilities: nearly all are. */
  readonly #plain: { readonly [kind in 'reasoning' | 'content']: ((text: string) => string)[] } = {
    reasoning: [],
    content: [],
  };

  constructor(options: ChatStreamOptions) {
    this.#options = options;
    this.#choices = Array.from({ length: options.n }, () => new ChoiceReader(options.calls));
    this.#chunks = new ReplyChunks(options);
  }

  event(event: GenerationEvent): string {
    if (event.type === 'start') return this.#choices.map((_, index) => this.#first(index)).join('');
    if (event.type === 'prompt') return '';
    const choice = this.#choices[event.index]!;
    if (event.type === 'delta') return this.#pieces(event.index, choice.take(event));
    const { pieces, reason } = choice.finish(event);
    return this.#pieces(event.index, pieces) + this.#last(event.index, reason);
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

  #first(index: number): string {
    const { thinks, firstContent } = this.#options;
    const delta = thinks ? { content: firstContent, reasoning_content: '' } : { content: '' };
    return this.#chunk(index, { role: 'assistant', ...delta }, []);
  }

  #pieces(index: number, pieces: readonly Piece[]): string {
    return pieces.map((piece) => this.#piece(index, piece)).join('');
  }

  #piece(index: number, piece: Piece): string {
    if (piece.type === 'calls') {
      const calls = piece.calls.map(({ index: call, id, name, arguments: text }) => ({
        index: call,
        ...(id === undefined ? {} : { id, type: 'function' }),
        function: { ...(name === undefined ? {} : { name }), arguments: text },
      }));
      return this.#chunk(index, { tool_calls: calls }, piece.logprobs);
    }
    const { type, text, logprobs } = piece;
    if (logprobs.length > 0) return this.#text(index, type, text, logprobs);
    const plain = this.#plain[type];
    plain[index] ??= around((written) => this.#text(index, type, written, []));
    return plain[index](text);
  }

  #text(
    index: number,
    type: 'reasoning' | 'content',
    text: string,
    logprobs: readonly TokenLogprob[],
  ): string {
    if (type === 'content') return this.#chunk(index, this.#answer(text), logprobs);
    return this.#chunk(index, { content: null, reasoning_content: text }, logprobs, true);
  }

  #answer(content: string): object {
    return this.#options.thinks ? { content, reasoning_content: null } : { content };
  }

  #last(index: number, reason: FinishReason): string {
    return this.#chunks.last(index, {
      index,
      delta: this.#answer(''),
      logprobs: null,
      finish_reason: reason,
    });
  }

  #chunk(index: number, delta: object, tokens: readonly TokenLogprob[], reasoning = false): string {
    const logprobs = this.#options.logprobs && tokens.length > 0 ? chatLogprobs(tokens) : null;
    const wire =
      logprobs === null
        ? null
        : reasoning
          ? { content: null, reasoning_content: logprobs }
          : { content: logprobs, reasoning_content: null };
    return this.#chunks.choice({ index, delta, logprobs: wire, finish_reason: null });
  }
}
