/**
 * @file JSON numbers between bounds and of a step, as terminals: plain decimals, without an exponent.
 *
 * A number is a whole number of units, 10^-24 (for integers: of ones). A digit is allowed where some number within the
 * bounds begins with the digits so far.
 */
import { MOST_KEPT, type Terminal } from './items.ts';
import { MOST_FRACTION_DIGITS, MOST_INTEGER_DIGITS } from './numbers.ts';

/** Bounds are inclusive and in units; null for none. */
export interface NumberBounds {
  readonly isInteger: boolean;
  readonly least: bigint | null;
  readonly most: bigint | null;
  /** What the number is a multiple of. */
  readonly step: bigint | null;
}

/** Units of a number that may have a fraction. */
export const UNITS = 10n ** BigInt(MOST_FRACTION_DIGITS);
/** Steps whose numbers leave more remainders than this need too many states. */
const MOST_REMAINDERS = 10_000n;

export const unitsOf = (isInteger: boolean): bigint => (isInteger ? 1n : UNITS);

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));

export const leastCommonMultiple = (a: bigint, b: bigint): bigint => (a / gcd(a, b)) * b;

/** The shorter text, of equally short ones the first. */
function shorter(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  if (a.length !== b.length) return a.length < b.length ? a : b;
  return a < b ? a : b;
}

/** Whether a step can be held to. */
export const isStepPossible = (step: bigint, isInteger: boolean): boolean =>
  step / gcd(step, unitsOf(isInteger)) <= MOST_REMAINDERS;

/** Math.max takes no bigints. */
function larger(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}

/** The least multiple from here on up. */
function multipleFrom(value: bigint, step: bigint): bigint {
  const remainder = value % step;
  if (remainder === 0n) return value;
  return remainder > 0n ? value - remainder + step : value - remainder;
}

/** Numbers of one sign by their size. */
interface Sizes {
  readonly least: bigint;
  readonly most: bigint;
}

/** Where a number stands: its digits as an integer, how many, and how many of them are behind the point. */
interface Place {
  readonly sizes: Sizes | null;
  readonly value: bigint;
  readonly digits: number;
  /** null before the point. */
  readonly behind: number | null;
}

const [MINUS, POINT, ZERO, NINE] = [0x2d, 0x2e, 0x30, 0x39];

class BoundedNumber implements Terminal {
  readonly optional: boolean;
  readonly ended = false;
  readonly #kind: Kind;
  readonly #place: Place;
  #shortest: readonly number[] | undefined;

  constructor(kind: Kind, place: Place) {
    this.#kind = kind;
    this.#place = place;
    this.optional = kind.mayEnd(place);
  }

  step(byte: number): Terminal | null {
    return this.#kind.after(this.#place, byte);
  }

  get shortest(): readonly number[] {
    this.#shortest ??= this.optional ? [] : [...Buffer.from(this.#kind.shortestEnd(this.#place))];
    return this.#shortest;
  }
}

class Kind {
  readonly #units: bigint;
  readonly #step: bigint;
  readonly #positive: Sizes | null;
  readonly #negative: Sizes | null;
  readonly #made = new Map<string, BoundedNumber>();
  /** For each number of digits behind the point, what a number of so many is a multiple of. */
  readonly #grains: readonly bigint[];

  constructor({ isInteger, least, most, step }: NumberBounds) {
    this.#units = unitsOf(isInteger);
    this.#step = step ?? 1n;
    this.#grains = Array.from({ length: isInteger ? 1 : MOST_FRACTION_DIGITS + 1 }, (_, places) =>
      leastCommonMultiple(this.#step, this.#weight(places)),
    );
    const largest = 10n ** BigInt(MOST_INTEGER_DIGITS) * this.#units - 1n;
    const low = least ?? -largest;
    const high = most ?? largest;
    this.#positive = this.#sizes(low > 0n ? low : 0n, high < largest ? high : largest);
    // Zero has no sign here.
    this.#negative = this.#sizes(high < 0n ? -high : 1n, -low < largest ? -low : largest);
  }

  #sizes(least: bigint, most: bigint): Sizes | null {
    return least <= most && multipleFrom(least, this.#step) <= most ? { least, most } : null;
  }

