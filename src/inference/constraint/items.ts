/**
 * @file The parts a grammar is made of: terminals, which read bytes, and choices between sequences of parts.
 *
 * Each part knows the shortest bytes it can be spelled with (of equally short ones the first in the order of bytes),
 * so that a text can always be closed in time.
 */

/** What is still to be read of one element, byte by byte. Immutable; equal ones are the same object. */
export interface Terminal {
  /** What is left after a byte, null where it is forbidden. */
  step(byte: number): Terminal | null;
  /** The element may end here. */
  readonly optional: boolean;
  /** Nothing of the element may follow. */
  readonly ended: boolean;
  /** The shortest bytes to its end; empty where it may end here. */
  readonly shortest: readonly number[];
  /** How many they are, where that is known without making them. */
  readonly shortestLength?: number;
  /** Another that differs only in texts of more bytes; itself where it is left out. */
  near?(bytes: number): Terminal;
}

/** Places of one terminal that are kept; beyond them they are made anew. */
export const MOST_KEPT = 10_000;

export type Item = Terminal | Choice;
export type Sequence = readonly Item[];

const isChoice = (item: Item): item is Choice => item instanceof Choice;

const terminalLength = (item: Terminal): number => item.shortestLength ?? item.shortest.length;

/** Bytes of the shortest spelling; infinite where there is none. */
export const lengthOf = (item: Item): number => (isChoice(item) ? item.length : terminalLength(item));

const sum = (sequence: Sequence, of: (item: Item) => number): number =>
  sequence.reduce((total, item) => total + of(item), 0);

/** A bound from below on `lengthOf` that looks into no choice. */
const leastOf = (sequence: Sequence): number =>
  sum(sequence, (item) => (isChoice(item) ? item.least : terminalLength(item)));

/** Appends the shortest spelling. */
export function spell(item: Item, out: number[]): void {
  if (isChoice(item)) for (const part of item.best) spell(part, out);
  else for (const byte of item.shortest) out.push(byte);
}

const spelling = (sequence: Sequence): number[] => {
  const out: number[] = [];
  for (const item of sequence) spell(item, out);
  return out;
};

/** Order of byte strings of equal length. */
export function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at >= 0 && a[at]! < b[at]!;
}

/** Bytes of the longest text that must be written at once; what needs more counts as having no spelling. */
const LONGEST = 1 << 16;

/** Alternatives, made when they are first looked at: grammars may be recursive. */
export class Choice {
  /** A bound from below on the bytes of any spelling; it keeps a loop out of the search for the shortest. */
  readonly least: number;
  readonly #make: () => readonly Sequence[];
  #made: readonly Sequence[] | undefined;
  #alternatives: readonly Sequence[] | undefined;
  #best: { readonly length: number; readonly sequence: Sequence } | undefined;

  constructor(least: number, make: () => readonly Sequence[]) {
    this.least = least;
    this.#make = make;
  }

  get #all(): readonly Sequence[] {
    this.#made ??= this.#make();
    return this.#made;
  }

  /** Those that can be spelled. */
  get alternatives(): readonly Sequence[] {
    this.#alternatives ??= this.#all.filter((sequence) => sum(sequence, lengthOf) < Number.POSITIVE_INFINITY);
    return this.#alternatives;
  }

  get length(): number {
    return this.#shortest().length;
  }

  /** The alternative with the shortest spelling. */
  get best(): Sequence {
    return this.#shortest().sequence;
  }

  #shortest(): { readonly length: number; readonly sequence: Sequence } {
    if (this.#best !== undefined) return this.#best;
    let best = { length: Number.POSITIVE_INFINITY, sequence: [] as Sequence };
    const sorted = this.#all.map((sequence) => ({ sequence, least: leastOf(sequence) }));
    for (const { sequence, least } of sorted.sort((a, b) => a.least - b.least)) {
      if (least > best.length) break;
      const length = sum(sequence, lengthOf);
      if (length > LONGEST) continue;
      const isShorter =
        length < best.length ||
        (length === best.length && isBefore(spelling(sequence), spelling(best.sequence)));
      if (isShorter) best = { length, sequence };
    }
    this.#best = best;
    return best;
  }
}

/** The shortest bytes after which a terminal may end, the first in the order of bytes: breadth first. */
export function searchShortest(from: Terminal): readonly number[] {
  if (from.optional) return [];
  const seen = new Set<Terminal>([from]);
  let level: { readonly item: Terminal; readonly path: readonly number[] }[] = [{ item: from, path: [] }];
  while (level.length > 0) {
    const next: typeof level = [];
    for (const { item, path } of level) {
      for (let byte = 0; byte < 256; byte++) {
        const after = item.step(byte);
        if (after === null || seen.has(after)) continue;
        const longer = [...path, byte];
        if (after.optional) return longer;
        seen.add(after);
        next.push({ item: after, path: longer });
      }
    }
    level = next;
  }
  throw new Error('a terminal has no end');
}

/** The end of an element. */
export const DONE: Terminal = { step: () => null, optional: true, ended: true, shortest: [] };
