/**
 * @file Quantities that stand on the left of their value without being read: `P(X \ge 2) = 1/3`, `\det A = 5`.
 *
 * The quantity's spelling is the name that the value is given to, so that two values of different quantities differ.
 */
import type { Node } from './node.ts';
import { isWords, plainWords } from './words.ts';

const INDEX = String.raw`(?:_(?:\{[^{}]*\}|\w))?`;
const WRAPPED = String.raw`\\(?:operatorname|mathrm|text|mathbb|mathbf|mathcal|textbf)\s*\{\s*[A-Za-z]+\s*\}`;

/** Forms of a quantity: P(A|B), Var(X), det A, ‖v‖; a sum, an integral, a limit. */
const QUANTITIES: readonly RegExp[] = [
  new RegExp(String.raw`^(?:[A-Za-z]{1,4}|\\[A-Za-z]+)${INDEX}\s*(?:\(.*\)|\[.*\]|\\\{.*\\\})$`),
  new RegExp(String.raw`^${WRAPPED}${INDEX}\s*(?:\(.*\)|\[.*\]|[A-Za-z])?$`),
  /^\\(?:det|dim|deg|arg|ker|Re|Im|Pr)(?![A-Za-z])\s*(?:\(.*\)|[A-Za-z]|\\(?:mathbf|bm|boldsymbol)\s*\{[A-Za-z]\})$/,
  /^\\(?:sum|prod|lim|int|iint|iiint|oint|max|min|sup|inf|limsup|liminf)(?![A-Za-z])/,
  /^\\\|.*\\\|$/,
  /^\\[dt]?frac\s*\{\s*(?:d|\\partial)[^{}]{0,12}\}\s*\{\s*(?:d|\\partial)[^{}]{0,12}\}$/,
];
/** Words that name a quantity: "Total area", and not a sentence. */
const QUANTITY_WORDS = /^(?!.*\bnot\b)[A-Za-z][A-Za-z' -]{1,40}$/;

/** Where `=` stands outside of brackets and braces; nowhere if a sign of order or a comma does too. */
function equalsSigns(text: string): number[] {
  let depth = 0;
  const found: number[] = [];
  for (let i = 0; i < text.length; i += 1) {
    const sign = text[i]!;
    if (sign === '\\') i += 1;
    else if ('([{'.includes(sign)) depth += 1;
    else if (')]}'.includes(sign)) depth -= 1;
    else if (depth === 0 && sign === '=') found.push(i);
    else if (depth === 0 && '<>,'.includes(sign)) return [];
  }
  return found;
}

/**
 * A quantity with its value, as a statement; null where the text is none.
 *
 * @param text - a normalised answer
 * @param read - reads mathematics; null where it cannot
 */
export function readNamed(text: string, read: (text: string) => Node | null): Node | null {
  const equals = equalsSigns(text);
  if (equals.length === 0) return null;
  const left = text.slice(0, equals[0]).trim();
  const words = plainWords(left);
  const inWords = QUANTITY_WORDS.test(words) && isWords(words, true);
  if (!inWords && !QUANTITIES.some((quantity) => quantity.test(left))) return null;
  const value = read(text.slice(equals.at(-1)! + 1).trim());
  if (value === null || value.kind === 'statement' || value.kind === 'text') return null;
  if (inWords) return given({ kind: 'text', text: words }, value);
  return isEquation(left, value)
    ? null
    : given({ kind: 'symbol', name: `quantity ${spelling(left)}` }, value);
}

const given = (name: Node, value: Node): Node => ({
  kind: 'statement',
  sides: [name, value],
  relations: ['='],
});

/** Terms that add up to 0 are no quantity. */
function isEquation(left: string, value: Node): boolean {
  const outside = left.replace(/\{[^{}]*\}|\([^()]*\)/g, '');
  return value.kind === 'number' && value.value.n === 0n && /[-+]/.test(outside);
}

/** One spelling of an unread quantity. */
function spelling(left: string): string {
  return plainWords(left.replaceAll('operatorname', 'text'))
    .replace(/\\([lg])eq?(?![a-z])/g, '\\$1e')
    .replace(/\s/g, '')
    .replace(/\{(.)\}/g, '$1');
}
