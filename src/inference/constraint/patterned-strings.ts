/**
 * @file JSON strings whose text an automaton reads, with a length in code points, as terminals.
 *
 * Characters are spelled as `JSON.stringify` spells them. For each state and length there is a table of the bytes to the
 * closing quote; where it has none, the state is not entered.
 */
import { DONE, MOST_KEPT, type Terminal } from './items.ts';
import type { TextAutomaton, Way } from './pattern/index.ts';
import { QUOTE, quoted } from './strings.ts';

const BACKSLASH = 0x5c;
const NEVER = 2 ** 30;

/** Entries in the table of one string, 4 bytes each. */
const MOST_ENTRIES = 2 ** 18;

/** The largest length that a string of an automaton can be held to. */
export const longestText = ({ ways }: TextAutomaton): number => Math.floor(MOST_ENTRIES / ways.length) - 1;

/** Code points that are spelled with a backslash: what follows it. */
const ESCAPES: ReadonlyMap<number, string> = new Map(
  Array.from({ length: 0x20 }, (_, point) => point)
    .concat(QUOTE, BACKSLASH)
    .map((point) => [point, JSON.stringify(String.fromCodePoint(point)).slice(2, -1)]),
);

/** Ranges of code points by the bytes they are spelled with. */
const LENGTHS: readonly Way[] = (
  [
    [0x20, 0x21, 1],
    [0x23, 0x5b, 1],
    [0x5d, 0x7f, 1],
    ...Array.from(ESCAPES, ([point, letters]): Way => [point, point, letters.length + 1]),
    [0x80, 0x7ff, 2],
    [0x800, 0xffff, 3],
    [0x10000, 0x10ffff, 4],
  ] satisfies Way[]
).sort(([, , a], [, , b]) => a - b);

const overlaps = ([from, to]: Way, low: number, high: number): boolean =>
  low <= high && from <= high && to >= low;

/** Bytes of the shortest character of a range. */
const shortestOf = ([from, to]: Way): number => LENGTHS.find((one) => overlaps(one, from, to))![2];

/** Where a string stands within a character. */
type Phase =
  | { readonly kind: 'between' }
  /** After a backslash and some of what follows it. */
  | { readonly kind: 'escape'; readonly begun: string }
  /** After some bytes of UTF-8: their value, the bytes to come, the least code point of as many bytes. */
  | { readonly kind: 'utf8'; readonly value: number; readonly left: number; readonly least: number }
  /** The same where all continuations lead to one state. */
  | { readonly kind: 'any'; readonly target: number; readonly left: number };

const BETWEEN: Phase = { kind: 'between' };

class Inside implements Terminal {
  readonly optional = false;
  readonly ended = false;
  readonly shortestLength: number;
  readonly #strings: PatternedStrings;
  readonly #state: number;
  readonly #count: number;
  readonly #phase: Phase;
  #towardsEnd: readonly [byte: number, after: Terminal] | undefined;

  constructor(strings: PatternedStrings, state: number, count: number, phase: Phase) {
    this.#strings = strings;
    this.#state = state;
    this.#count = count;
    this.#phase = phase;
    this.shortestLength = strings.lengthOf(state, count, phase);
  }

  step(byte: number): Terminal | null {
    const after = this.#strings.step(this.#state, this.#count, this.#phase, byte);
    return after === null || (after.shortestLength ?? 0) >= NEVER ? null : after;
  }

  near(bytes: number): Terminal {
    return this.#strings.near(this.#state, this.#count, this.#phase, bytes) ?? this;
  }

  get shortest(): readonly number[] {
    return shortestEnd(this);
  }

  /** The first byte of the shortest end and what is left after it. */
  get towardsEnd(): readonly [byte: number, after: Terminal] {
    for (let byte = 0; this.#towardsEnd === undefined; byte++) {
      const after = this.step(byte);
      if (after !== null && (after.shortestLength ?? 0) === this.shortestLength - 1) {
        this.#towardsEnd = [byte, after];
      }
    }
    return this.#towardsEnd;
  }
}

