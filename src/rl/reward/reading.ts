/**
 * @file Scored part of a response, as a reward model reads it: all of it, or the answer alone; the same in training and when it scores.
 *
 * DeepSeek-R1's helpfulness model reads the final answer only, so that the thought is left free; its safety model reads
 * the whole response, as harm may be done anywhere (arXiv 2501.12948, supplement).
 */
import { z } from 'zod';
import type { ReadResponse } from '../../records.ts';
import { encodeDemonstration, type PromptTemplate, type Question, type Tokenizer } from '../../text/index.ts';

export const READINGS = ['answer', 'response'] as const;
export type Reading = (typeof READINGS)[number];

export const readsSchema = z
  .enum(READINGS)
  .describe('What is scored: the answer alone, without the thought, or the whole response');

/** How a reward model is shown a response. */
export interface ReadingOptions {
  readonly reads: Reading;
  readonly template: PromptTemplate;
  readonly tokenizer: Tokenizer;
}

/**
 * Token ids of a prompt and what is read of a response, with the end token that the score is taken at.
 * @returns null where nothing is to be read: the thought is not closed, or nothing follows it
 */
export function readingOf(
  prompt: Question,
  response: ReadResponse,
  options: ReadingOptions,
): Int32Array | null {
  const { reads, template, tokenizer } = options;
  const text = reads === 'response' ? response.text : (response.said?.trim() ?? '');
  if (text.trim() === '') return null;
  return encodeDemonstration(template, prompt, text, tokenizer).tokens;
}