  start(): BoundedNumber | null {
    if (this.#positive === null && this.#negative === null) return null;
    return this.#at({ sizes: this.#positive, value: 0n, digits: 0, behind: null });
  }

  after(place: Place, byte: number): Terminal | null {
    const { sizes, value, digits, behind } = place;
    if (byte === MINUS) {
      const isStart = digits === 0 && sizes === this.#positive && this.#negative !== null;
      return isStart ? this.#at({ ...place, sizes: this.#negative }) : null;
    }
    if (sizes === null) return null;
    if (byte === POINT) {
      const isPossible = this.#units > 1n && digits > 0 && behind === null;
      return isPossible ? this.#possible({ ...place, behind: 0 }) : null;
    }
    if (byte < ZERO || byte > NINE) return null;
    // No digit follows a leading zero.
    if (behind === null && digits > 0 && value === 0n) return null;
    if (behind === null ? digits >= MOST_INTEGER_DIGITS : behind >= MOST_FRACTION_DIGITS) return null;
    return this.#possible({
      sizes,
      value: 10n * value + BigInt(byte - ZERO),
      digits: digits + 1,
      behind: behind === null ? null : behind + 1,
    });
  }

  mayEnd({ sizes, value, digits, behind }: Place): boolean {
    if (sizes === null || digits === 0 || behind === 0) return false;
    const size = value * this.#weight(behind ?? 0);
    return size >= sizes.least && size <= sizes.most && size % this.#step === 0n;
  }

  /** The shortest text that completes a number, of several the first in the order of bytes. */
  shortestEnd(place: Place): string {
    const isStart = place.digits === 0 && place.sizes === this.#positive;
    const negative =
      isStart && this.#negative !== null ? this.#end({ ...place, sizes: this.#negative }) : null;
    const own = place.sizes === null ? null : this.#end(place);
    return shorter(own, negative === null ? null : `-${negative}`)!;
  }

  #end(place: Place): string | null {
    const { value, digits, behind } = place;
    // A number that has digits behind the point, or is zero, gets no more before it.
    const isWhole = behind !== null || (digits > 0 && value === 0n);
    const most = isWhole ? 0 : MOST_INTEGER_DIGITS - digits;
    let best: string | null = null;
    for (let more = digits === 0 ? 1 : 0; more <= most; more++) {
      for (let places = behind === null ? 0 : Math.max(1, behind); places < this.#grains.length; places++) {
        const length = more + (behind === null ? places + Math.min(1, places) : places - behind);
        if (best !== null && length > best.length) break;
        best = shorter(best, this.#endOf(place, more, places));
      }
    }
    return best;
  }

  /** The end of the smallest number with so many more digits before the point and so many behind it. */
  #endOf({ sizes, value, digits, behind }: Place, more: number, places: number): string | null {
    const weight = behind === null ? 10n ** BigInt(more) * this.#units : this.#weight(behind);
    const isFirst = digits === 0 && more > 1;
    const from = isFirst ? weight / 10n : value * weight;
    const to = (value + 1n) * weight - 1n;
    const number = multipleFrom(larger(from, sizes!.least), this.#grains[places]!);
    if (number > to || number > sizes!.most) return null;
    const fraction = String(number % this.#units)
      .padStart(MOST_FRACTION_DIGITS, '0')
      .slice(0, places);
    const text = `${number / this.#units}${places > 0 ? `.${fraction}` : ''}`;
    return text.slice(behind === null ? digits : digits + 1);
  }

  /** Units of the last digit, behind the point or before it. */
  #weight(behind: number): bigint {
    return this.#units / 10n ** BigInt(behind);
  }

  /** The ranges of numbers that begin like this: behind the point one, before it one for each number of digits. */
  #ranges({ value, digits, behind }: Place): readonly (readonly [bigint, bigint])[] {
    if (behind !== null) {
      const weight = this.#weight(behind);
      return [[value * weight, (value + 1n) * weight - 1n]];
    }
    const longest = value === 0n ? 0 : MOST_INTEGER_DIGITS - digits;
    return Array.from({ length: longest + 1 }, (_, more) => {
      const weight = 10n ** BigInt(more) * this.#units;
      return [value * weight, (value + 1n) * weight - 1n] as const;
    });
  }

  #possible(place: Place): BoundedNumber | null {
    const { least, most } = place.sizes!;
    const isPossible = this.#ranges(place).some(([from, to]) => {
      const first = multipleFrom(larger(from, least), this.#step);
      return first <= to && first <= most;
    });
    return isPossible ? this.#at(place) : null;
  }

  #at(place: Place): BoundedNumber {
    const key = this.#key(place);
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    if (this.#made.size >= MOST_KEPT) this.#made.clear();
    const made = new BoundedNumber(this, place);
    this.#made.set(key, made);
    return made;
  }

  /** Equal for places with the same continuations: digits matter only where a range holds a bound, and by remainder. */
  #key(place: Place): string {
    const { sizes, value, digits, behind } = place;
    if (sizes === null || digits === 0) return `${sizes === this.#positive ? 'start' : 'minus'}`;
    const sign = sizes === this.#positive ? '' : '-';
    const relations = this.#ranges(place).map(([from, to]) => {
      if (to < sizes.least) return '<';
      if (from > sizes.most) return '>';
      return from >= sizes.least && to <= sizes.most ? '=' : '?';
    });
    const shape = `${sign}${digits - (behind ?? 0)}.${behind}`;
    if (relations.includes('?')) return `${shape} ${value}`;
    const remainder = (value * this.#weight(behind ?? 0)) % this.#step;
    // Digits before the point do not count behind it, and nothing follows a zero.
    const before = behind === null ? `${shape}${value === 0n ? 'zero' : ''}` : `${sign}.${behind}`;
    return `${before} ${relations.join('')} ${remainder}`;
  }
}

/** Numbers within bounds; null where there are none. */
export const boundedNumber = (bounds: NumberBounds): Terminal | null => new Kind(bounds).start();
