/**
 * @file Finding the answer of a response, and the reference in a worked solution.
 *
 * A box answers with just what it holds. In the answer tag, or in the content where there is none: what follows `####`,
 * "the answer is" and the like, if it reads as an answer; else the whole text, of which the final expression is taken
 * (`final.ts`) where it is a sentence.
 */
import type { ReadResponse } from '../../records.ts';
import { answerBoxes, isMarked, readResponse } from '../../text/index.ts';
import { compare } from './compare.ts';
import { fastLeaf } from './expressions.ts';
import { finalExpressions, TAIL, withoutLead } from './final.ts';
import { isProse, type Reading, read } from './reading.ts';

/** How an answer was found. */
export interface Found {
  readonly text: string;
  /** `box`: marked as the answer, by a tag or a box; `phrase`: after words that announce it; `whole`: nothing marks it. */
  readonly by: 'box' | 'phrase' | 'whole';
}

/** An answer with what was read of it. */
export interface Located extends Found {
  readonly direct: Reading | null;
}

const PHRASES =
  /(?:\banswer|\bans|\bresult|\bsolution)\*{0,2}(?: to [^.\n:]{1,80}?| here)? ?(?:is|are|:|=|:\*\*)(?: therefore| thus| simply| equal to)?\*{0,2} ?:?|答案(?:是|为|：|:)+|####/gi;

/** Phrases that are tried, from the last one back. */
const MAX_PHRASES = 16;

/**
 * The rest of the line that begins at `start`, without the sentences after it; '' where there is none.
 *
 * @param exclaims - whether `!` after a number may end the sentence; else it is a factorial
 */
function restOfLine(text: string, start: number, exclaims: boolean): string {
  const rest = text.slice(start).trimStart();
  const line = rest.startsWith('$$') || rest.startsWith('\\[') ? rest : (rest.split('\n')[0] ?? '');
  return (exclaims ? line.replace(EXCLAMATION, '') : line)
    .replace(/\.(?:\s.*)?$/s, (end) => (/^\.\s*$/.test(end) || /^\.\s+[A-Z]/.test(end) ? '' : end))
    .trim();
}

/** The end of a sentence after a number, outside of formulas: "The answer is 42! Great." */
const EXCLAMATION = /(?<=[\d%])!(?:\s+[A-Z].*)?\s*$/s;

/** What is said about an answer that was given before. */
const REMARK =
  /^(?:(?:also|indeed|thus|therefore|clearly|hence|fully|both|then|now)\s+)*(?:correct|right|reasonable|consistent|valid|verified|confirmed|plausible|sensible|as expected|unique|expected)\b/i;
/** The same, where it holds no expression. */
const WORDY_REMARK = /^(?:in|a|an|not|the same|what|always|to be)\s/i;

/** What an announced text is as an answer; null where it is a remark. */
function announced(text: string): Located | null {
  const direct = read(withoutLead(text));
  const located: Located = { text, by: 'phrase', direct };
  if (!isProse(direct)) return located;
  if (REMARK.test(text)) return null;
  if (finalExpressions(text).some((expression) => !isProse(read(expression)))) return located;
  return direct === null || WORDY_REMARK.test(text) ? null : located;
}

/** The last phrase whose rest reads as an answer; null where there is none. */
export function lastAnnounced(content: string): Located | null {
  const tail = content.slice(-TAIL).trim();
  for (const match of [...tail.matchAll(PHRASES)].slice(-MAX_PHRASES).reverse()) {
    const text = restOfLine(tail, match.index + match[0].length, match[0] !== '####');
    const located = text === '' ? null : announced(text);
    if (located !== null) return located;
  }
  // A remark may be longer than what is searched; the sign of GSM8K is found without a search.
  const hashes = content.length > TAIL ? content.lastIndexOf('####') : -1;
  return hashes === -1 ? null : announced(restOfLine(content.slice(hashes, hashes + TAIL), 4, false));
}

/** Boxes side by side, where one value in two spellings is one value: the longest spelling. */
function boxed(response: ReadResponse): Located {
  const whole = response.answer ?? '';
  const boxes = whole.includes(', ') ? answerBoxes(response.said ?? '') : [];
  if (boxes.length < 2) return { text: whole, by: 'box', direct: read(whole) };
  const distinct: Reading[] = [];
  for (const reading of boxes.map(read)) {
    if (reading === null) return { text: whole, by: 'box', direct: read(whole) };
    const at = distinct.findIndex(({ node }) => compare(node, reading.node, fastLeaf) === 'equal');
    if (at === -1) distinct.push(reading);
    else if (reading.text.length > distinct[at]!.text.length) distinct[at] = reading;
  }
  const text = distinct.map((reading) => reading.text).join(', ');
  return { text, by: 'box', direct: distinct.length === 1 ? distinct[0]! : read(text) };
}

/** Where the answer of a response stands, read; null where it has none, such as in a thought that never closed. */
export function locate(response: ReadResponse): Located | null {
  if (response.boxed !== null) return boxed(response);
  const text = response.answer ?? '';
  if (response.tagged !== null) {
    const direct = read(text);
    if (text === '' || !isProse(direct)) return { text, by: 'box', direct };
    return lastAnnounced(text) ?? { text, by: 'whole', direct };
  }
  if (text === '') return null;
  const located = lastAnnounced(text);
  if (located !== null) return located;
  const tail = text.slice(-TAIL).trim();
  return { text: tail, by: 'whole', direct: read(withoutLead(tail)) };
}

/** Where the answer of a response stands; null where it has none, such as in a thought that never closed. */
export function findAnswer(response: ReadResponse): Found | null {
  const located = locate(response);
  return located && { text: located.text, by: located.by };
}

/** A reference: bare, in a box, or at the end of a worked solution. */
export function findReference(reference: string): string {
  const solution = readResponse(reference);
  if (isMarked(solution)) return solution.answer ?? '';
  const hashes = reference.lastIndexOf('####');
  return hashes === -1 ? reference : reference.slice(hashes + 4).trim();
}
