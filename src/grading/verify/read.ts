/** @file From the characters of an answer to its tree. */

import { MAX_LENGTH } from './lexer.ts';
import { readNamed } from './named.ts';
import { mapChildren, type Node, some } from './node.ts';
import { normalise, stripMathDelimiters } from './normalise.ts';
import { parseAnswer } from './parser.ts';
import { ReadError } from './read-error.ts';
import { isWords, meaningOf, plainWords } from './words.ts';

/** Longest text of which the start is looked at. */
const MAX_RAW = 4 * MAX_LENGTH;

function balanced(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === '{') depth += 1;
    else if (text[i] === '}') depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

/** The layers around an answer: punctuation at its end, one pair of braces or `\boxed`. */
function unwrap(text: string): string {
  let result = text;
  for (let i = 0; i < 4; i += 1) {
    const next = result
      .replace(/[\s.,;:。]+$/u, (end) => (result.slice(0, -end.length).endsWith('\\') ? end : ''))
      .replace(/(?<!\\)\\$/, '')
      .replace(/^\*{1,3}(.*?)\*{1,3}$/s, '$1')
      .replace(/^\\(?:boxed|fbox)\s*\{(.*)\}$/s, '$1')
      .trim();
    const inner = /^\{(.*)\}$/s.exec(next)?.[1];
    const stripped = inner !== undefined && balanced(inner) && !/[,;|:]|\\mid/.test(inner) ? inner : next;
    if (stripped === result || !balanced(stripped)) return result;
    result = stripped;
  }
  return result;
}

/** `3:45`, `3:45 p.m.` */
function readTime(text: string): Node | null {
  const parts =
    /^(\d{1,2}):(\d\d)(?: ?([ap])\.? ?m\.?)?$/i.exec(text) ?? /^(\d{1,2})( ?)([ap])\.? ?m\.?$/i.exec(text);
  if (parts === null) return null;
  const [hours, minutes] = [Number(parts[1]), Number(parts[2]?.trim() || 0)];
  const half = parts[3] === undefined ? null : parts[3].toLowerCase() === 'a' ? 'am' : 'pm';
  if (hours > 24 || minutes > 59 || (half !== null && hours > 12)) return null;
  const inDay = half === null ? hours : (hours % 12) + (half === 'pm' ? 12 : 0);
  return { kind: 'time', minutes: inDay * 60 + minutes, half };
}

/** `(A)`, `A.`, `(A) 12`: a letter of a multiple choice. */
function readChoice(text: string): Node | null {
  const alone = /^(?:option |choice |answer )?(?:\(([A-Ja-j])\)|([A-J])[).:]?)$/.exec(text);
  if (alone) return { kind: 'choice', letter: (alone[1] ?? alone[2]!).toUpperCase(), content: null };
  const labelled = /^(?:\(([A-J])\)|([A-J])[).:])\s*(\S.*)$/s.exec(text);
  if (labelled === null) return null;
  const content = readNormalised(labelled[3]!);
  return content && { kind: 'choice', letter: labelled[1] ?? labelled[2]!, content };
}

/** Digits with letters in a base above ten: 1A_{16}. */
function readNumeral(text: string): Node | null {
  const parts = /^\(?([0-9A-Fa-f]{1,64})\)?\s*_\s*\{?\s*(\d{1,2}|two|three|eight|ten|sixteen)\s*\}?$/.exec(
    plainWords(text),
  );
  if (parts === null) return null;
  const names: Readonly<Record<string, number>> = { two: 2, three: 3, eight: 8, ten: 10, sixteen: 16 };
  const base = names[parts[2]!] ?? Number(parts[2]);
  const digits = parts[1]!.toUpperCase().replace(/^0+(?=.)/, '');
  if (base < 2 || base > 36 || [...digits].some((digit) => Number.parseInt(digit, 36) >= base)) return null;
  return base === 10
    ? { kind: 'number', value: { n: BigInt(digits), d: 1n }, precision: null }
    : { kind: 'numeral', digits, base };
}

const isOwnWord = (node: Node): boolean => node.kind === 'unit' && node.name.startsWith('word:');
const hasWords = (node: Node): boolean => some(node, isOwnWord);

/** Words of the answer's own may stand only after a bare number: 5 apples. Throws ReadError elsewhere. */
function checkWords(node: Node): void {
  if (!hasWords(node)) return;
  if (node.kind === 'statement' && node.sides[0]!.kind === 'unit') {
    node.sides.slice(1).forEach(checkWords);
  } else if (node.kind === 'list') node.items.forEach(checkWords);
  else if (node.kind === 'ratio') node.parts.forEach(checkWords);
  else checkQuantity(node);
}

/** A number, then words: not "prime (7)", "3 apples (5)", "more than 5". Throws ReadError. */
function checkQuantity(node: Node): void {
  if (node.kind === 'negative') checkQuantity(node.of);
  else if (node.kind === 'sum') node.terms.forEach(checkQuantity);
  else if (node.kind === 'quotient') {
    checkQuantity(node.top);
    if (hasWords(node.bottom) && !isUnit(node.bottom)) checkQuantity(node.bottom);
  } else if (node.kind === 'product') checkFactors(node.factors);
  else if (hasWords(node)) throw new ReadError('a word that measures nothing');
}

