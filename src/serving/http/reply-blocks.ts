/**
 * @file A reply as a sequence of blocks, each opened, grown and closed before the next: thought, text, calls of tools.
 * So the APIs of responses and of messages tell it.
 */
import type { ToolCallDelta, ToolCallSyntax } from '../../text/index.ts';
import type { GenerationEvent, TokenLogprob } from '../backend.ts';
import { ChoiceReader, type FinishReason, type Piece } from './choice-reader.ts';

export type Block =
  | { readonly kind: 'thought' | 'text'; readonly index: number }
  | { readonly kind: 'call'; readonly index: number; readonly callId: string; readonly name: string };

export type BlockEvent =
  | { readonly type: 'open'; readonly block: Block }
  | {
      readonly type: 'grow';
      readonly block: Block;
      readonly text: string;
      readonly logprobs: readonly TokenLogprob[];
    }
  /** With all that it grew by. */
  | {
      readonly type: 'close';
      readonly block: Block;
      readonly text: string;
      readonly logprobs: readonly TokenLogprob[];
    };

/** The one reply of a request. */
export class ReplyBlocks {
  readonly #reader: ChoiceReader;
  #open: Block | null = null;
  #count = 0;
  #text = '';
  #logprobs: TokenLogprob[] = [];
  /** Blanks between blocks: part of a text that follows, and nothing where none does. */
  #blanks = '';

  /** @param calls - the syntaxes in which calls are looked for; null: they are left in the text */
  constructor(calls: readonly ToolCallSyntax[] | null) {
    this.#reader = new ChoiceReader(calls);
  }

  take(delta: Extract<GenerationEvent, { type: 'delta' }>): BlockEvent[] {
    return this.#reader.take(delta).flatMap((piece) => this.#add(piece));
  }

  finish(event: Extract<GenerationEvent, { type: 'finish' }>): {
    readonly events: BlockEvent[];
    readonly reason: FinishReason;
  } {
    const { pieces, reason } = this.#reader.finish(event);
    const events = pieces.flatMap((piece) => this.#add(piece));
    return { events: [...events, ...this.#close()], reason };
  }

  #add(piece: Piece): BlockEvent[] {
    if (piece.type === 'calls') return piece.calls.flatMap((call) => this.#call(call));
    const kind = piece.type === 'reasoning' ? 'thought' : 'text';
    const text = this.#blanks + piece.text;
    if (this.#open?.kind === kind) return this.#grow(piece.text, piece.logprobs);
    if (text.trim() === '') {
      this.#blanks = kind === 'text' ? text : '';
      return [];
    }
    return [...this.#begin({ kind, index: this.#count }), ...this.#grow(text, piece.logprobs)];
  }

  #call({ id, name, arguments: text }: ToolCallDelta): BlockEvent[] {
    const begun =
      id === undefined || name === undefined
        ? []
        : this.#begin({ kind: 'call', index: this.#count, callId: id, name });
    return [...begun, ...(text === '' ? [] : this.#grow(text, []))];
  }

  #begin(block: Block): BlockEvent[] {
    const closed = this.#close();
    this.#open = block;
    this.#count += 1;
    this.#blanks = '';
    return [...closed, { type: 'open', block }];
  }

  #grow(text: string, logprobs: readonly TokenLogprob[]): BlockEvent[] {
    this.#text += text;
    this.#logprobs.push(...logprobs);
    return [{ type: 'grow', block: this.#open!, text, logprobs }];
  }

  #close(): BlockEvent[] {
    const block = this.#open;
    if (block === null) return [];
    const [text, logprobs] = [this.#text, this.#logprobs];
    this.#open = null;
    this.#text = '';
    this.#logprobs = [];
    return [{ type: 'close', block, text, logprobs }];
  }
}
