/**
 * @file JSON numbers as terminals (RFC 8259 §6), with bounds on their digits, so that none overflows a double and no
 * model is caught in an endless one.
 */
import { searchShortest, type Terminal } from './items.ts';

/** Most digits before the point; JSON.stringify writes more with an exponent. */
export const MOST_INTEGER_DIGITS = 21;
/** Most digits behind the point; JSON.stringify needs 22. */
export const MOST_FRACTION_DIGITS = 24;
const MOST_EXPONENT_DIGITS = 3;
/** Numbers stay below 10 to this power. */
const LARGEST_POWER = 308;

type Phase =
  | 'start'
  | 'minus'
  | 'zero'
  | 'integer'
  | 'point'
  | 'fraction'
  | 'e'
  | 'plus'
  | 'less'
  | 'up'
  | 'down';
const ENDS: ReadonlySet<Phase> = new Set(['zero', 'integer', 'fraction', 'up', 'down']);

/** Where a number stands. */
interface Place {
  readonly phase: Phase;
  /** Digits of this part so far. */
  readonly digits: number;
  /** The largest exponent the digits before the point leave. */
  readonly largest: number;
  /** The exponent so far, where it is positive. */
  readonly exponent: number;
}

class NumberPlace implements Terminal {
  readonly optional: boolean;
  readonly ended = false;
  readonly #place: Place;
  readonly #kind: NumberKind;
  #shortest: readonly number[] | undefined;

  constructor(kind: NumberKind, place: Place) {
    this.#kind = kind;
    this.#place = place;
    this.optional = ENDS.has(place.phase);
  }

  step(byte: number): Terminal | null {
    const place = after(this.#place, byte, this.#kind.isInteger);
    return place && this.#kind.at(place);
  }

  get shortest(): readonly number[] {
    this.#shortest ??= searchShortest(this);
    return this.#shortest;
  }
}

function after(place: Place, byte: number, isInteger: boolean): Place | null {
  const { phase, digits, largest, exponent } = place;
  if (byte >= 0x30 && byte <= 0x39) return afterDigit(place, byte - 0x30);
  const sign = String.fromCharCode(byte);
  if (phase === 'start') return sign === '-' ? { ...place, phase: 'minus' } : null;
  if (phase === 'e') {
    if (sign === '+') return { ...place, phase: 'plus' };
    return sign === '-' ? { phase: 'less', digits, largest: 0, exponent } : null;
  }
  if (isInteger) return null;
  const isWhole = phase === 'zero' || phase === 'integer';
  if (sign === '.' && isWhole) return { phase: 'point', digits: 0, largest, exponent };
  if ((sign === 'e' || sign === 'E') && (isWhole || phase === 'fraction')) {
    return { phase: 'e', digits: 0, largest, exponent };
  }
  return null;
}

function afterDigit(place: Place, digit: number): Place | null {
  const { phase, digits, largest, exponent } = place;
  switch (phase) {
    case 'start':
    case 'minus':
      return { ...place, phase: digit === 0 ? 'zero' : 'integer', digits: 1, largest: LARGEST_POWER - 1 };
    case 'integer':
      return digits < MOST_INTEGER_DIGITS ? { ...place, digits: digits + 1, largest: largest - 1 } : null;
    case 'point':
    case 'fraction':
      return digits < MOST_FRACTION_DIGITS ? { ...place, phase: 'fraction', digits: digits + 1 } : null;
    case 'e':
    case 'plus':
    case 'up': {
      const power = 10 * exponent + digit;
      if (digits >= MOST_EXPONENT_DIGITS || power > largest) return null;
      return { phase: 'up', digits: digits + 1, largest, exponent: power };
    }
    case 'less':
    case 'down':
      return digits < MOST_EXPONENT_DIGITS ? { ...place, phase: 'down', digits: digits + 1 } : null;
    case 'zero':
      return null;
  }
}

/** Numbers or integers, and their states. */
class NumberKind {
  readonly isInteger: boolean;
  readonly #states = new Map<string, NumberPlace>();

  constructor(isInteger: boolean) {
    this.isInteger = isInteger;
  }

  at(place: Place): NumberPlace {
    const key = `${place.phase} ${place.digits} ${place.largest} ${place.exponent}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const made = new NumberPlace(this, place);
    this.#states.set(key, made);
    return made;
  }
}

const START: Place = { phase: 'start', digits: 0, largest: 0, exponent: 0 };
export const NUMBER: Terminal = new NumberKind(false).at(START);
/** Integers as JSON.stringify writes them: digits only, neither point nor exponent. */
export const INTEGER: Terminal = new NumberKind(true).at(START);
