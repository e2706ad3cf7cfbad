/** @file Filters of the prompts of a file: by length, script, pattern, reference answer, and fields of the row. */
import { z } from 'zod';
import { UsageError } from '../../errors.ts';
import { columnOf, type Json } from '../../records.ts';
import type { Item } from '../files/row.ts';

const pattern = z.string().refine(isPattern, { message: 'not a regular expression' });
const bound = z.union([z.number(), z.string().min(1)]);
const length = z.number().int().min(0);

function isPattern(source: string): boolean {
  try {
    return new RegExp(source, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

const fieldSchema = z
  .strictObject({
    field: z.string().min(1).describe('Column of the file; `a.b`: b inside the object a'),
    min: bound.optional().describe('Lowest value; a text is compared as text (dates: "2024-08-01")'),
    max: bound.optional().describe('Highest value'),
    in: z.array(bound).min(1).optional().describe('Values that are taken'),
  })
  .refine(({ min, max, in: values }) => (min ?? max ?? values) !== undefined, {
    message: 'give min, max or in',
  });

/** Settings of the filters; a prompt must pass all that are set. */
export const filtersSchema = z.strictObject({
  minCharacters: length.optional().describe('Shortest question, in characters'),
  maxCharacters: length.optional().describe('Longest question, in characters'),
  language: z
    .string()
    .min(2)
    .optional()
    .describe('Language (BCP 47) whose script the question is written in'),
  languageShare: z.number().min(0).max(1).default(0.5).describe('Lowest share of letters in that script'),
  match: pattern.optional().describe('Regular expression the question matches'),
  reject: pattern.optional().describe('Regular expression the question does not match'),
  hasAnswer: z.boolean().default(false).describe('Take only prompts with a reference answer'),
  fields: z.array(fieldSchema).default([]).describe('Ranges of columns, such as a difficulty or a date'),
});

export type FiltersConfig = z.output<typeof filtersSchema>;
type FieldRange = FiltersConfig['fields'][number];

/** One filter: its name in reports, and whether an item passes. */
interface Filter {
  readonly name: string;
  passes(item: Item): boolean;
}

/** A function that names the first filter an item does not pass, or null where it passes all. */
export function compileFilters(config: FiltersConfig): (item: Item) => string | null {
  const filters = filtersOf(config);
  return (item) => filters.find((filter) => !filter.passes(item))?.name ?? null;
}

function filtersOf(config: FiltersConfig): Filter[] {
  const { minCharacters, maxCharacters, language, languageShare, match, reject, hasAnswer, fields } = config;
  const filters: Filter[] = [];
  const add = (name: string, passes: Filter['passes']) => filters.push({ name, passes });
  if (minCharacters !== undefined) add('minCharacters', ({ question }) => question.length >= minCharacters);
  if (maxCharacters !== undefined) add('maxCharacters', ({ question }) => question.length <= maxCharacters);
  if (language !== undefined) {
    const letter = lettersOf(language);
    add('language', ({ question }) => shareOf(question, letter) >= languageShare);
  }
  if (match !== undefined) add('match', ({ question }) => new RegExp(match, 'u').test(question));
  if (reject !== undefined) add('reject', ({ question }) => !new RegExp(reject, 'u').test(question));
  if (hasAnswer) add('hasAnswer', ({ prompt }) => prompt.answer !== null && prompt.answer.trim() !== '');
  for (const range of fields)
    add(range.field, ({ row }) => inRange(columnOf(row.fields, range.field), range));
  return filters;
}

/** Scripts of languages that are written in several at once. */
const SCRIPTS: { readonly [script: string]: string } = {
  Hans: '\\p{Script=Han}',
  Hant: '\\p{Script=Han}',
  Jpan: '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}',
  Kore: '\\p{Script=Hangul}\\p{Script=Han}',
};

function lettersOf(language: string): RegExp {
  try {
    const { script } = new Intl.Locale(language).maximize();
    return new RegExp(`[${SCRIPTS[script!] ?? `\\p{Script=${script}}`}]`, 'gu');
  } catch (cause) {
    throw new UsageError(
      `filters.language: the script of ${JSON.stringify(language)} is not known`,
      'Write a BCP 47 tag such as "en" or "zh".',
      { cause },
    );
  }
}

/** Share of a text's letters that `letter` matches; 1 for a text without letters, which is in no wrong language. */
function shareOf(text: string, letter: RegExp): number {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  return letters === 0 ? 1 : (text.match(letter)?.length ?? 0) / letters;
}

/** A number where the bound is one: that of the value, or the first one written in it (`Level 5`). */
function asNumber(value: Json): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string'
    ? Number(/[+-]?\d+(?:\.\d+)?/u.exec(value)?.[0] ?? Number.NaN)
    : Number.NaN;
}

/** A row without the field, or with null in it, is in no range. */
function inRange(value: Json | undefined, { min, max, in: values }: FieldRange): boolean {
  if (value === undefined || value === null) return false;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const above = (limit: number | string): boolean =>
    typeof limit === 'number' ? asNumber(value) >= limit : text >= limit;
  const below = (limit: number | string): boolean =>
    typeof limit === 'number' ? asNumber(value) <= limit : text <= limit;
  if (values !== undefined && !values.some((one) => String(one) === text)) return false;
  return (min === undefined || above(min)) && (max === undefined || below(max));
}