/** Made anew each time: kept in every state of a long string, they would be the square of its length. */
function shortestEnd(start: Inside): number[] {
  const bytes: number[] = [];
  for (let at: Terminal = start; at instanceof Inside; ) {
    const [byte, after] = at.towardsEnd;
    bytes.push(byte);
    at = after;
  }
  return bytes;
}

/** The strings of an automaton with `min` to `max` code points. */
class PatternedStrings {
  readonly #automaton: TextAutomaton;
  readonly #min: number;
  readonly #max: number;
  /** Bytes to the end and its quote: a row for each length, the last for all from there on where none is the largest. */
  readonly #lengths: Int32Array;
  readonly #made = new Map<string, Inside>();

  constructor(automaton: TextAutomaton, min: number, max: number) {
    this.#automaton = automaton;
    this.#min = min;
    this.#max = max;
    this.#lengths = lengthTable(automaton, min, max);
  }

  at(state: number, count: number, phase: Phase = BETWEEN): Inside {
    const counted = Number.isFinite(this.#max) ? count : Math.min(count, this.#min);
    const key = `${state} ${counted} ${Object.values(phase).join(' ')}`;
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    if (this.#made.size >= MOST_KEPT) this.#made.clear();
    const made = new Inside(this, state, counted, phase);
    this.#made.set(key, made);
    return made;
  }

  #end(state: number, count: number): number {
    const row = Number.isFinite(this.#max) ? count : Math.min(count, this.#min);
    return this.#lengths[row * this.#automaton.ways.length + state] ?? NEVER;
  }

  /** Bytes of the shortest end. */
  lengthOf(state: number, count: number, phase: Phase): number {
    const least = (lengths: readonly number[]): number => Math.min(NEVER, ...lengths);
    const ways = this.#automaton.ways[state]!;
    switch (phase.kind) {
      case 'between':
        return this.#end(state, count);
      case 'escape':
        return least(
          this.#escapes(state, phase.begun).map(
            ([rest, target]) => rest.length + this.#end(target, count + 1),
          ),
        );
      case 'utf8': {
        const [low, high] = rangeOf(phase);
        const possible = ways.filter((way) => overlaps(way, Math.max(low, phase.least), high));
        return phase.left + least(possible.map(([, , target]) => this.#end(target, count + 1)));
      }
      case 'any':
        return phase.left + this.#end(phase.target, count + 1);
    }
  }

  /** What may complete an escape, and where it leads. */
  #escapes(state: number, begun: string): readonly (readonly [rest: string, target: number])[] {
    return [...ESCAPES].flatMap(([point, letters]) => {
      const target = letters.startsWith(begun) ? this.#target(state, point) : null;
      return target === null ? [] : [[letters.slice(begun.length), target] as const];
    });
  }

  #target(state: number, point: number): number | null {
    return this.#automaton.ways[state]!.find((way) => overlaps(way, point, point))?.[2] ?? null;
  }

  step(state: number, count: number, phase: Phase, byte: number): Terminal | null {
    switch (phase.kind) {
      case 'between':
        return this.#begin(state, count, byte);
      case 'escape':
        return this.#escape(state, count, phase.begun + String.fromCharCode(byte));
      case 'utf8':
        return isContinuation(byte)
          ? this.#utf8(state, count, {
              ...phase,
              value: (phase.value << 6) | (byte & 0x3f),
              left: phase.left - 1,
            })
          : null;
      case 'any': {
        if (!isContinuation(byte)) return null;
        const { target, left } = phase;
        return left === 1 ? this.at(target, count + 1) : this.at(state, count, { ...phase, left: left - 1 });
      }
    }
  }

  #begin(state: number, count: number, byte: number): Terminal | null {
    if (byte === QUOTE) return this.#automaton.ends[state]! && count >= this.#min ? DONE : null;
    if (count >= this.#max || byte < 0x20) return null;
    if (byte === BACKSLASH) return this.at(state, count, { kind: 'escape', begun: '' });
    if (byte < 0x80) {
      const target = this.#target(state, byte);
      return target === null ? null : this.at(target, count + 1);
    }
    if (byte >= 0xc2 && byte < 0xe0) return this.#lead(state, count, byte & 0x1f, 1, 0x80);
    if (byte >= 0xe0 && byte < 0xf0) return this.#lead(state, count, byte & 0x0f, 2, 0x800);
    return byte >= 0xf0 && byte < 0xf5 ? this.#lead(state, count, byte & 0x07, 3, 0x10000) : null;
  }

  #lead(state: number, count: number, value: number, left: number, least: number): Terminal {
    return this.#utf8(state, count, { kind: 'utf8', value, left, least });
  }

  #utf8(state: number, count: number, phase: Extract<Phase, { kind: 'utf8' }>): Terminal {
    const { left, least } = phase;
    const [low, high] = rangeOf(phase);
    const whole = this.#automaton.ways[state]!.find(([from, to]) => from <= low && high <= to);
    if (left === 0 && whole !== undefined) return this.at(whole[2], count + 1);
    return whole !== undefined && low >= least
      ? this.at(state, count, { kind: 'any', target: whole[2], left })
      : this.at(state, count, phase);
  }

  #escape(state: number, count: number, begun: string): Terminal | null {
    const [possible] = this.#escapes(state, begun);
    if (possible === undefined) return null;
    const [rest, target] = possible;
    return rest === '' ? this.at(target, count + 1) : this.at(state, count, { kind: 'escape', begun });
  }

  /** Far from the most characters one count is like another: the shortest end passes through no state twice. */
  near(state: number, count: number, phase: Phase, bytes: number): Terminal | null {
    const far = this.#max - bytes - 1 - this.#automaton.ways.length;
    const isFar = Number.isFinite(this.#max) && count >= this.#min && count < far;
    return isFar ? this.at(state, far, phase) : null;
  }
}

