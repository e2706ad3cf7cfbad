/**
 * @file A response on the wire, in one piece or as OpenAI's sequence of events.
 *
 * A thought is a `reasoning` item. Its text is in `summary`, which clients show, and in `content`, which OpenAI has for
 * the thoughts of open models; the stream tells it once, as the summary.
 */
import type { ToolCallSyntax } from '../../../text/index.ts';
import type { GenerationEvent, TokenLogprob } from '../../backend.ts';
import type { FinishReason } from '../choice-reader.ts';
import type { ApiError } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import { type Block, type BlockEvent, ReplyBlocks } from '../reply-blocks.ts';
import { namedEvent, type StreamWire, type WholeWire } from '../reply-wire.ts';
import type { Usage } from '../usage.ts';
import { chatLogprobs } from '../wire-logprobs.ts';
import type { ResponsePlan } from './request.ts';

export interface ResponseWireOptions {
  readonly exchange: Exchange;
  readonly plan: ResponsePlan;
  /** The syntaxes in which calls are looked for; null: they are left in the answer. */
  readonly calls: readonly ToolCallSyntax[] | null;
}

type Status = 'in_progress' | 'completed' | 'incomplete';
type Closed = Extract<BlockEvent, { type: 'close' }>;

/**
 * What is sent in place of a thought that only its maker could read: nothing is hidden here. Clients such as ai send
 * thoughts back only where this is there.
 */
const NOT_ENCRYPTED = 'not-encrypted';

export class ResponseWhole implements WholeWire {
  readonly #options: ResponseWireOptions;
  readonly #blocks: ReplyBlocks;
  readonly #items: object[] = [];
  #reason: FinishReason = 'stop';

  constructor(options: ResponseWireOptions) {
    this.#options = options;
    this.#blocks = new ReplyBlocks(options.calls);
  }

  event(event: GenerationEvent): void {
    if (event.type === 'delta') this.#keep(this.#blocks.take(event), 'completed');
    if (event.type !== 'finish') return;
    const { events, reason } = this.#blocks.finish(event);
    this.#reason = reason;
    this.#keep(events, reason === 'length' ? 'incomplete' : 'completed');
  }

  end(): object {
    const status = this.#reason === 'length' ? 'incomplete' : 'completed';
    return responseOf(this.#options, status, this.#items);
  }

  #keep(events: readonly BlockEvent[], status: Status): void {
    for (const event of events) {
      if (event.type === 'close') this.#items.push(itemOf(event, status, this.#options));
    }
  }
}

export class ResponseStream implements StreamWire {
  readonly #options: ResponseWireOptions;
  readonly #blocks: ReplyBlocks;
  readonly #items: object[] = [];
  #sent = 0;

  constructor(options: ResponseWireOptions) {
    this.#options = options;
    this.#blocks = new ReplyBlocks(options.calls);
  }

