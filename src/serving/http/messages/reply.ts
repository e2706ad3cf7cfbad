/** @file A message on the wire in Anthropic's form, in one piece or as its sequence of events. */
import { isJsonObject } from '../../../records.ts';
import type { ToolCallSyntax } from '../../../text/index.ts';
import type { GenerationEvent } from '../../backend.ts';
import type { FinishReason } from '../choice-reader.ts';
import type { ApiError } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import type { NamedModel } from '../model-name.ts';
import { type Block, type BlockEvent, ReplyBlocks } from '../reply-blocks.ts';
import { namedEvent, type StreamWire, type WholeWire } from '../reply-wire.ts';
import { messageErrorBody } from './errors.ts';

export interface MessageWireOptions {
  readonly exchange: Exchange;
  readonly model: NamedModel;
  /** The syntaxes in which calls are looked for; null: they are left in the answer. */
  readonly calls: readonly ToolCallSyntax[] | null;
}

interface Stop {
  readonly stop_reason: 'end_turn' | 'max_tokens' | 'stop_sequence' | 'tool_use' | null;
  readonly stop_sequence: string | null;
}

const NOT_STOPPED: Stop = { stop_reason: null, stop_sequence: null };

/** Anthropic signs thoughts, and clients send the signature back. Nothing is signed here, and none is checked. */
const SIGNATURE = 'unsigned';

export class MessageWhole implements WholeWire {
  readonly #options: MessageWireOptions;
  readonly #blocks: ReplyBlocks;
  readonly #content: object[] = [];
  #stop = NOT_STOPPED;

  constructor(options: MessageWireOptions) {
    this.#options = options;
    this.#blocks = new ReplyBlocks(options.calls);
  }

  event(event: GenerationEvent): void {
    if (event.type === 'delta') this.#keep(this.#blocks.take(event));
    if (event.type !== 'finish') return;
    const { events, reason } = this.#blocks.finish(event);
    this.#keep(events);
    this.#stop = stopOf(reason, event.stopString);
  }

  end(): object {
    return messageOf(this.#options, this.#content, this.#stop);
  }

  #keep(events: readonly BlockEvent[]): void {
    for (const event of events)
      if (event.type === 'close') this.#content.push(blockOf(event.block, event.text));
  }
}

export class MessageStream implements StreamWire {
  readonly #options: MessageWireOptions;
  readonly #blocks: ReplyBlocks;

  constructor(options: MessageWireOptions) {
    this.#options = options;
    this.#blocks = new ReplyBlocks(options.calls);
  }

  event(event: GenerationEvent): string {
    switch (event.type) {
      case 'start': {
        const message = messageOf(this.#options, [], NOT_STOPPED);
        return namedEvent({ type: 'message_start', message }) + this.waiting();
      }
      case 'delta':
        return this.#tell(this.#blocks.take(event));
      case 'finish': {
        const { events, reason } = this.#blocks.finish(event);
        const usage = usageOf(this.#options.exchange);
        const told = { type: 'message_delta', delta: stopOf(reason, event.stopString), usage };
        return this.#tell(events) + namedEvent(told) + namedEvent({ type: 'message_stop' });
      }
      case 'prompt':
        return '';
    }
  }

  waiting(): string {
    return namedEvent({ type: 'ping' });
  }

  failed(error: ApiError): string {
    return namedEvent(messageErrorBody(error, this.#options.exchange.id));
  }

  end(): string {
    return '';
  }

  #tell(events: readonly BlockEvent[]): string {
    return events.map((event) => this.#block(event)).join('');
  }

  #block(event: BlockEvent): string {
    const { block } = event;
    const { index } = block;
    switch (event.type) {
      case 'open':
        return namedEvent({ type: 'content_block_start', index, content_block: blockOf(block, null) });
      case 'grow':
        return namedEvent({ type: 'content_block_delta', index, delta: deltaOf(block, event.text) });
      case 'close': {
        const signature = {
          type: 'content_block_delta',
          index,
          delta: { type: 'signature_delta', signature: SIGNATURE },
        };
        const before = block.kind === 'thought' ? namedEvent(signature) : '';
        return before + namedEvent({ type: 'content_block_stop', index });
      }
    }
  }
}

/** @param text - null where it is still to come */
function blockOf(block: Block, text: string | null): object {
  switch (block.kind) {
    case 'thought':
      return { type: 'thinking', thinking: text ?? '', signature: text === null ? '' : SIGNATURE };
    case 'text':
      return { type: 'text', text: text ?? '' };
    case 'call':
      return { type: 'tool_use', id: block.callId, name: block.name, input: inputOf(text) };
  }
}

/** A call is only told when its arguments are an object. */
function inputOf(text: string | null): object {
  const input: unknown = text === null || text === '' ? {} : JSON.parse(text);
  return isJsonObject(input) ? input : {};
}

function deltaOf({ kind }: Block, text: string): object {
  switch (kind) {
    case 'thought':
      return { type: 'thinking_delta', thinking: text };
    case 'text':
      return { type: 'text_delta', text };
    case 'call':
      return { type: 'input_json_delta', partial_json: text };
  }
}

function stopOf(reason: FinishReason, stopString: string | undefined): Stop {
  if (reason === 'length') return { stop_reason: 'max_tokens', stop_sequence: null };
  if (reason === 'tool_calls') return { stop_reason: 'tool_use', stop_sequence: null };
  if (stopString === undefined) return { stop_reason: 'end_turn', stop_sequence: null };
  return { stop_reason: 'stop_sequence', stop_sequence: stopString };
}

function messageOf({ exchange, model }: MessageWireOptions, content: readonly object[], stop: Stop): object {
  return {
    id: `msg_${exchange.id}`,
    type: 'message',
    role: 'assistant',
    model: model.name,
    content,
    ...stop,
    usage: usageOf(exchange),
  };
}

/** Anthropic counts the tokens that came from the cache apart from the others. */
function usageOf({ meter: { usage } }: Exchange): object {
  return {
    input_tokens: usage.prompt_cache_miss_tokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage.prompt_cache_hit_tokens,
    output_tokens: usage.completion_tokens,
  };
}
