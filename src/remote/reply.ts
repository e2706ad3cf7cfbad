/**
 * @file A chat completion taken apart: thinking, answer, why it ended, what it cost.
 *
 * Three ways of handing over the thinking are read: `reasoning_content` (DeepSeek, SGLang, vLLM before 0.11),
 * `reasoning` (vLLM, OpenRouter, Ollama), and `<think>` tags inside the content (a server without a reasoning parser).
 */
import { z } from 'zod';
import type { Json, ReadResponse } from '../records.ts';
import { DEFAULT_TAGS, readResponse, responseOfParts } from '../text/index.ts';
import type { Usage } from './prices.ts';

/** One reply. */
export interface ChatChoice {
  /** The thought, without tags; null where there is none. */
  readonly reasoning: string | null;
  /** What follows the thought; null where the reply ended before there was anything. */
  readonly content: string | null;
  /** The reply read as one response: its text with the thought between tags, its answer. */
  readonly response: ReadResponse;
  /** Why it ended: `stop`, `length`, `content_filter` …; null where the endpoint does not say. */
  readonly finish: string | null;
}

/** What a request gave; the fields of ChatChoice are those of the first choice. */
export interface ChatReply extends ChatChoice {
  readonly choices: readonly ChatChoice[];
  readonly usage: Usage;
  /** The endpoint's reply as it came (of a stream: put together). */
  readonly raw: Json;
}

const parts = z.array(z.looseObject({ type: z.string().optional(), text: z.string().optional() }));
const text = z
  .union([z.string(), parts.transform((list) => list.map((part) => part.text ?? '').join(''))])
  .nullish();
const count = z.number().int().nonnegative().nullish();

const bodySchema = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        index: z.number().nullish(),
        message: z.looseObject({ content: text, reasoning_content: text, reasoning: text }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage: z
    .looseObject({
      prompt_tokens: count,
      completion_tokens: count,
      prompt_cache_hit_tokens: count,
      prompt_tokens_details: z.looseObject({ cached_tokens: count }).nullish(),
      completion_tokens_details: z.looseObject({ reasoning_tokens: count }).nullish(),
      reasoning_tokens: count,
    })
    .nullish(),
});

type Body = z.output<typeof bodySchema>;

/**
 * Reads a completion.
 * @param promptBytes - size of the prompt, for endpoints that do not tell the usage
 * @returns null when the body is no chat completion
 */
export function readReply(body: unknown, promptBytes: number): ChatReply | null {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) return null;
  const sorted = parsed.data.choices.toSorted((a, b) => (a.index ?? 0) - (b.index ?? 0));
  const choices = sorted.map(({ message, finish_reason }): ChatChoice => {
    const content = message.content ?? '';
    const told = message.reasoning_content || message.reasoning || '';
    const finish = finish_reason ?? null;
    if (told !== '') {
      const [reasoning, said] = [told.trim(), content.trim() === '' ? null : content];
      return { reasoning, content: said, response: responseOfParts(reasoning, said), finish };
    }
    const response = readResponse(content, { opened: closesOnly(content) });
    return { reasoning: response.thought, content: response.content, response, finish };
  });
  return { ...choices[0]!, choices, usage: readUsage(parsed.data, promptBytes), raw: body as Json };
}

/** Whether a reply closes a thought it did not open: the server's template had opened it. */
function closesOnly(content: string): boolean {
  return content.includes(DEFAULT_TAGS.thinkClose) && !content.includes(DEFAULT_TAGS.thinkOpen);
}

function readUsage({ usage, choices }: Body, promptBytes: number): Usage {
  if (usage?.prompt_tokens == null || usage.completion_tokens == null) {
    const written = choices.map(
      ({ message: m }) => `${m.content ?? ''}${m.reasoning_content ?? m.reasoning ?? ''}`,
    );
    return {
      promptTokens: promptBytes,
      cachedTokens: 0,
      completionTokens: Buffer.byteLength(written.join('')),
      reasoningTokens: null,
      estimated: true,
    };
  }
  const cached = usage.prompt_cache_hit_tokens ?? usage.prompt_tokens_details?.cached_tokens ?? 0;
  return {
    promptTokens: usage.prompt_tokens,
    cachedTokens: Math.min(cached, usage.prompt_tokens),
    completionTokens: usage.completion_tokens,
    reasoningTokens: usage.completion_tokens_details?.reasoning_tokens ?? usage.reasoning_tokens ?? null,
    estimated: false,
  };
}
