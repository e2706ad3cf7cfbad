/**
 * @file The 25 verifiable instructions of IFEval (2311.07911), one check each.
 *
 * Arguments have the names of the published file. Checks follow the published checker; where that needs NLTK or
 * langdetect, see counting.ts and language.ts. Keywords are taken as written, not as regular expressions.
 */
import { z } from 'zod';
import { countCapitalWords, countSentences, countWords, isLower, isUpper, partsBetween } from './counting.ts';
import { isInLanguage, LANGUAGES } from './language.ts';

/** One kind of instruction: the arguments it takes, and whether a reply follows it. */
export interface Check {
  readonly schema: z.ZodType;
  readonly follows: (reply: string, given: never) => boolean;
}

function check<Shape extends z.ZodRawShape>(
  shape: Shape,
  follows: (reply: string, given: z.output<z.ZodObject<Shape>>) => boolean,
): Check {
  return { schema: z.object(shape), follows };
}

const count = z.number().int().min(0);
const words = z.string().min(1);
const relation = z.enum(['less than', 'at least']);

function holds(found: number, how: z.output<typeof relation>, wanted: number): boolean {
  return how === 'less than' ? found < wanted : found >= wanted;
}

const matches = (reply: string, pattern: RegExp): number => reply.match(pattern)?.length ?? 0;
const escaped = (phrase: string): string => phrase.replace(/[\\^$.*+?()[\]{}|/-]/gu, '\\$&');
/** How often `phrase` stands in `reply`, without overlap, case aside. */
const occurrences = (reply: string, phrase: string): number =>
  reply.toLowerCase().split(phrase.toLowerCase()).length - 1;

/** `word` as a whole word: no letter, digit or underscore beside it. */
const hasWord = (reply: string, word: string): boolean =>
  new RegExp(`(?<![\\p{L}\\p{N}_])${escaped(word)}(?![\\p{L}\\p{N}_])`, 'iu').test(reply);

