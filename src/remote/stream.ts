/**
 * @file A streamed completion (server-sent events) put together into the body that would have come without streaming.
 *
 * Comments (`: keep-alive`) and blank lines are ignored. An error inside the stream is passed on. A stream that ends
 * before every choice has a finish reason is incomplete.
 */
import { z } from 'zod';
import type { Json } from '../records.ts';

const piece = z.string().nullish();
const chunkSchema = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        index: z.number().int().nonnegative().max(1024).default(0),
        delta: z.looseObject({ content: piece, reasoning_content: piece, reasoning: piece }).nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .default([]),
  usage: z.unknown().optional(),
});

interface Growing {
  readonly content: string[];
  readonly reasoning: string[];
  finish: string | null;
}

/** Collects the events of one stream. */
export class StreamAssembler {
  readonly #choices = new Map<number, Growing>();
  #line = '';
  #head: Json = {};
  #usage: Json = null;
  #error: Json | null = null;
  #done = false;

  /** Takes the next text of the body. */
  push(text: string): void {
    const lines = (this.#line + text).split('\n');
    this.#line = lines.pop()!;
    for (const line of lines) this.#take(line);
  }

  /** What an error event said, or null. */
  get error(): Json | null {
    return this.#error;
  }

  /** The whole body, or null when the stream was torn. */
  end(): Json | null {
    this.#take(this.#line);
    this.#line = '';
    const finished = [...this.#choices.values()].every(({ finish }) => finish !== null);
    if (this.#choices.size === 0 || !(finished || this.#done)) return null;
    const choices = [...this.#choices].map(([index, { content, reasoning, finish }]) => ({
      index,
      message: {
        role: 'assistant',
        content: content.join(''),
        reasoning_content: reasoning.join('') || null,
      },
      finish_reason: finish,
    }));
    return {
      ...(this.#head as { readonly [key: string]: Json }),
      object: 'chat.completion',
      choices,
      usage: this.#usage,
    };
  }

  #take(line: string): void {
    const data = /^data:(.*)$/.exec(line.trimEnd())?.[1]?.trim();
    if (data === undefined || data === '') return;
    if (data === '[DONE]') {
      this.#done = true;
      return;
    }
    const value: unknown = JSON.parse(data);
    if (typeof value === 'object' && value !== null && 'error' in value && value.error) {
      this.#error = value as Json;
      return;
    }
    this.#add(chunkSchema.parse(value), value as Json);
  }

  #add(chunk: z.output<typeof chunkSchema>, value: Json): void {
    if (this.#choices.size === 0) {
      const { choices: _choices, usage: _usage, ...head } = value as { readonly [key: string]: Json };
      this.#head = head;
    }
    if (chunk.usage != null) this.#usage = chunk.usage as Json;
    for (const { index, delta, finish_reason } of chunk.choices) {
      const choice = this.#choices.get(index) ?? { content: [], reasoning: [], finish: null };
      this.#choices.set(index, choice);
      if (delta?.content) choice.content.push(delta.content);
      // Some servers send a thought under both names.
      const thought = delta?.reasoning_content || delta?.reasoning;
      if (thought) choice.reasoning.push(thought);
      if (finish_reason) choice.finish = finish_reason;
    }
  }
}
