/** @file A conversation with one model or several: each sees its own replies. */
import type { Json } from '../../records.ts';
import type { ChatMessage } from '../../text/index.ts';
import type { ChatReply } from './reply.ts';
import type { ChatSettings } from './settings.ts';

/** A message and the replies to it. */
export interface Turn {
  readonly text: string;
  readonly replies: readonly ChatReply[];
}

/** Messages and replies so far. Unchanging: each step gives another one. */
export class Conversation {
  readonly turns: readonly Turn[];

  constructor(turns: readonly Turn[] = []) {
    this.turns = turns;
  }

  get last(): Turn | undefined {
    return this.turns.at(-1);
  }

  with(turn: Turn): Conversation {
    return new Conversation([...this.turns, turn]);
  }

  /** The conversation before its last message. */
  beforeLast(): Conversation {
    return new Conversation(this.turns.slice(0, -1));
  }

  /**
   * What a model is sent: earlier messages with its own answers, without thoughts, and the new message. A message that
   * it could not answer is left out, as templates want the two sides to take turns.
   */
  messagesFor(model: string, text: string): ChatMessage[] {
    const earlier = this.turns.flatMap((turn) => {
      const reply = turn.replies.find((one) => one.model === model);
      if (reply === undefined) return [];
      return [
        { role: 'user', content: turn.text },
        { role: 'assistant', content: reply.content.trim() },
      ];
    });
    return [...earlier, { role: 'user', content: text }];
  }

  /** The conversation as a file keeps it. */
  toJson(models: readonly string[], settings: ChatSettings): Json {
    const { temperature, topP, topK, maxTokens, thinkingBudget, seed, system } = settings;
    return {
      models,
      settings: {
        temperature,
        top_p: topP,
        top_k: topK,
        max_tokens: maxTokens,
        thinking_budget: thinkingBudget,
        seed,
        system,
      },
      turns: this.turns.map(({ text, replies }) => ({ user: text, replies: replies.map(replyJson) })),
    };
  }
}

/** A reply in the words of the chat API. */
export function replyJson(reply: ChatReply) {
  const { promptTokens, cachedTokens, completionTokens, reasoningTokens } = reply;
  return {
    model: reply.model,
    reasoning_content: reply.reasoning === '' ? null : reply.reasoning,
    content: reply.content,
    finish_reason: reply.end,
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
      prompt_tokens_details: { cached_tokens: cachedTokens },
      completion_tokens_details: { reasoning_tokens: reasoningTokens },
    },
  };
}
