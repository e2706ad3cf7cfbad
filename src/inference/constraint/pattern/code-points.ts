/** @file Sets of code points as sorted, disjoint intervals. Surrogates are in none: they are no characters. */

/** Interval bounds, both inclusive: from, to, from, to, … in order, no two touching. */
export type CodePoints = readonly number[];

const LAST = 0x10ffff;
const [FIRST_SURROGATE, LAST_SURROGATE] = [0xd800, 0xdfff];

export const ALL: CodePoints = [0, FIRST_SURROGATE - 1, LAST_SURROGATE + 1, LAST];

/** The set of some intervals in any order. */
export function setOf(intervals: readonly (readonly [from: number, to: number])[]): CodePoints {
  const set: number[] = [];
  for (const [from, to] of [...intervals].sort(([a], [b]) => a - b)) {
    if (set.length > 0 && from <= set.at(-1)! + 1) set[set.length - 1] = Math.max(set.at(-1)!, to);
    else set.push(from, to);
  }
  return withoutSurrogates(set);
}

function withoutSurrogates(set: readonly number[]): CodePoints {
  const left: number[] = [];
  for (let i = 0; i < set.length; i += 2) {
    const [from, to] = [set[i]!, set[i + 1]!];
    if (to < FIRST_SURROGATE || from > LAST_SURROGATE) left.push(from, to);
    else {
      if (from < FIRST_SURROGATE) left.push(from, FIRST_SURROGATE - 1);
      if (to > LAST_SURROGATE) left.push(LAST_SURROGATE + 1, to);
    }
  }
  return left;
}

export const pairsOf = (set: CodePoints): readonly (readonly [number, number])[] =>
  Array.from({ length: set.length / 2 }, (_, i) => [set[2 * i]!, set[2 * i + 1]!] as const);

export const union = (...sets: readonly CodePoints[]): CodePoints => setOf(sets.flatMap(pairsOf));

/** Every other code point. */
export function complement(set: CodePoints): CodePoints {
  const others: (readonly [number, number])[] = [];
  let next = 0;
  for (const [from, to] of pairsOf(set)) {
    if (from > next) others.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= LAST) others.push([next, LAST]);
  return setOf(others);
}

export function includes(set: CodePoints, codePoint: number): boolean {
  let [low, high] = [0, set.length / 2 - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (codePoint < set[2 * middle]!) high = middle - 1;
    else if (codePoint > set[2 * middle + 1]!) low = middle + 1;
    else return true;
  }
  return false;
}

/** The properties asked for so far: to look at every character takes a tenth of a second. */
const properties = new Map<string, CodePoints>();

/** The code points of a Unicode property, as `\p{…}` names it; null for none of that name. */
export function unicodeProperty(name: string): CodePoints | null {
  const known = properties.get(name);
  if (known !== undefined) return known;
  let test: RegExp;
  try {
    test = new RegExp(`^\\p{${name}}$`, 'u');
  } catch {
    return null;
  }
  const found: (readonly [number, number])[] = [];
  for (let codePoint = 0; codePoint <= LAST; codePoint++) {
    if (test.test(String.fromCodePoint(codePoint))) found.push([codePoint, codePoint]);
  }
  const set = setOf(found);
  properties.set(name, set);
  return set;
}
