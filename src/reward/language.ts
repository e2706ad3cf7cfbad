/**
 * @file Language consistency reward (R1): words of the target language / words, inside the thought.
 *
 * Words are told apart by Intl.Segmenter and counted by script, so languages that share a script (English, French) are
 * not told apart. Code, LaTeX, links, tags and numbers are left out. The target is the prompt's language; null without.
 */
import { z } from 'zod';
import type { Completion } from '../records.ts';
import type { Reward } from './reward.ts';

const share = z.number().min(0).max(1);

/** Knobs of the reward `language`. */
export const languageSchema = z.strictObject({
  wordless: z
    .union([share, z.record(z.string(), share)])
    .default({ general: 1 })
    .describe(
      'Score of a thought without words, or of no thought: one number, or one for each task by name (a task not named scores 0)',
    ),
  prefilled: z.boolean().default(false).describe('Whether the prompt template already opens <think>'),
});

const OPEN = '<think>';
const CLOSE = '</think>';

/** The thought: from `<think>` (or, prefilled, the start) to `</think>` or the end; empty where there is none. */
export function thoughtOf(response: string, prefilled: boolean): string {
  const open = response.indexOf(OPEN);
  if (open === -1 && !prefilled) return '';
  const start = open === -1 ? 0 : open + OPEN.length;
  const close = response.indexOf(CLOSE, start);
  return response.slice(start, close === -1 ? undefined : close);
}

/** What is in no language: code, LaTeX, links, tags. Spans are bounded so that unclosed marks cost linear time. */
const NO_LANGUAGE = [
  /```[\s\S]*?(?:```|$)/gu,
  /`[^`\n]*`/gu,
  /\$\$[\s\S]{0,2000}?\$\$/gu,
  /\$[^$\n]*\$/gu,
  /\\\[[\s\S]{0,2000}?\\\]/gu,
  /\\\([\s\S]{0,2000}?\\\)/gu,
  /\\[A-Za-z]+(?:\{[^{}]*\})*/gu,
  /https?:\/\/\S+/gu,
  /<\/?[A-Za-z][^<>]*>/gu,
];

/** Scripts a language is written in, for those with more than one; others have the script Intl names. */
const SCRIPTS: { readonly [script: string]: readonly string[] } = {
  Hans: ['Han'],
  Hant: ['Han'],
  Jpan: ['Han', 'Hiragana', 'Katakana'],
  Kore: ['Hangul', 'Han'],
};

function lettersOf(language: string): RegExp {
  const { script } = new Intl.Locale(language).maximize();
  if (script === undefined) throw new RangeError(`the script of language "${language}" is not known`);
  const scripts = SCRIPTS[script] ?? [script];
  return new RegExp(`[${scripts.map((name) => `\\p{Script=${name}}`).join('')}]`, 'u');
}

/** Letters by language, built once for each. */
const lettersByLanguage = new Map<string, RegExp>();

function letters(language: string): RegExp {
  const known = lettersByLanguage.get(language) ?? lettersOf(language);
  lettersByLanguage.set(language, known);
  return known;
}

const SEGMENTER = new Intl.Segmenter('en', { granularity: 'word' });
const LETTER = /\p{L}/u;

/** The words of a text that are in some language: what `NO_LANGUAGE` and words without a letter leave. */
export function words(text: string): string[] {
  const plain = NO_LANGUAGE.reduce((rest, pattern) => rest.replace(pattern, ' '), text);
  return Array.from(SEGMENTER.segment(plain), ({ segment }) => segment).filter((word) => LETTER.test(word));
}

/** Share of a text's words written in the script of `language`, 0..1, or null for a text without words. */
export function languageConsistency(text: string, language: string): number | null {
  const target = letters(language);
  const all = words(text);
  return all.length === 0 ? null : all.filter((word) => target.test(word)).length / all.length;
}

/** The language consistency reward. Throws RangeError for a language Intl does not know. */
export function languageReward({ wordless, prefilled }: z.output<typeof languageSchema>): Reward {
  const withoutWords = (task: string) => (typeof wordless === 'number' ? wordless : (wordless[task] ?? 0));
  return {
    name: 'language',
    score({ prompt, text }: Completion) {
      if (prompt.language === undefined) return null;
      return languageConsistency(thoughtOf(text, prefilled), prompt.language) ?? withoutWords(prompt.task);
    },
  };
}
