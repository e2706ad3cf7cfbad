/**
 * @file JSON strings as terminals (RFC 8259 §7): valid UTF-8, valid escapes, surrogates in pairs, a length in code
 * points between two bounds.
 */
import { DONE, MOST_KEPT, type Terminal } from './items.ts';

/** Where a string stands within a character; Boundary is between two. */
export type Phase = keyof typeof RANGES;
/** A phase, or `done`: the character is read. */
type Target = Phase | 'done';

const HEX: readonly (readonly [number, number])[] = [
  [0x30, 0x39],
  [0x41, 0x46],
  [0x61, 0x66],
];
const hex = (target: string): Rule[] => HEX.map(([from, to]) => [from, to, target]);
type Rule = readonly [from: number, to: number, target: string];

/** For each phase what bytes lead where: UTF-8 as in RFC 3629 §4, escapes, `\u` with high before low surrogates. */
const RANGES = {
  boundary: [
    [0x20, 0x21, 'done'],
    [0x23, 0x5b, 'done'],
    [0x5c, 0x5c, 'escape'],
    [0x5d, 0x7f, 'done'],
    [0xc2, 0xdf, 'tail1'],
    [0xe0, 0xe0, 'afterE0'],
    [0xe1, 0xec, 'tail2'],
    [0xed, 0xed, 'afterED'],
    [0xee, 0xef, 'tail2'],
    [0xf0, 0xf0, 'afterF0'],
    [0xf1, 0xf3, 'tail3'],
    [0xf4, 0xf4, 'afterF4'],
  ],
  tail1: [[0x80, 0xbf, 'done']],
  tail2: [[0x80, 0xbf, 'tail1']],
  tail3: [[0x80, 0xbf, 'tail2']],
  afterE0: [[0xa0, 0xbf, 'tail1']],
  afterED: [[0x80, 0x9f, 'tail1']],
  afterF0: [[0x90, 0xbf, 'tail2']],
  afterF4: [[0x80, 0x8f, 'tail2']],
  escape: [
    ...[...'"\\/bfnrt'].map((letter): Rule => [letter.charCodeAt(0), letter.charCodeAt(0), 'done']),
    [0x75, 0x75, 'hex4'],
  ],
  hex4: [
    [0x30, 0x39, 'hex3'],
    [0x41, 0x43, 'hex3'],
    [0x45, 0x46, 'hex3'],
    [0x61, 0x63, 'hex3'],
    [0x65, 0x66, 'hex3'],
    [0x44, 0x44, 'afterD'],
    [0x64, 0x64, 'afterD'],
  ],
  hex3: hex('hex2'),
  hex2: hex('hex1'),
  hex1: hex('done'),
  afterD: [
    [0x30, 0x37, 'hex2'],
    [0x38, 0x39, 'high2'],
    [0x41, 0x42, 'high2'],
    [0x61, 0x62, 'high2'],
  ],
  high2: hex('high1'),
  high1: hex('lowSlash'),
  lowSlash: [[0x5c, 0x5c, 'lowU']],
  lowU: [[0x75, 0x75, 'lowD']],
  lowD: [
    [0x44, 0x44, 'lowC'],
    [0x64, 0x64, 'lowC'],
  ],
  lowC: [
    [0x43, 0x46, 'hex2'],
    [0x63, 0x66, 'hex2'],
  ],
} as const satisfies Record<string, readonly Rule[]>;

export const QUOTE = 0x22;

function tables(): Record<Phase, readonly (Target | undefined)[]> {
  const made = Object.entries(RANGES).map(([phase, rules]) => {
    const table = Array.from({ length: 256 }, (): string | undefined => undefined);
    for (const [from, to, target] of rules as readonly Rule[]) table.fill(target, from, to + 1);
    return [phase, table];
  });
  return Object.fromEntries(made) as Record<Phase, readonly (Target | undefined)[]>;
}
export const TABLES = tables();

/** The shortest way from within a character to its end, the first in the order of bytes. */
function characterEnd(phase: Phase): readonly number[] {
  if (phase === 'boundary') return [];
  let best: readonly number[] | null = null;
  for (const [byte, , target] of [...(RANGES[phase] as readonly Rule[])].sort(([a], [b]) => a - b)) {
    const end = [byte, ...(target === 'done' ? [] : characterEnd(target as Phase))];
    if (best === null || end.length < best.length) best = end;
  }
  return best!;
}

const ENDS = Object.fromEntries(
  (Object.keys(RANGES) as Phase[]).map((phase) => [phase, characterEnd(phase)]),
) as Record<Phase, readonly number[]>;

/** The inside of a string with bounds on its length. */
class Inside implements Terminal {
  readonly optional = false;
  readonly ended = false;
  readonly #bounds: Bounds;
  readonly #phase: Phase;
  /** Characters before this one, as far as they matter to the bounds. */
  readonly #count: number;

  constructor(bounds: Bounds, phase: Phase, count: number) {
    this.#bounds = bounds;
    this.#phase = phase;
    this.#count = count;
  }

  step(byte: number): Terminal | null {
    const bounds = this.#bounds;
    if (this.#phase === 'boundary') {
      if (byte === QUOTE) return this.#count >= bounds.min ? DONE : null;
      if (this.#count >= bounds.max) return null;
    }
    const target = TABLES[this.#phase][byte];
    if (target === undefined) return null;
    return target === 'done' ? bounds.at('boundary', this.#count + 1) : bounds.at(target, this.#count);
  }

  /** Far from the most characters one count is like another: no character has less than a byte. */
  near(bytes: number): Terminal {
    const { min, max } = this.#bounds;
    const far = max - bytes - 1;
    const isFar = Number.isFinite(max) && this.#count >= min && this.#count < far;
    return isFar ? this.#bounds.at(this.#phase, far) : this;
  }

  /** Characters that must follow this one. */
  get #missing(): number {
    return Math.max(0, this.#bounds.min - this.#count - (this.#phase === 'boundary' ? 0 : 1));
  }

  /** Made anew each time: there is a state for every character, and each has as many bytes as are missing. */
  get shortest(): readonly number[] {
    // Blanks are the first of the characters of one byte.
    return [...ENDS[this.#phase], ...Array.from({ length: this.#missing }, () => 0x20), QUOTE];
  }

  get shortestLength(): number {
    return ENDS[this.#phase].length + this.#missing + 1;
  }
}

/** Bounds on a string's length, and its states. */
class Bounds {
  readonly min: number;
  readonly max: number;
  readonly #states = new Map<string, Inside>();

  constructor(min: number, max: number) {
    this.min = min;
    this.max = max;
  }

  at(phase: Phase, count: number): Inside {
    const counted = this.max === Number.POSITIVE_INFINITY ? Math.min(count, this.min) : count;
    const key = `${phase} ${counted}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    if (this.#states.size >= MOST_KEPT) this.#states.clear();
    const made = new Inside(this, phase, counted);
    this.#states.set(key, made);
    return made;
  }
}

export const quoted = (inside: Terminal): Terminal => ({
  step: (byte) => (byte === QUOTE ? inside : null),
  optional: false,
  ended: false,
  shortest: [QUOTE, ...inside.shortest],
});

/** Strings of `min` to `max` code points. */
export const stringOf = (min: number, max: number): Terminal =>
  quoted(new Bounds(min, max).at('boundary', 0));

/** The insides of any string. */
export const ANYTHING = new Bounds(0, Number.POSITIVE_INFINITY);
/** Any string. */
export const STRING: Terminal = quoted(ANYTHING.at('boundary', 0));