const isContinuation = (byte: number): boolean => byte >= 0x80 && byte < 0xc0;

/** The code points that bytes of UTF-8 may become, too small ones among them. */
function rangeOf({ value, left }: Extract<Phase, { kind: 'utf8' }>): readonly [low: number, high: number] {
  return [value << (6 * left), ((value + 1) << (6 * left)) - 1];
}

function lengthTable({ ways, ends }: TextAutomaton, min: number, max: number): Int32Array {
  const states = ways.length;
  const last = Number.isFinite(max) ? max : min;
  const table = new Int32Array((last + 1) * states).fill(NEVER);
  const steps = ways.map((out) => out.map((way) => [way[2], shortestOf(way)] as const));
  if (max === Number.POSITIVE_INFINITY) table.set(unboundedLengths(steps, ends), last * states);
  else for (const [state, isEnd] of ends.entries()) if (isEnd) table[last * states + state] = 1;
  for (let count = last - 1; count >= 0; count--) {
    for (let state = 0; state < states; state++) {
      let best = ends[state]! && count >= min ? 1 : NEVER;
      for (const [target, bytes] of steps[state]!) {
        best = Math.min(best, bytes + table[(count + 1) * states + target]!);
      }
      table[count * states + state] = best;
    }
  }
  return table;
}

type Step = readonly [target: number, bytes: number];

/** Bytes to the nearest end: from the ends backwards, the nearest states first. */
function unboundedLengths(steps: readonly (readonly Step[])[], ends: readonly boolean[]): Int32Array {
  const back = steps.map((): Step[] => []);
  for (const [from, out] of steps.entries()) {
    for (const [target, bytes] of out) back[target]!.push([from, bytes]);
  }
  const lengths = new Int32Array(steps.length).fill(NEVER);
  const byLength: number[][] = [[], [...ends.keys()].filter((state) => ends[state])];
  for (let length = 1; length < byLength.length; length++) {
    for (const state of byLength[length] ?? []) {
      if (lengths[state]! <= length) continue;
      lengths[state] = length;
      for (const [from, bytes] of back[state]!) {
        byLength[length + bytes] ??= [];
        byLength[length + bytes]!.push(from);
      }
    }
  }
  return lengths;
}

/**
 * Strings of `min` to `max` code points that an automaton reads; null where there are none.
 * @param min - at most `longestText` of the automaton, and so is `max` unless it is infinite
 */
export function patternedString(automaton: TextAutomaton, min: number, max: number): Terminal | null {
  if (min > max) return null;
  const inside = new PatternedStrings(automaton, min, max).at(0, 0);
  return inside.shortestLength >= NEVER ? null : quoted(inside);
}
