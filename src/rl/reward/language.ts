/**
 * @file Language consistency reward (R1): words of the target language / words, inside the thought.
 *
 * Words are told apart by spaces, or Intl.Segmenter where a script has none, and counted by script, so languages that share a script (English, French) are
 * not told apart. Code, LaTeX, links, tags and numbers are left out. The target is the prompt's language; null without.
 */
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import type { Completion } from '../../records.ts';
import { defineReward } from './definition.ts';
import type { Reward } from './reward.ts';

const share = z.number().min(0).max(1);

/** Settings of the reward `language`. */
export const languageSchema = z.strictObject({
  wordless: z
    .union([share, z.record(z.string(), share)])
    .default({ general: 1 })
    .describe(
      'Score of a thought without words, or of no thought: one number, or one for each task by name (a task not named scores 0)',
    ),
});

/** What is in no language: code, LaTeX, links, tags. No pattern looks past the next opening mark: linear time. */
const NO_LANGUAGE = [
  /```[\s\S]*?(?:```|$)/gu,
  /`[^`\n]*`/gu,
  /\$\$[^$]*\$\$/gu,
  /\$[^$\n]*\$/gu,
  /\\\[[^\\]*(?:\\[^[\]][^\\]*)*\\\]/gu,
  /\\\([^\\]*(?:\\[^()][^\\]*)*\\\)/gu,
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
  if (script === undefined) {
    throw new UserError(
      `the script of language "${language}" is not known`,
      'Write a BCP 47 tag such as "en" or "zh".',
    );
  }
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

/** A run of what words are made of; in scripts written without spaces, a run holds many words. */
const RUN = /[\p{L}\p{M}\p{N}'’]+/gu;
const WITHOUT_SPACES =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const LETTER = /\p{L}/u;
const SEGMENTER = new Intl.Segmenter('zh', { granularity: 'word' });
/** The segmenter copies its whole input for every word it returns, so it is fed in pieces of this many characters. */
const PIECE = 200;

function segment(run: string): string[] {
  if (!WITHOUT_SPACES.test(run)) return [run];
  const found: string[] = [];
  for (let at = 0; at < run.length; at += PIECE) {
    for (const part of SEGMENTER.segment(run.slice(at, at + PIECE))) found.push(part.segment);
  }
  return found;
}

/** The words of a text that are in some language: with a letter, and outside code, LaTeX, links and tags. */
export function words(text: string): string[] {
  const plain = NO_LANGUAGE.reduce((rest, pattern) => rest.replace(pattern, ' '), text);
  return (plain.match(RUN) ?? []).flatMap(segment).filter((word) => LETTER.test(word));
}

/** Share of a text's words written in the script of `language`, 0..1, or null for a text without words. */
export function languageConsistency(text: string, language: string): number | null {
  const target = letters(language);
  const all = words(text);
  return all.length === 0 ? null : all.filter((word) => target.test(word)).length / all.length;
}

/** The language consistency reward. Throws UserError for a language Intl does not know. */
export function languageReward({ wordless }: z.output<typeof languageSchema>): Reward {
  const withoutWords = (task: string) => (typeof wordless === 'number' ? wordless : (wordless[task] ?? 0));
  return {
    name: 'language',
    score({ prompt, response }: Completion) {
      if (prompt.language === undefined) return null;
      return languageConsistency(response.thought ?? '', prompt.language) ?? withoutWords(prompt.task);
    },
  };
}

export const language = defineReward({
  name: 'language',
  about: "Share of the thought's words that are in the prompt's language",
  says: 'form',
  schema: languageSchema,
  checkPrompt: (_, { language: tag }) => {
    if (tag !== undefined) letters(tag);
  },
  needs: () => ({
    what: 'a language',
    remedy: 'Set `language` of the prompts, or name the column that holds it in languageField.',
    has: ({ language: named }) => named !== undefined,
  }),
  create: languageReward,
});
