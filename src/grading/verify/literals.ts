/** @file Answers that are equal by what is written: words, numerals in a base, times of day, lettered choices. */
import { canonical, type Node, some, whole } from './node.ts';
import type { Outcome } from './sampling.ts';
import { sameText } from './words.ts';

/** Texts, letters, numerals, times: equal by what is written. Null for kinds that have values. */
export function compareLiterals(reference: Node, answer: Node): Outcome | null {
  const [a, b] = [reference, answer];
  if (a.kind === 'text' || b.kind === 'text') return sameText(a, b) ? 'equal' : 'different';
  if (a.kind === 'numeral' || b.kind === 'numeral')
    return canonical(a) === canonical(b) ? 'equal' : 'different';
  if (a.kind === 'time' && b.kind === 'time') {
    const half = 12 * 60;
    if (a.half !== null && b.half !== null) return a.minutes === b.minutes ? 'equal' : 'different';
    if (a.half === null && b.half === null) return a.minutes === b.minutes ? 'equal' : 'different';
    return a.minutes === b.minutes ||
      (a.minutes % half === b.minutes % half && Math.min(a.minutes, b.minutes) < half)
      ? 'equal'
      : 'different';
  }
  return a.kind === 'time' || b.kind === 'time' ? 'different' : null;
}

/** A time of day that is compared with a ratio is one too: 11:21. */
export function withRatios(a: Node, b: Node): readonly [Node, Node] {
  if (a.kind !== 'time' && b.kind !== 'time') return [a, b];
  const asRatio = (node: Node, other: Node): Node => {
    if (node.kind !== 'time' || node.half !== null || !some(other, ({ kind }) => kind === 'ratio'))
      return node;
    return { kind: 'ratio', parts: [whole(Math.floor(node.minutes / 60)), whole(node.minutes % 60)] };
  };
  return [asRatio(a, b), asRatio(b, a)];
}

/** The letter of a choice, or of a variable that may be one. */
export function letterOf(node: Node): string | null {
  if (node.kind === 'choice') return node.letter;
  return node.kind === 'symbol' && /^[A-Ja-j]$/.test(node.name) ? node.name.toUpperCase() : null;
}
