/**
 * @file Filters of responses, whatever their answer: R1 dropped thoughts of mixed language, long
 * paragraphs and code blocks (arXiv 2501.12948, supplementary), and repetition in the cold start.
 *
 * All look at the thought alone, tags left out, but for those of length and end. Each is a cheap rule; what it misses is
 * said in docs/rejection-sampling.md.
 */
import { z } from 'zod';
import type { Completion, Prompt } from '../../records.ts';
import { languageConsistency } from '../../rl/reward/index.ts';
import { repeatedShare, timesInARow, unitsOf } from './repetition.ts';

const count = z.number().int().positive();

/** Settings of the filters; one that is left out drops nothing, but for `truncated`. */
export const filtersSchema = z.strictObject({
  truncated: z.enum(['drop', 'keep']).default('drop').describe('Responses cut by the length limit'),
  minTokens: count.optional().describe('Shortest response'),
  maxTokens: count.optional().describe('Longest response'),
  languageMix: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Largest share of words of the thought in another script than the language of the prompt'),
  repetition: z
    .strictObject({
      ngram: count.default(6).describe('Words in a row that count as repeated where they stand twice'),
      maxShare: z
        .number()
        .min(0)
        .max(1)
        .default(0.5)
        .describe('Largest share of n-grams of the thought that stand earlier in it'),
      maxInARow: count.default(4).describe('Most times that one stretch may stand in a row'),
    })
    .optional()
    .describe('Thoughts that repeat themselves'),
  longParagraph: count.optional().describe('Longest paragraph of the thought, in characters'),
  codeBlocks: z.enum(['drop', 'keep']).default('keep').describe('Thoughts with a fenced code block'),
});

export type FiltersConfig = z.output<typeof filtersSchema>;

/** Filters that need no look at the text, and those of the thought, in the order they are asked. */
export const LENGTH_FILTERS = ['truncated', 'minTokens', 'maxTokens'] as const;
export const THOUGHT_FILTERS = ['languageMix', 'repetition', 'longParagraph', 'codeBlocks'] as const;

/** The first length filter a response does not pass, or null. */
export function lengthReason(
  { finish, tokens }: Pick<Completion, 'finish'> & { readonly tokens: { readonly length: number } },
  { truncated, minTokens = 0, maxTokens = Infinity }: FiltersConfig,
): (typeof LENGTH_FILTERS)[number] | null {
  if (truncated === 'drop' && finish === 'length') return 'truncated';
  if (tokens.length < minTokens) return 'minTokens';
  return tokens.length > maxTokens ? 'maxTokens' : null;
}

/** The first filter a thought does not pass, or null. */
export function thoughtReason(
  thought: string,
  prompt: Pick<Prompt, 'text' | 'language'>,
  config: FiltersConfig,
): (typeof THOUGHT_FILTERS)[number] | null {
  const { languageMix, repetition, longParagraph, codeBlocks } = config;
  if (languageMix !== undefined && otherLanguageShare(thought, prompt) > languageMix) return 'languageMix';
  if (repetition !== undefined && repeats(thought, repetition)) return 'repetition';
  if (longParagraph !== undefined && longestParagraph(thought) > longParagraph) return 'longParagraph';
  return codeBlocks === 'drop' && hasCodeBlock(thought) ? 'codeBlocks' : null;
}

/** Languages that a question without a stated one is taken for, by script. */
const CANDIDATES = ['en', 'zh', 'ja', 'ko', 'ru', 'el', 'ar', 'he', 'hi', 'th'];

/**
 * Share of the words in another script than the prompt's language has, 0..1; 0 for a thought without words. Without a
 * stated language the question's own counts.
 */
export function otherLanguageShare(thought: string, prompt: Pick<Prompt, 'text' | 'language'>): number {
  const language = prompt.language ?? languageOf(prompt.text);
  return 1 - ((language === null ? null : languageConsistency(thought, language)) ?? 1);
}

/** The candidate in whose script most words are, or null for a text without words. */
function languageOf(text: string): string | null {
  const shares = CANDIDATES.map((language) => languageConsistency(text, language) ?? 0);
  const most = Math.max(...shares);
  return most === 0 ? null : CANDIDATES[shares.indexOf(most)]!;
}

function repeats(
  thought: string,
  { ngram, maxShare, maxInARow }: NonNullable<FiltersConfig['repetition']>,
): boolean {
  const units = unitsOf(thought);
  return repeatedShare(units, ngram) > maxShare || timesInARow(units) > maxInARow;
}

/** Characters (code points) of the longest paragraph; paragraphs are told apart by blank lines. */
export function longestParagraph(text: string): number {
  let longest = 0;
  let paragraph: string[] = [];
  for (const line of [...text.split('\n'), '']) {
    if (line.trim() !== '') {
      paragraph.push(line);
      continue;
    }
    longest = Math.max(longest, [...paragraph.join('\n').trim()].length);
    paragraph = [];
  }
  return longest;
}

/** Whether there is a fence of three or more backticks, or a line that begins with one of tildes. */
export function hasCodeBlock(text: string): boolean {
  return text.includes('```') || /^[ \t]*~~~/mu.test(text);
}