  event(event: GenerationEvent): string {
    switch (event.type) {
      case 'start': {
        const response = responseOf(this.#options, 'in_progress', []);
        return (
          this.#send('response.created', { response }) + this.#send('response.in_progress', { response })
        );
      }
      case 'delta':
        return this.#tell(this.#blocks.take(event), 'completed');
      case 'finish': {
        const { events, reason } = this.#blocks.finish(event);
        const status = reason === 'length' ? 'incomplete' : 'completed';
        const told = this.#tell(events, status);
        return (
          told +
          this.#send(`response.${status}`, { response: responseOf(this.#options, status, this.#items) })
        );
      }
      case 'prompt':
        return '';
    }
  }

  /** In both forms that clients look for: OpenAI documents the fields, and its older clients read `error`. */
  failed(error: ApiError): string {
    const { message, code, param, type } = error;
    return this.#send('error', { code, message, param, error: { type, code, message, param } });
  }

  end(): string {
    return '';
  }

  #tell(events: readonly BlockEvent[], status: Status): string {
    return events.map((event) => this.#block(event, status)).join('');
  }

  #block(event: BlockEvent, status: Status): string {
    const { block } = event;
    const at = { output_index: block.index };
    if (event.type === 'open') {
      const item = itemOf({ block, text: null, logprobs: [] }, 'in_progress', this.#options);
      return this.#send('response.output_item.added', { ...at, item }) + this.#part('added', block, '', []);
    }
    const named = { item_id: itemId(block, this.#options), ...at };
    if (event.type === 'grow') return this.#grow(event, named);
    const item = itemOf(event, status, this.#options);
    this.#items.push(item);
    return (
      this.#whole(event, named) +
      this.#part('done', block, event.text, event.logprobs) +
      this.#send('response.output_item.done', { ...at, item })
    );
  }

  #grow({ block, text: delta, logprobs }: Extract<BlockEvent, { type: 'grow' }>, named: object): string {
    if (block.kind === 'call') {
      return this.#send('response.function_call_arguments.delta', { ...named, delta });
    }
    if (block.kind === 'thought') {
      return this.#send('response.reasoning_summary_text.delta', { ...named, summary_index: 0, delta });
    }
    const told = { content_index: 0, delta, logprobs: this.#logprobs(logprobs) };
    return this.#send('response.output_text.delta', { ...named, ...told });
  }

  #whole({ block, text, logprobs }: Closed, named: object): string {
    if (block.kind === 'call') {
      const told = { name: block.name, arguments: text };
      return this.#send('response.function_call_arguments.done', { ...named, ...told });
    }
    if (block.kind === 'thought') {
      return this.#send('response.reasoning_summary_text.done', { ...named, summary_index: 0, text });
    }
    const told = { content_index: 0, text, logprobs: this.#logprobs(logprobs) };
    return this.#send('response.output_text.done', { ...named, ...told });
  }

  /** The part of an item that text grows in; a call has none. */
  #part(news: 'added' | 'done', block: Block, text: string, logprobs: readonly TokenLogprob[]): string {
    if (block.kind === 'call') return '';
    const named = { item_id: itemId(block, this.#options), output_index: block.index };
    if (block.kind === 'thought') {
      const part = { type: 'summary_text', text };
      return this.#send(`response.reasoning_summary_part.${news}`, { ...named, summary_index: 0, part });
    }
    const part = textPart(text, logprobs, this.#options);
    return this.#send(`response.content_part.${news}`, { ...named, content_index: 0, part });
  }

  #logprobs(tokens: readonly TokenLogprob[]): object[] {
    return logprobsOf(tokens, this.#options);
  }

  #send(type: string, fields: object): string {
    return namedEvent({ type, sequence_number: this.#sent++, ...fields });
  }
}

const PREFIXES = { thought: 'rs', text: 'msg', call: 'fc' } as const;

function itemId({ kind, index }: Block, { exchange }: ResponseWireOptions): string {
  return `${PREFIXES[kind]}_${exchange.id}_${index}`;
}

/** @param text - null while nothing is in it yet */
function itemOf(
  {
    block,
    text,
    logprobs,
  }: { readonly block: Block; readonly text: string | null; readonly logprobs: readonly TokenLogprob[] },
  status: Status,
  options: ResponseWireOptions,
): object {
  const id = itemId(block, options);
  switch (block.kind) {
    case 'thought':
      return {
        id,
        type: 'reasoning',
        status,
        summary: text === null ? [] : [{ type: 'summary_text', text }],
        content: text === null ? [] : [{ type: 'reasoning_text', text }],
        encrypted_content: NOT_ENCRYPTED,
      };
    case 'text': {
      const content = text === null ? [] : [textPart(text, logprobs, options)];
      return { id, type: 'message', status, role: 'assistant', content };
    }
    case 'call':
      return {
        id,
        type: 'function_call',
        status,
        call_id: block.callId,
        name: block.name,
        arguments: text ?? '',
      };
  }
}

function textPart(text: string, logprobs: readonly TokenLogprob[], options: ResponseWireOptions): object {
  return { type: 'output_text', text, annotations: [], logprobs: logprobsOf(logprobs, options) };
}

function logprobsOf(tokens: readonly TokenLogprob[], { plan }: ResponseWireOptions): object[] {
  return plan.request.topLogprobs === null ? [] : chatLogprobs(tokens);
}

/** The response with the settings it was made by. */
function responseOf(
  { exchange, plan }: ResponseWireOptions,
  status: Status,
  output: readonly object[],
): object {
  const { asked, model, request } = plan;
  return {
    id: `resp_${exchange.id}`,
    object: 'response',
    created_at: exchange.created,
    status,
    background: false,
    error: null,
    incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    instructions: asked.instructions ?? null,
    max_output_tokens: asked.max_output_tokens ?? null,
    metadata: asked.metadata ?? {},
    model: model.name,
    output,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: asked.reasoning?.effort ?? null, summary: null },
    store: false,
    temperature: request.sampling.temperature,
    text: { format: asked.text?.format ?? { type: 'text' } },
    tool_choice: asked.tool_choice ?? 'auto',
    tools: asked.tools ?? [],
    top_logprobs: request.topLogprobs ?? 0,
    top_p: request.sampling.topP,
    truncation: 'disabled',
    usage: status === 'in_progress' ? null : usageOf(exchange.meter.usage),
  };
}

function usageOf(usage: Usage): object {
  return {
    input_tokens: usage.prompt_tokens,
    input_tokens_details: { cached_tokens: usage.prompt_tokens_details.cached_tokens },
    output_tokens: usage.completion_tokens,
    output_tokens_details: { reasoning_tokens: usage.completion_tokens_details.reasoning_tokens },
    total_tokens: usage.total_tokens,
  };
}
