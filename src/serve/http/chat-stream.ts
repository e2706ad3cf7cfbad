/**
 * @file A streamed chat completion, in the form captured from DeepSeek's API: a first chunk with the role, chunks of the
 * thought, chunks of the answer, a last one with the finish reason, `[DONE]`.
 *
 * DeepSeek sends the usage on the last chunk, also where `include_usage` is set; OpenAI documents a chunk of its own
 * with no choices. The first form is sent unless a client of the `open` era asks with `include_usage`: readers of either
 * API find the usage where it is theirs, and clients that take it from any chunk (ai, LangChain) are served by both.
 */
import type { ToolCallSyntax } from '../../text/tool-syntax.ts';
import type { GenerationEvent, TokenLogprob } from '../backend.ts';
import { ChoiceReader, type FinishReason, type Piece } from './choice-reader.ts';
import type { ReplyHead, StreamWire } from './reply-head.ts';
import type { UsageMeter } from './usage.ts';
import { chatLogprobs } from './wire-logprobs.ts';

export interface ChatStreamOptions {
  readonly head: ReplyHead;
  readonly n: number;
  /** The syntaxes in which calls are looked for; null: they are left in the answer. */
  readonly calls: readonly ToolCallSyntax[] | null;
  /** false: the reply holds no thought, and its chunks no field for one. */
  readonly thinks: boolean;
  readonly logprobs: boolean;
  readonly firstContent: '' | null;
  readonly usageChunk: boolean;
  readonly meter: UsageMeter;
}

export class ChatStream implements StreamWire {
  readonly #options: ChatStreamOptions;
  readonly #choices: ChoiceReader[];
  readonly #unfinished: Set<number>;

  constructor(options: ChatStreamOptions) {
    this.#options = options;
    this.#choices = Array.from({ length: options.n }, () => new ChoiceReader(options.calls));
    this.#unfinished = new Set(this.#choices.keys());
  }

  event(event: GenerationEvent): string {
    if (event.type === 'start') return this.#choices.map((_, index) => this.#first(index)).join('');
    const choice = this.#choices[event.index]!;
    if (event.type === 'delta') return this.#pieces(event.index, choice.take(event));
    const { pieces, reason } = choice.finish(event);
    return this.#pieces(event.index, pieces) + this.#last(event.index, reason);
  }

  interrupted(): string {
    return [...this.#unfinished].map((index) => this.#last(index, 'insufficient_system_resource')).join('');
  }

  end(): string {
    return 'data: [DONE]\n\n';
  }

  #first(index: number): string {
    const { thinks, firstContent } = this.#options;
    const delta = thinks ? { content: firstContent, reasoning_content: '' } : { content: '' };
    return this.#chunk(index, { role: 'assistant', ...delta }, [], null);
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
      return this.#chunk(index, { tool_calls: calls }, piece.logprobs, null);
    }
    if (piece.type === 'reasoning') {
      return this.#chunk(index, { content: null, reasoning_content: piece.text }, piece.logprobs, null, true);
    }
    return this.#chunk(index, this.#answer(piece.text), piece.logprobs, null);
  }

  #answer(content: string): object {
    return this.#options.thinks ? { content, reasoning_content: null } : { content };
  }

  #last(index: number, reason: FinishReason): string {
    this.#unfinished.delete(index);
    const { meter, usageChunk } = this.#options;
    const done = this.#unfinished.size === 0;
    const usage = done ? meter.usage : null;
    const last = this.#chunk(index, this.#answer(''), [], reason, false, usageChunk ? null : usage);
    return done && usageChunk ? last + this.#send([], usage) : last;
  }

  #chunk(
    index: number,
    delta: object,
    tokens: readonly TokenLogprob[],
    finish: FinishReason | null,
    reasoning = false,
    usage: object | null = null,
  ): string {
    const logprobs = this.#options.logprobs && tokens.length > 0 ? chatLogprobs(tokens) : null;
    const wire =
      logprobs === null
        ? null
        : reasoning
          ? { content: null, reasoning_content: logprobs }
          : { content: logprobs, reasoning_content: null };
    return this.#send([{ index, delta, logprobs: wire, finish_reason: finish }], usage);
  }

  #send(choices: readonly object[], usage: object | null): string {
    const { head } = this.#options;
    return `data: ${JSON.stringify({ ...head, choices, usage })}\n\n`;
  }
}