function firstWord(paragraph: string): string {
  const word = paragraph.split(/\s+/u)[0]!.replace(/^'+/u, '').replace(/^"+/u, '');
  return /^[^.,?!'"]*/u.exec(word)![0].toLowerCase();
}

function isJson(reply: string): boolean {
  const inside = reply
    .trim()
    .replace(/^```(?:json)?/iu, '')
    .replace(/```$/u, '');
  try {
    JSON.parse(inside);
    return true;
  } catch {
    return false;
  }
}

function hasPostscript(reply: string, marker: string): boolean {
  const lower = reply.toLowerCase();
  if (marker === 'P.P.S') return /p\.\s?p\.\s?s/u.test(lower);
  if (marker === 'P.S.') return /p\.\s?s\./u.test(lower);
  return lower.includes(marker.toLowerCase());
}

/** Texts between single and between double asterisks on one line, as Markdown highlights them. */
function highlights(reply: string): number {
  const single = reply.match(/\*[^\n*]*\*/gu) ?? [];
  const double = reply.match(/\*\*[^\n*]*\*\*/gu) ?? [];
  return [...single, ...double].filter((part) => part.replaceAll('*', '').trim() !== '').length;
}

/** Something between the first `<<` and the last `>>` of a line. */
function hasTitle(line: string): boolean {
  const [open, close] = [line.indexOf('<<'), line.lastIndexOf('>>')];
  return open !== -1 && close > open && line.slice(open, close).replace(/[<>]/gu, '').trim() !== '';
}

/** A text without the double quotes around it. */
function withoutQuotes(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && text[start] === '"') start += 1;
  while (end > start && text[end - 1] === '"') end -= 1;
  return text.slice(start, end);
}

const ANSWERS = ['My answer is yes.', 'My answer is no.', 'My answer is maybe.'];

/** By id, as in `instruction_id_list`. */
export const CHECKS: { readonly [id: string]: Check } = {
  'keywords:existence': check({ keywords: z.array(words).min(1) }, (reply, { keywords }) =>
    keywords.every((keyword) => occurrences(reply, keyword) > 0),
  ),
  'keywords:frequency': check({ keyword: words, frequency: count, relation }, (reply, given) =>
    holds(occurrences(reply, given.keyword), given.relation, given.frequency),
  ),
  'keywords:forbidden_words': check(
    { forbidden_words: z.array(words).min(1) },
    (reply, given) => !given.forbidden_words.some((word) => hasWord(reply, word)),
  ),
  'keywords:letter_frequency': check(
    { letter: words, let_frequency: count, let_relation: relation },
    (reply, given) => holds(occurrences(reply, given.letter), given.let_relation, given.let_frequency),
  ),
  'language:response_language': check({ language: z.enum(LANGUAGES) }, (reply, { language }) =>
    isInLanguage(reply, language),
  ),
  'length_constraints:number_sentences': check({ num_sentences: count, relation }, (reply, given) =>
    holds(countSentences(reply), given.relation, given.num_sentences),
  ),
  'length_constraints:number_paragraphs': check(
    { num_paragraphs: count },
    (reply, given) => partsBetween(reply, '***')?.length === given.num_paragraphs,
  ),
  'length_constraints:number_words': check({ num_words: count, relation }, (reply, given) =>
    holds(countWords(reply), given.relation, given.num_words),
  ),
  'length_constraints:nth_paragraph_first_word': check(
    { num_paragraphs: count, nth_paragraph: count.min(1), first_word: words },
    (reply, given) => {
      const paragraphs = reply.split('\n\n').map((paragraph) => paragraph.trim());
      const nth = paragraphs[given.nth_paragraph - 1];
      const filled = paragraphs.filter((paragraph) => paragraph !== '').length;
      if (nth === undefined || nth === '' || given.nth_paragraph > filled) return false;
      return filled === given.num_paragraphs && firstWord(nth) === given.first_word.toLowerCase();
    },
  ),
  'detectable_content:number_placeholders': check(
    { num_placeholders: count },
    (reply, given) => matches(reply, /\[[^[\]\n]*\]/gu) >= given.num_placeholders,
  ),
  'detectable_content:postscript': check({ postscript_marker: words }, (reply, given) =>
    hasPostscript(reply, given.postscript_marker.trim()),
  ),
  'detectable_format:number_bullet_lists': check(
    { num_bullets: count },
    (reply, given) =>
      reply.split('\n').filter((line) => /^\s*(?:\*[^*]|-)/u.test(line)).length === given.num_bullets,
  ),
  'detectable_format:constrained_response': check({}, (reply) =>
    ANSWERS.some((answer) => reply.includes(answer)),
  ),
  'detectable_format:number_highlighted_sections': check(
    { num_highlights: count },
    (reply, given) => highlights(reply) >= given.num_highlights,
  ),
  'detectable_format:multiple_sections': check(
    { section_spliter: words, num_sections: count },
    (reply, given) =>
      matches(reply, new RegExp(`${escaped(given.section_spliter.trim())}\\s?\\d+`, 'gu')) >=
      given.num_sections,
  ),
  'detectable_format:json_format': check({}, isJson),
  'detectable_format:title': check({}, (reply) => reply.split('\n').some(hasTitle)),
  'combination:two_responses': check({}, (reply) => {
    const parts = partsBetween(reply, '******');
    return parts?.length === 2 && parts[0] !== parts[1];
  }),
  'combination:repeat_prompt': check({ prompt_to_repeat: words }, (reply, given) =>
    reply.trim().toLowerCase().startsWith(given.prompt_to_repeat.trim().toLowerCase()),
  ),
  'startend:end_checker': check({ end_phrase: words }, (reply, given) =>
    withoutQuotes(reply.trim()).toLowerCase().endsWith(given.end_phrase.trim().toLowerCase()),
  ),
  'startend:quotation': check({}, (reply) => /^"[\s\S]*"$/u.test(reply.trim())),
  'change_case:capital_word_frequency': check(
    { capital_frequency: count, capital_relation: z.enum(['less than', 'at least']) },
    (reply, given) => holds(countCapitalWords(reply), given.capital_relation, given.capital_frequency),
  ),
  'change_case:english_capital': check({}, (reply) => isUpper(reply) && isInLanguage(reply, 'en')),
  'change_case:english_lowercase': check({}, (reply) => isLower(reply) && isInLanguage(reply, 'en')),
  'punctuation:no_comma': check({}, (reply) => !reply.includes(',')),
};
