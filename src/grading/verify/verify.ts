/**
 * @file `verifyMath`: whether the answer of a response equals the reference.
 *
 * Most pairs are decided here, in microseconds, by exact arithmetic and sampling; what that leaves open goes to the
 * engine in a process of its own.
 */
import type { ReadResponse } from '../../records.ts';
import { asRead, readResponse } from '../../text/index.ts';
import { compare } from './compare.ts';
import { fastLeaf } from './expressions.ts';
import { findReference, type Located, lastAnnounced, locate } from './extract.ts';
import { finalExpressions, leadsWithWords } from './final.ts';
import { finalLetter } from './letters.ts';
import { isExpression, type Node } from './node.ts';
import { type EngineLimits, engineCompare } from './pool.ts';
import { readAnswer } from './read.ts';
import { isOpaque, isProse, type Reading, read } from './reading.ts';
import { sameValues } from './sampling.ts';
import { plainWords } from './words.ts';

/** true: right; false: wrong; null: the reference cannot be read. */
export type Verdict = boolean | null;

/** Limits of one check. */
export type VerifyOptions = Partial<EngineLimits>;

/** A verdict, or the two answers that are left to the engine. */
export type FastVerdict =
  | { readonly verdict: Verdict }
  | { readonly verdict: undefined; readonly reference: string; readonly answer: string };

function readReference(reference: string): Reading | null {
  const whole = read(findReference(reference));
  if (whole !== null && whole.node.kind !== 'text') return whole;
  const found = lastAnnounced(readResponse(reference).said ?? '');
  return found?.direct ?? whole;
}

/** A letter alone or with mathematics: `(B) 12`, and not `(A) is tempting, but …`. */
function isPlainChoice(reading: Reading | null): boolean {
  return reading?.node.kind === 'choice' && !isProse(reading);
}

/** The letter that a response chooses; null where it settles on none. */
function readLetter(response: ReadResponse, { text, direct }: Located): Reading | null {
  if (isPlainChoice(direct)) return direct;
  const said = response.boxed === null ? (response.answer ?? text) : plainWords(text);
  const letter = finalLetter(said);
  return letter === null ? null : read(`(${letter})`);
}

/** The answer of a response in the reading that suits the reference: a letter, words, or mathematics. */
function readGiven(response: ReadResponse, reference: Node): Reading | null {
  const located = locate(response);
  if (located === null) return null;
  const { text, by, direct } = located;
  if (reference.kind === 'choice') {
    const chosen = readLetter(response, located);
    if (chosen !== null) return chosen;
    if (direct?.node.kind === 'choice') return null; // several letters, or a letter and a sentence
  }
  if (by === 'box') return direct;
  if (!isProse(direct) && !leadsWithWords(text)) return direct;
  if (reference.kind === 'text' && direct && compare(reference, direct.node, fastLeaf) === 'equal')
    return direct;
  return finalReading(finalExpressions(text), by, reference.kind === 'text') ?? direct;
}

/** The reading of a final expression: words where the reference is words, else the first that is no sentence. */
function finalReading(expressions: readonly string[], by: Located['by'], inWords: boolean): Reading | null {
  const readings: Reading[] = [];
  for (const expression of expressions) {
    const reading = read(expression);
    if (reading === null) continue;
    if (!inWords && !isProse(reading)) return reading;
    readings.push(reading);
  }
  return (inWords && by === 'whole' ? readings[1] : undefined) ?? readings[0] ?? null;
}

/** The verdict where no engine is needed for it. Never throws, and takes time bounded by the limits on length. */
export function verifyFast(reference: string, response: string | ReadResponse): FastVerdict {
  const right = readReference(reference);
  if (right === null) return { verdict: null };
  const answer = readGiven(asRead(response), right.node);
  if (isOpaque(right.node)) {
    return { verdict: undefined, reference: right.text, answer: answer?.text ?? '' };
  }
  if (answer === null) return { verdict: false };
  const outcome = isOpaque(answer.node) ? 'unknown' : compare(right.node, answer.node, fastLeaf);
  if (outcome === 'unknown') return { verdict: undefined, reference: right.text, answer: answer.text };
  return { verdict: outcome === 'equal' };
}

/**
 * Whether the answer of a response is the reference: true, false, or null where the reference cannot be read, or has no
 * value that could be found within the limits. An answer that cannot be read or settled within them is wrong.
 *
 * @param reference - the right answer: bare, in `$…$` or `\boxed{…}`, or a solution that ends in `#### 42`
 * @param response - a response as the model wrote it, or as it was read; only the latter tells whether the prompt opened
 *   the thought
 * @throws UserError where the engine's process does not start
 */
export async function verifyMath(
  reference: string,
  response: string | ReadResponse,
  options: VerifyOptions = {},
): Promise<Verdict> {
  const fast = verifyFast(reference, response);
  if (fast.verdict !== undefined) return fast.verdict;
  const outcome = await engineCompare(fast.reference, fast.answer, options);
  if (outcome === 'unreadable') return null;
  if (outcome !== 'unknown') return outcome === 'equal';
  return (await hasValue(fast.reference, options)) ? false : null;
}

/** Whether a reference can be settled against 0: where it can, it was the answer that could not be. */
async function hasValue(reference: string, options: VerifyOptions): Promise<boolean> {
  const node = readAnswer(reference);
  if (node === null) return false;
  if (node.kind !== 'opaque' && (!isExpression(node) || sameValues(node, node) === 'equal')) return true;
  const alone = await engineCompare(reference, '0', options);
  return alone === 'equal' || alone === 'different';
}

/** The letter comparison alone: whether a response chooses the reference's letter. Null where that is no letter. */
export function verifyChoice(reference: string, response: string | ReadResponse): Verdict {
  const right = readReference(reference);
  if (right === null || right.node.kind !== 'choice') return null;
  const answer = readGiven(asRead(response), right.node);
  return answer?.node.kind === 'choice' && answer.node.letter === right.node.letter;
}
