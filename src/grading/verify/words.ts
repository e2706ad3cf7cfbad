/** @file Answers in words: what makes a text, and when two are the same. */
import { canonical, type Node, whole } from './node.ts';

/** Short words that are no products of variables. */
const SHORT_WORDS = new Set(
  (
    'yes no odd even true false none all both dne red blue green black white mon tue wed thu fri sat sun man woman ' +
    'boy girl cat dog one two six ten win lose tie draw up down left right north south east west am pm it is the an ' +
    'he she his her to of at by on if not any max min neither never always'
  ).split(' '),
);

/** Wrappers of words, removed. */
export function plainWords(text: string): string {
  return text
    .replace(
      /\\(?:text|textbf|textit|textrm|textsf|mathrm|mathbf|mathit|mbox|hbox|emph)\s*\{([^{}]*)\}/g,
      '$1',
    )
    .replace(/\s+/g, ' ')
    .trim();
}

/** Whether an answer is one of words: letters and their punctuation only, and not mathematics written in letters. */
export function isWords(text: string, upright: boolean): boolean {
  if (!/^[\p{L}\p{M}\s'’".,!?&()-]+$/u.test(text) || !/\p{L}{2}/u.test(text)) return false;
  const words = text.match(/[\p{L}\p{M}]+/gu) ?? [];
  if (/[^\p{ASCII}]/u.test(words.join(''))) return true;
  if (upright && words.some((word) => word.length > 1)) return true;
  return words.some((word) => isWord(word));
}

const MATH_WORDS =
  /^(?:sin|cos|tan|cot|sec|csc|a?rc(?:sin|cos|tan)|sinh|cosh|tanh|log|ln|exp|sqrt|pi|inf|infinity|or|and|union|abs|floor|ceil|frac)$/i;

function isWord(word: string): boolean {
  if (MATH_WORDS.test(word)) return false;
  const lower = word.toLowerCase();
  return (
    SHORT_WORDS.has(lower) || word.length > 3 || /^[A-Z][a-z]{1,2}$/.test(word) || /^[A-Z]{2,}$/.test(word)
  );
}

/** One spelling: lower case, no punctuation, no article, single spaces. */
export function foldWords(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\s+/-]/gu, ' ')
    .replace(/(?<=\p{L})-(?=\p{L})/gu, ' ')
    .replace(/^\s*(?:the|a|an)\s+(?=\S)/u, '')
    .replace(/\s+/g, ' ')
    .trim();
}

const NUMBER_WORDS = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ');
const REALS = /^(?:all )?(?:the )?(?:set of )?(?:all )?(?:real numbers|reals)$/;
const NOTHING =
  /^(?:no (?:real )?solutions?|(?:there (?:is|are) )no (?:real )?solutions?|empty set|null set)$/;

/** Words that mean a number or a set; null for all others. */
export function meaningOf(words: string): Node | null {
  const folded = foldWords(words);
  const number = NUMBER_WORDS.indexOf(folded);
  if (number !== -1) return whole(number);
  if (REALS.test(folded)) return { kind: 'symbol', name: 'set:R' };
  if (NOTHING.test(folded)) return { kind: 'list', open: '{', close: '}', items: [] };
  return folded === 'does not exist' ? { kind: 'text', text: 'DNE' } : null;
}

/** Whether two answers, one of them in words, are the same words. */
export function sameText(a: Node, b: Node): boolean {
  return foldWords(textOf(a)) === foldWords(textOf(b));
}

function textOf(node: Node): string {
  if (node.kind === 'list' && node.items.every(({ kind }) => kind === 'text'))
    return node.items.map(textOf).join(' ');
  return node.kind === 'text' ? node.text : canonical(node);
}
