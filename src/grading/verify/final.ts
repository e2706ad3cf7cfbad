/**
 * @file The final expression of a text that nothing marks: its last mathematics, what its last sentence says, its last
 * number. Searches run over the last part only, so that their time is bounded.
 */
import { isKnownUnit, unitName } from './units.ts';

/** Characters at the end of a content that are searched for phrases and final expressions. */
export const TAIL = 2000;

/** Mathematics between delimiters. A dollar sign before a digit, or with a space on one side only, is currency. */
const MATH_SEGMENTS =
  /\$\$([^$]{1,1000})\$\$|\$((?!\s)(?:\\.|[^$\n\\]){1,500}(?<!\s)|\s(?:\\.|[^$\n\\]){1,500}(?<=\s))\$(?!\d)|\\\(([^\n]{1,500}?)\\\)|\\\[([^$]{1,1000}?)\\\]/g;
/** Words that lead up to an expression. */
const LEAD =
  /^(?:(?:so|thus|hence|therefore|then|finally|now|and|but|we (?:get|have|find|obtain)|that is|i\.e\.)(?:[\s,:]+|$))+/i;

/** A text without the words that lead up to its expression. */
export function withoutLead(text: string): string {
  return text.replace(LEAD, '');
}

interface Segment {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The last mathematics between delimiters, joined with what it is listed with; null where there is none. */
function lastSegment(tail: string): Segment | null {
  const segments: Segment[] = [...tail.matchAll(MATH_SEGMENTS)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    text: match.slice(1).find((part) => part !== undefined)!,
  }));
  let last = segments.pop();
  for (let next = segments.pop(); last !== undefined && next !== undefined; next = segments.pop()) {
    const between = /^\s*(?:,|,? ?(and|or))\s*$/.exec(tail.slice(next.end, last.start));
    if (between === null) break;
    last = { start: next.start, end: last.end, text: `${next.text} ${between[1] ?? ','} ${last.text}` };
  }
  return last ?? null;
}

/** Whether words stand before the first mathematics between delimiters. */
export function leadsWithWords(text: string): boolean {
  const first = text.search(/\$|\\[([]/);
  return first > 0 && /\p{L}{2}/u.test(text.slice(0, first));
}

/** A number that a verb or a sign leads to, in what follows the last mathematics: "… is 34", "… grows by 100%". */
const SAYS_MORE =
  /(?:\b(?:is|are|was|were|be|equals?|by|gets?|gives?|has|have|had|makes?|totals?|costs?|needs?|takes?|leaves?|remains?|becomes?)\b|[=:：为是])\s*(?:(?!(?:in|for|step|when|if|with|of|than)\b)[\p{L}']+\s+){0,3}[-+$\\€£¥]*\d/u;

/** The final expression of a text, in the order in which readings are tried. */
export function finalExpressions(text: string): string[] {
  const tail = text.slice(-TAIL);
  const segment = lastSegment(tail);
  if (segment === null) return withNumber(sentenceEnds(tail), tail);
  const rest = tail.slice(segment.end);
  // The rest goes on after what stood between the delimiters: "_ is 34".
  return SAYS_MORE.test(rest) ? withNumber(sentenceEnds(`_${rest}`), rest) : [segment.text];
}

function withNumber(found: string[], text: string): string[] {
  const number = lastNumber(text);
  return number === null ? found : [...found, number];
}

/** The last sentence of a text, and what it says: after its last verb, after its last equals sign. */
function sentenceEnds(text: string): string[] {
  const last = text.trimEnd().split('\n').at(-1)!.trim();
  const sentence =
    last
      .replace(/[.。!]\s*$/, '')
      .split(/(?<=[a-z)$])[.!?] +(?=[A-Z])/)
      .at(-1) ?? '';
  const found = [withoutLead(sentence)];
  const is = sentence.split(/\s(?:is|are|equals|be|was|get|gives|has|have)\s|:\s|：|[为是]/).at(-1);
  if (is !== undefined && is !== sentence) found.push(is);
  const equal = sentence.lastIndexOf('=');
  if (equal !== -1) found.push(sentence.slice(equal + 1));
  return found;
}

const NUMBERS =
  /(?:\\?\$ ?|[€£¥])?[-+−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:\/\d+|(?::\d+)+)?(?:\s?(?:\\?%|°))?/g;
/** What a number may not follow: letters, digits, and signs of mathematics of which it is a part. */
const PART_BEFORE =
  /[\p{Script=Latin}\p{Script=Greek}\p{N}_^\\{}/×·√]$|[\p{Script=Latin}\p{N})\]][-+−*]+$|[\p{Script=Latin}\p{N}]\($|\d[.,:]$/u;
/** What it may not be followed by. */
const PART_AFTER = /^(?:[\^_({×·√]|\*+[\p{L}\p{N}(]|[-+−/]\d|\+|\\[A-Za-z]|[.,:]\d)/u;
const DENIED = /\bnot\s+(?:equal\s+to\s+)?$/i;
const MINUS = /(?:negative|minus)\s+$/i;

/**
 * The last number of a text that stands by itself, with the unit of the table behind it; null where there is none. Digits
 * of a word (CO2) or of an expression (λ^2, 3x) are no number.
 */
function lastNumber(text: string): string | null {
  for (const match of [...text.matchAll(NUMBERS)].reverse()) {
    const before = text.slice(Math.max(0, match.index - 20), match.index);
    const after = text.slice(match.index + match[0].length, match.index + match[0].length + 40);
    if (PART_BEFORE.test(before) || PART_AFTER.test(after) || DENIED.test(before)) continue;
    const follows = followingUnit(after);
    if (follows === null) continue;
    return `${MINUS.test(before) ? '-' : ''}${match[0]}${follows}`;
  }
  return null;
}

/** What belongs to a number that this follows: a unit, a factorial sign; null where it is a part of a word. */
function followingUnit(after: string): string | null {
  if (/^![^\s!?"')\]]|^! +[a-z]/.test(after)) return '!';
  const [, space = '', word = '', exponent = ''] = /^([ -]?)([A-Za-z]*)([²³]|\^\{?[23]\}?)?/.exec(after)!;
  if (word === '') return '';
  const isUnit = isKnownUnit(unitName(word)) && word !== 'in' && (word.length > 1 || /[mgshL]/.test(word));
  if (isUnit) return ` ${word}${exponent}`;
  return space !== '' || /^(?:st|nd|rd|th)$/.test(word) ? '' : null;
}
