/**
 * @file Has a thought rewritten by a model behind an endpoint: readable, in the first person, in one language.
 *
 * R1's cold start was made so (arXiv 2501.12948, supplementary: humans rewrote some traces, a model the rest after their
 * example). Only the thought is rewritten; the answer stays as it was sampled. The wording of the request is our own.
 */
import { z } from 'zod';
import { ABOUT_MATERIAL, material } from '../../grading/judge/index.ts';
import type { Prompt, ReadResponse } from '../../records.ts';
import { type Endpoint, endpointSchema } from '../../remote/index.ts';
import { askedText, DEFAULT_TAGS } from '../../text/index.ts';

const count = z.number().int().positive();

const INSTRUCTION = `Rewrite the draft of a thought so that it reads well.
- Keep every step, number and result of the draft, its mistakes and corrections included, in the same order.
- Write as somebody who thinks aloud, in the first person, in whole sentences and short paragraphs.
- Write in the language of the question only.
- Add no step that is not in the draft, no heading, and no remark about the rewriting.
Reply with the rewritten thought and nothing else.`;

/** Settings of rewriting. */
export const rewriteSchema = z.strictObject({
  endpoint: endpointSchema.describe('The model that rewrites'),
  instruction: z.string().min(1).default(INSTRUCTION).describe('What it is told'),
  temperature: z.number().min(0).default(0.6),
  maxTokens: count.default(8192).describe('Longest reply, thinking included'),
  otherwise: z
    .enum(['drop', 'original'])
    .default('drop')
    .describe('A trace whose rewriting does not pass rules and filters: dropped, or kept as it was'),
});

export type RewriteConfig = z.output<typeof rewriteSchema>;

/** A response cut at its thought. */
export interface Parts {
  /** Up to the thought: its opening tag, or nothing where the prompt opened it. */
  readonly before: string;
  readonly thought: string;
  /** From the closing tag on. */
  readonly after: string;
}

/** The parts of a response that has one closed thought with something in it, else null. */
export function partsOf({ text, opened }: Pick<ReadResponse, 'text' | 'opened'>): Parts | null {
  const { thinkOpen, thinkClose } = DEFAULT_TAGS;
  const close = text.indexOf(thinkClose);
  const open = opened ? 0 : text.indexOf(thinkOpen);
  if (close === -1 || open === -1 || open > close) return null;
  const start = opened ? 0 : open + thinkOpen.length;
  const thought = text.slice(start, close);
  return thought.trim() === '' ? null : { before: text.slice(0, start), thought, after: text.slice(close) };
}

/**
 * The response with its thought rewritten, and the tokens of the reply; null where the reply was cut, empty, or holds
 * tags.
 * @throws what `endpoint.chat` throws
 */
export async function rewriteThought(
  endpoint: Endpoint,
  { before, thought, after }: Parts,
  prompt: Prompt,
  config: RewriteConfig,
  request: { readonly seed: number; readonly signal: AbortSignal },
): Promise<{ readonly text: string; readonly tokens: number } | null> {
  const { instruction, temperature, maxTokens } = config;
  const { content, finish, usage } = await endpoint.chat({
    messages: [
      { role: 'system', content: `${instruction}\n\n${ABOUT_MATERIAL}` },
      {
        role: 'user',
        content: `${material('question', askedText(prompt))}\n\n${material('draft', thought)}`,
      },
    ],
    temperature,
    maxTokens,
    ...request,
  });
  const written = content?.trim() ?? '';
  const tagged = Object.values(DEFAULT_TAGS).some((tag) => written.includes(tag));
  if (written === '' || tagged || finish === 'length') return null;
  // The white space around the thought is a habit of the model that is trained: it stays as it was.
  const [, lead = '', trail = ''] = [null, /^\s*/u.exec(thought)?.[0], /\s*$/u.exec(thought)?.[0]];
  return { text: `${before}${lead}${written}${trail}${after}`, tokens: usage.completionTokens };
}
