/**
 * @file Solver of zebra puzzles: for each value the houses still open to it, narrowed by clues and by one value a house;
 * a guess only when nothing narrows them more.
 */

/** A value: the index of its attribute, and its index among the values of that attribute. */
export type Value = readonly [attribute: number, value: number];

/** What a clue says of the houses of its values; for `at` the house itself stands in for the second value. */
export type Clue =
  | { readonly kind: 'same' | 'left' | 'beside'; readonly a: Value; readonly b: Value }
  | { readonly kind: 'at'; readonly a: Value; readonly house: number };

/** For each attribute, the house of each of its values. */
export type Street = readonly (readonly number[])[];

/** What a clue leaves of the houses (bits) of a and b; for `at`, b is the house itself. */
function narrowed(kind: Clue['kind'], a: number, b: number): [a: number, b: number] {
  switch (kind) {
    case 'at':
    case 'same':
      return [a & b, a & b];
    case 'left':
      return [a & (b >> 1), b & (a << 1)];
    case 'beside':
      return [a & ((b << 1) | (b >> 1)), b & ((a << 1) | (a >> 1))];
  }
}

/** The houses still open to each value, as bits, by attribute. */
type Domains = number[][];

const isOne = (bits: number) => (bits & (bits - 1)) === 0;

/** Narrows the domains, in place, until no clue and no attribute narrows them more. False where one is empty. */
function propagate(domains: Domains, clues: readonly Clue[]): boolean {
  for (let changed = true; changed; ) {
    changed = false;
    const narrow = ([attribute, value]: Value, bits: number) => {
      const row = domains[attribute]!;
      if (row[value] === bits) return;
      row[value] = bits;
      changed = true;
    };
    for (const clue of clues) {
      const a = domains[clue.a[0]]![clue.a[1]]!;
      const b = clue.kind === 'at' ? 1 << clue.house : domains[clue.b[0]]![clue.b[1]]!;
      const [left, right] = narrowed(clue.kind, a, b);
      narrow(clue.a, left);
      if (clue.kind !== 'at') narrow(clue.b, right);
    }
    for (const [attribute, row] of domains.entries()) {
      for (const [value, bits] of row.entries()) {
        if (bits === 0) return false;
        if (!isOne(bits)) continue;
        row.forEach((other, i) => {
          if (i !== value) narrow([attribute, i], other & ~bits);
        });
      }
    }
  }
  return true;
}

/** Up to `limit` streets that keep all clues: domains are narrowed, then an open one is split, and so on. */
export function streets(houses: number, attributes: number, clues: readonly Clue[], limit: number): Street[] {
  const found: Street[] = [];
  const search = (domains: Domains): void => {
    if (!propagate(domains, clues)) return;
    const open = domains
      .flatMap((row, attribute) => row.map((bits, value) => ({ attribute, value, bits })))
      .filter(({ bits }) => !isOne(bits));
    const [split] = open;
    if (split === undefined) {
      found.push(domains.map((row) => row.map(Math.log2)));
      return;
    }
    for (let house = 0; house < houses && found.length < limit; house++) {
      if ((split.bits & (1 << house)) === 0) continue;
      const guess = domains.map((row) => [...row]);
      guess[split.attribute]![split.value] = 1 << house;
      search(guess);
    }
  };
  search(Array.from({ length: attributes }, () => Array.from({ length: houses }, () => 2 ** houses - 1)));
  return found;
}
