/**
 * @file Seeded random numbers: one seed determines a run, one independent stream for each purpose.
 *
 * The generator is sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, 32 bits a draw, period at least 2³².
 * Streams are told apart by hashing seed and purpose with SHA-256, so that a new consumer never shifts the draws of
 * another. Not for cryptography. Tensor sampling on a device has its own generator; this one is for data and shuffles.
 */
import { createHash } from 'node:crypto';
import type { Json } from './records.ts';

const TWO_32 = 2 ** 32;

/** A stream of pseudo-random numbers whose state can be saved and restored. */
export class Random {
  readonly #state: Uint32Array;

  private constructor(state: Uint32Array) {
    this.#state = state;
  }

  /**
   * The stream of `seed` for one purpose. Different purposes give independent streams: `derive(1, 'a', 'b')`,
   * `derive(1, 'ab')` and `derive(1, 'a', 2)` have nothing in common. `1n` is the seed `1`.
   */
  static derive(seed: number | bigint, ...purpose: (string | number)[]): Random {
    if (typeof seed === 'number' && !Number.isFinite(seed)) {
      throw new RangeError(`a seed must be a finite number, got ${seed}`);
    }
    const spelled = [String(seed), ...purpose.map((one) => JSON.stringify(one))];
    const digest = createHash('sha256')
      .update(`[${spelled.join(',')}]`)
      .digest();
    return new Random(Uint32Array.from({ length: 4 }, (_, i) => digest.readUInt32LE(4 * i)));
  }

  /** The stream that goes on where `state()` was taken. Throws TypeError when `state` is no such state. */
  static fromState(state: Json): Random {
    const valid =
      Array.isArray(state) &&
      state.length === 4 &&
      state.every((word) => Number.isInteger(word) && word >= 0 && word < TWO_32);
    if (!valid) throw new TypeError(`not the state of a Random: ${JSON.stringify(state)}`);
    return new Random(Uint32Array.from(state as readonly number[]));
  }

  /** The state as JSON; `Random.fromState` goes on from it. */
  state(): Json {
    return [...this.#state];
  }

  /** Uniform in [0, 1), a multiple of 2⁻³². */
  next(): number {
    const state = this.#state;
    const a = state[0]!;
    const b = state[1]!;
    const c = state[2]!;
    const counter = state[3]!;
    const result = (a + b + counter) >>> 0;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = ((c << 21) | (c >>> 11)) + result;
    state[3] = counter + 1;
    return result / TWO_32;
  }

  /** Uniform integer in lo..hi, both included. Throws RangeError when the range is empty or wider than 2³². */
  int(lo: number, hi: number): number {
    const width = hi - lo + 1;
    if (!Number.isInteger(lo) || !Number.isInteger(hi) || width < 1 || width > TWO_32) {
      throw new RangeError(`no integer range ${lo}..${hi}`);
    }
    return lo + Math.floor(this.next() * width);
  }

  /** True with probability `p`. */
  chance(p: number): boolean {
    return this.next() < p;
  }

  /** One element, all equally likely. Throws RangeError on an empty array. */
  choice<T>(items: readonly T[]): T {
    return items[this.int(0, items.length - 1)] as T;
  }

  /** One of the values, each with odds proportional to its weight (≥ 0, not all zero). */
  weighted<T>(choices: readonly (readonly [value: T, weight: number])[]): T {
    let total = 0;
    for (const [, weight] of choices) {
      if (!(weight >= 0 && weight < Infinity))
        throw new RangeError(`weight ${weight} is not a finite number ≥ 0`);
      total += weight;
    }
    if (total === 0) throw new RangeError('no choice has a weight above zero');
    let rest = this.next() * total;
    let last: T | undefined;
    for (const [value, weight] of choices) {
      if (weight === 0) continue;
      if (rest < weight) return value;
      rest -= weight;
      last = value;
    }
    return last as T; // rounding can leave a remainder of one ulp
  }

  /** A new array with the same elements in uniformly random order (Fisher–Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.int(0, i);
      [shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T];
    }
    return shuffled;
  }
}