const isUnit = (node: Node): boolean =>
  node.kind === 'unit' || (node.kind === 'power' && node.base.kind === 'unit');

function checkFactors(factors: readonly Node[]): void {
  const first = factors.findIndex((factor) => isUnit(factor) || hasWords(factor));
  const values = first === -1 ? factors : factors.slice(0, first);
  if (!some({ kind: 'product', factors: values }, ({ kind }) => kind === 'number'))
    throw new ReadError('a word before its number');
  const applied = (part: Node): boolean => part.kind === 'call' && part.name.startsWith('apply:');
  if (values.some((value) => some(value, (part) => part.kind === 'symbol' || applied(part))))
    throw new ReadError('a word beside a variable');
  if (first === -1) return;
  for (const factor of factors.slice(first)) {
    if (factor.kind === 'quotient' && isUnit(factor.top) && isUnit(factor.bottom)) continue;
    if (!isUnit(factor)) throw new ReadError('a number after a word');
  }
}

/** Words that stand where the parser put units of the answer's own. */
function wordsToText(node: Node): Node {
  if (node.kind === 'unit' && node.name.startsWith('word:'))
    return { kind: 'text', text: node.name.slice(5) };
  return node.kind === 'list' || node.kind === 'statement' ? mapChildren(node, wordsToText) : node;
}

/** Derivatives look like fractions. */
const DERIVATIVE =
  /\\[dt]?frac\s*\{\s*(?:d|\\partial)(?![A-Za-z]{2})[^{}]{0,20}\}\s*\{\s*(?:d|\\partial)\s*[A-Za-z]/;

function readMathematics(text: string): Node | null {
  if (DERIVATIVE.test(text)) return null;
  try {
    const node = wordsToText(parseAnswer(text.replace(/^<(.+,.+)>$/s, '\\langle $1\\rangle')));
    checkWords(node);
    return node;
  } catch (error) {
    if (error instanceof ReadError) return null;
    throw error;
  }
}

/** Commands whose every right use is read here: what fails with none but these is malformed. */
const OWN_COMMANDS = new Set(
  (
    'frac dfrac tfrac cfrac sqrt binom dbinom tbinom pi infty text mathrm textbf mathbf times cdot div pm mp le leq ge geq ne neq ' +
    'lt gt in approx cup cap setminus emptyset varnothing circ sin cos tan ln log exp mathbb overline boxed langle rangle ' +
    'lfloor rfloor lceil rceil alpha beta gamma theta lambda mu quad left right'
  ).split(' '),
);

function hasForeignCommand(text: string): boolean {
  return (
    DERIVATIVE.test(text) || [...text.matchAll(/\\([A-Za-z]+)/g)].some(([, name]) => !OWN_COMMANDS.has(name!))
  );
}

/** Names of operators that neither the grammar nor the engine knows. */
const OWN_OPERATOR = /\\operatorname(?![A-Za-z])/;

/** A name applied to brackets, perhaps a multiple of it: `2 prime(7)`. */
const UNKNOWN_FUNCTION = /^-?[\d.]*\s?[A-Za-z]{2,}\s?\([^()]*\)$/;

/** The engine passes over the power in `\int x dx^2`. */
const POWER_OF_DIFFERENTIAL = /\\int.*(?<![A-Za-z])d[a-z]\s*\^/;

function readNormalised(text: string): Node | null {
  if (text === '' || text.length > MAX_LENGTH || !balanced(text)) return null;
  const words = plainWords(text);
  const literal = readTime(words) ?? readChoice(words) ?? readNumeral(text);
  if (literal !== null) return literal;
  if (isWords(words, words !== text)) return meaningOf(words) ?? readWordList(words);
  const node = readMathematics(text) ?? readNamed(text, readMathematics);
  if (node !== null) return node;
  if (OWN_OPERATOR.test(text) || UNKNOWN_FUNCTION.test(words) || POWER_OF_DIFFERENTIAL.test(text))
    return null;
  if (hasForeignCommand(text)) return { kind: 'opaque', latex: text };
  return !words.includes('\\') && /\p{L}{2}/u.test(words) ? { kind: 'text', text: words } : null;
}

/** "red and blue", "Tom, Ann": words between separators, in any order. */
function readWordList(words: string): Node {
  const items = words.split(/\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or)\s+/).filter((item) => item !== '');
  const short = items.length > 1 && items.every((item) => item.split(' ').length <= 2);
  if (!short) return { kind: 'text', text: words };
  return { kind: 'list', open: '', close: ',', items: items.map((text) => ({ kind: 'text', text })) };
}

/**
 * The tree of an answer as it was written; null where it cannot be read: empty, too long, brackets that do not match,
 * signs without meaning.
 */
export function readAnswer(raw: string): Node | null {
  if (raw.length > MAX_RAW) return null;
  const text = unwrap(normalise(stripMathDelimiters(raw)));
  return readNormalised(text);
}
