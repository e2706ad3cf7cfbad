/** @file Tokens of one HTTP request, counted from its events. */
import type { GenerationEvent } from '../backend.ts';

/** `usage` in the form of a captured DeepSeek reply; it holds OpenAI's fields too. */
export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number };
  readonly completion_tokens_details: { readonly reasoning_tokens: number };
  readonly prompt_cache_hit_tokens: number;
  readonly prompt_cache_miss_tokens: number;
}

interface Reply {
  completion: number;
  reasoning: number;
}

/** Adds up what a request used. A reply that has not finished counts one token for each delta. */
export class UsageMeter {
  #prompt = 0;
  #cached = 0;
  readonly #replies = new Map<number, Reply>();

  take(event: GenerationEvent): void {
    if (event.type === 'start') {
      this.#prompt += event.promptTokens;
      this.#cached += event.cachedTokens;
    } else if (event.type === 'finish') {
      const { completionTokens: completion, reasoningTokens: reasoning } = event;
      this.#replies.set(event.index, { completion, reasoning });
    } else if (event.type === 'delta') {
      const { index, reasoning, merged = 1 } = event;
      let reply = this.#replies.get(index);
      if (reply === undefined) {
        reply = { completion: 0, reasoning: 0 };
        this.#replies.set(index, reply);
      }
      reply.completion += merged;
      if (reasoning !== '') reply.reasoning += merged;
    }
  }

  get usage(): Usage {
    const replies = [...this.#replies.values()];
    const completion = replies.reduce((sum, reply) => sum + reply.completion, 0);
    return {
      prompt_tokens: this.#prompt,
      completion_tokens: completion,
      total_tokens: this.#prompt + completion,
      prompt_tokens_details: { cached_tokens: this.#cached },
      completion_tokens_details: {
        reasoning_tokens: replies.reduce((sum, reply) => sum + reply.reasoning, 0),
      },
      prompt_cache_hit_tokens: this.#cached,
      prompt_cache_miss_tokens: this.#prompt - this.#cached,
    };
  }
}
