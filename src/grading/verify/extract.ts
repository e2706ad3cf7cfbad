/**
 * @file Finding the mathematics in an answer, and the reference in a worked solution.
 *
 * A response whose answer is marked (text/answer.ts) answers with just that; in its content otherwise: what follows
 * `####`, "the answer is" and the like; else the final expression. Searches run over the last part only, so that their
 * time is bounded.
 */
import type { ReadResponse } from '../../records.ts';
import { isMarked, readResponse } from '../../text/index.ts';

/** How an answer was found. */
export interface Found {
  readonly text: string;
  /** `box`: marked as the answer, by a tag or a box; `phrase`: after words that announce it; `whole`: nothing marks it. */
  readonly by: 'box' | 'phrase' | 'whole';
}

/** Characters at the end of a content that are searched for phrases and final expressions. */
const TAIL = 2000;
const PHRASES =
  /(?:\banswer|\bans|\bresult|\bsolution)\*{0,2}(?: to [^.\n:]{1,80}?| here)? ?(?:is|are|:|=|:\*\*)(?: therefore| thus| simply| equal to)?\*{0,2} ?:?|答案(?:是|为|：|:)+|####/gi;

/** What follows the last phrase that announces the answer, up to the end of its line. */
function announced(tail: string): string | null {
  let last: RegExpExecArray | null = null;
  for (const match of tail.matchAll(PHRASES)) last = match;
  if (last === null) return null;
  const rest = tail.slice(last.index + last[0].length).trimStart();
  const line = rest.startsWith('$$') || rest.startsWith('\\[') ? rest : (rest.split('\n')[0] ?? '');
  const text = line
    .replace(/\.(?:\s.*)?$/s, (end) => (/^\.\s*$/.test(end) || /^\.\s+[A-Z]/.test(end) ? '' : end))
    .trim();
  return text === '' ? null : text;
}

/** Where the answer of a response stands; null where it has none, such as in a thought that never closed. */
export function findAnswer(response: ReadResponse): Found | null {
  if (isMarked(response)) return { text: response.answer ?? '', by: 'box' };
  const tail = (response.said ?? '').slice(-TAIL).trim();
  const phrase = announced(tail);
  if (phrase !== null) return { text: phrase, by: 'phrase' };
  return tail === '' ? null : { text: tail, by: 'whole' };
}

/** A reference: bare, in a box, or at the end of a worked solution. */
export function findReference(reference: string): string {
  const read = readResponse(reference);
  if (isMarked(read)) return read.answer ?? '';
  const hashes = reference.lastIndexOf('####');
  return hashes === -1 ? reference : reference.slice(hashes + 4).trim();
}

const MATH_SEGMENTS =
  /\$\$([^$]{1,1000})\$\$|\$([^$\n]{1,500})\$|\\\(([^\n]{1,500}?)\\\)|\\\[([^$]{1,1000}?)\\\]/g;
const NUMBERS = /(?:\\?\$ ?)?[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:\/\d+)?(?:\s?(?:\\?%|°))?/g;
/** Words that lead up to an expression. */
const LEAD =
  /^(?:(?:so|thus|hence|therefore|then|finally|now|and|but|we (?:get|have|find|obtain)|that is|i\.e\.)(?:[\s,:]+|$))+/i;

/** A text without the words that lead up to its expression. */
export function withoutLead(text: string): string {
  return text.replace(LEAD, '');
}

/** The last mathematics between delimiters, joined with what it is listed with; null where there is none. */
function lastSegment(tail: string): string | null {
  const segments = [...tail.matchAll(MATH_SEGMENTS)].map((match) => ({
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
  return last?.text ?? null;
}

/** Whether words stand before the first mathematics between delimiters. */
export function leadsWithWords(text: string): boolean {
  const first = text.search(/\$|\\[([]/);
  return first > 0 && /\p{L}{2}/u.test(text.slice(0, first));
}

/** The final expression of a text, in the order in which readings are tried. */
export function finalExpressions(text: string): string[] {
  const tail = text.slice(-TAIL);
  const found: string[] = [];
  const last = tail.trimEnd().split('\n').at(-1)!.trim();
  const sentence =
    last
      .replace(/[.。!]\s*$/, '')
      .split(/(?<=[a-z)$])[.!?] +(?=[A-Z])/)
      .at(-1) ?? '';
  const segment = lastSegment(tail);
  if (segment !== null) found.push(segment);
  else {
    const is = sentence.split(/\s(?:is|are|equals|be|was|get|gives|has|have)\s|:\s|：|[为是]/).at(-1);
    found.push(withoutLead(sentence));
    if (is !== undefined && is !== sentence) found.push(is);
    const equal = sentence.lastIndexOf('=');
    if (equal !== -1) found.push(sentence.slice(equal + 1));
  }
  const number = tail.match(NUMBERS)?.at(-1);
  if (number !== undefined) found.push(number);
  return found;
}

/** The letter a response ends on, where the reference is a letter: `(B)`, `option B`, a last line `B`. */
export function finalLetter(text: string): string | null {
  const tail = text.slice(-400);
  const bracketed = [...tail.matchAll(/\(([A-J])\)/g)].at(-1)?.[1];
  if (bracketed !== undefined) return bracketed;
  const announcedLetter = [
    ...tail.matchAll(/(?:[Oo]ption|[Cc]hoice|[Aa]nswer|is|:)\s*\**([A-J])(?![A-Za-z'])/g),
  ].at(-1)?.[1];
  return announcedLetter ?? /(?:^|\n)\s*\**([A-J])(?:[.):]|\**\s*$)/.exec(tail)?.[1] ?? null;
}
