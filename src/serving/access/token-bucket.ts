/**
 * @file A token bucket (Turner 1986): what may be spent flows in evenly and is kept up to one minute's worth. Pure:
 * times are handed in, in milliseconds on a clock that only goes forward.
 *
 * A bucket of n a minute never lets more than n·(1 + t) through in any t minutes: n at once after a rest, n in each
 * minute that follows.
 */

const MINUTE = 60_000;

/** Sums of fractions end a hair beside the whole number they stand for. */
const ROUNDING = 1e-6;

export class TokenBucket {
  #perMinute: number;
  #level: number;
  #updated: number;

  /** A full bucket. */
  constructor(perMinute: number, now: number) {
    this.#perMinute = perMinute;
    this.#level = perMinute;
    this.#updated = now;
  }

  /** Milliseconds until `amount` can be taken without debt; 0 when it can be now. */
  wait(amount: number, now: number): number {
    this.#refill(now);
    const missing = amount - this.#level;
    return missing <= ROUNDING ? 0 : ((missing - ROUNDING) / this.#perMinute) * MINUTE;
  }

  /** Takes `amount`, into debt where there is not as much: for what is known only afterwards. */
  take(amount: number, now: number): void {
    this.#refill(now);
    this.#level -= amount;
  }

  /** Another rate from now on. What is in the bucket, or owed, stays. */
  setRate(perMinute: number, now: number): void {
    this.#refill(now);
    this.#perMinute = perMinute;
    this.#level = Math.min(this.#level, perMinute);
  }

  #refill(now: number): void {
    const elapsed = Math.max(0, now - this.#updated);
    this.#level = Math.min(this.#perMinute, this.#level + (elapsed / MINUTE) * this.#perMinute);
    this.#updated = Math.max(this.#updated, now);
  }
}
