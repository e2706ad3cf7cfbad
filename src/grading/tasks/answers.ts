/**
 * @file Readers of answers other than whole numbers and words (those are in read.ts): exact numbers with units,
 * texts, lists and grids. Lenient in form, bounded in time; none throws on what a model wrote.
 */
import { equals, parseRational, type Rational } from './rational.ts';
import { LONGEST_ANSWER, trimmed } from './read.ts';

/**
 * The answer without what only dresses it: `\boxed{…}`, `$`, Markdown's `*` and `` ` `` around it, white space and a
 * full stop at the end. Empty where there is none, or it is longer than `limit`.
 */
export function plainAnswer(answer: string, limit = LONGEST_ANSWER): string {
  const bare = undress(trimmed(answer, limit) ?? '');
  return bare.startsWith('\\boxed{') && bare.endsWith('}') ? undress(bare.slice(7, -1)) : bare;
}

const DRESSING = new Set(' \n\r\t$*`');

function undress(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && DRESSING.has(text[start]!)) start++;
  while (end > start && (DRESSING.has(text[end - 1]!) || text[end - 1] === '.')) end--;
  return text.slice(start, end);
}

/** The answer without `name =` before it, as in `x = 3`. */
export function withoutName(plain: string): string {
  return plain.replace(/^[a-z]\w{0,20}\s{0,3}=\s{0,3}/i, '');
}

/**
 * The number an answer is, as `parseRational` reads it; `name =` before it is dropped, and so is one of `units` after
 * it, whatever its case. Null where it is no number.
 */
export function readNumber(answer: string, units: readonly string[] = []): Rational | null {
  const value = withoutName(plainAnswer(answer, 1000));
  const lower = value.toLowerCase();
  const unit = units.find((name) => name !== '' && lower.endsWith(name.toLowerCase()));
  return parseRational(unit === undefined ? value : value.slice(0, -unit.length).trim());
}

/** 1 when the answer is a number equal to `expected`, else 0. Throws RangeError when `expected` is none. */
export function scoreNumber(answer: string, expected: string, units: readonly string[] = []): 0 | 1 {
  const target = parseRational(expected);
  if (target === null) throw new RangeError(`not a number: ${expected}`);
  const value = readNumber(answer, units);
  return value !== null && equals(value, target) ? 1 : 0;
}

/** A text in lower case, quotes around it dropped and every run of white space made one space. */
export function normalText(answer: string): string {
  const plain = plainAnswer(answer).replace(/\s+/g, ' ');
  return undress(plain.replace(/^["'“‘]/, '').replace(/["'”’]$/, '')).toLowerCase();
}

/** 1 when both texts are the same but for case, white space and quotes around them, else 0. */
export function scoreText(answer: string, expected: string): 0 | 1 {
  return normalText(answer) === normalText(expected) ? 1 : 0;
}

/**
 * The items of a list between commas or semicolons, or between white space where neither occurs; brackets around the
 * whole and `name =` before it are dropped, empty items left out.
 */
export function readList(answer: string, limit = LONGEST_ANSWER): string[] {
  const inner = withoutName(plainAnswer(answer, limit))
    .replace(/^\\?[[({]/, '')
    .replace(/\\?[\])}]$/, '');
  return inner
    .split(/[,;]/.test(inner) ? /[,;]/ : /\s/)
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** The numbers of a list, or null where an item is none. */
export function readNumbers(answer: string, limit = 1000): Rational[] | null {
  const numbers: Rational[] = [];
  for (const item of readList(answer, limit)) {
    const value = parseRational(item);
    if (value === null) return null;
    numbers.push(value);
  }
  return numbers;
}

/** The rows of a grid: one a line or one in each inner pair of `[[…], […]]`; cells between commas or white space. */
export function readGrid(answer: string): string[][] {
  const plain = plainAnswer(answer);
  return (plain.includes('[') ? plain.split(']') : plain.split('\n'))
    .map(cellsOf)
    .filter((row) => row.length > 0);
}

function cellsOf(line: string): string[] {
  return line.split(/[\s,[\]|"']/).filter((cell) => cell !== '');
}

/** A grid as one text, so that equal grids are equal texts. */
export function gridKey(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((row) => row.join(' ')).join('\n');
}

/** 1 when the answer is the grid `expected`, else 0. */
export function scoreGrid(answer: string, expected: string): 0 | 1 {
  return gridKey(readGrid(answer)) === gridKey(readGrid(expected)) ? 1 : 0;
}
