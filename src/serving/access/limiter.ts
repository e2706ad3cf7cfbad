/**
 * @file The limits of one key: requests a minute, tokens a minute, requests at once.
 *
 * Tokens are known only when a reply has ended, so they are taken then, into debt if need be; a key in debt waits
 * until it is paid off. A refused request costs nothing.
 */
import { TokenBucket } from './token-bucket.ts';

/** null is no limit. */
export interface KeyLimits {
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  readonly concurrent: number | null;
}

export const NO_LIMITS: KeyLimits = { requestsPerMinute: null, tokensPerMinute: null, concurrent: null };

/** Why a request has to wait. */
export interface Refusal {
  readonly limit: keyof KeyLimits;
  /** Seconds after which it can succeed; a guess where it depends on other requests. */
  readonly retryAfter: number;
}

/** Seconds to try again where requests in flight must end first. */
const CONCURRENT_RETRY = 1;

export class KeyLimiter {
  #limits: KeyLimits;
  #requests: TokenBucket | null;
  #tokens: TokenBucket | null;
  #running = 0;

  /** @param now - milliseconds on a clock that only goes forward, as in all methods */
  constructor(limits: KeyLimits, now: number) {
    this.#limits = limits;
    this.#requests = bucketFor(null, limits.requestsPerMinute, now);
    this.#tokens = bucketFor(null, limits.tokensPerMinute, now);
  }

  /** Lets a request in and returns null, or says why not. What was let in must be settled once. */
  admit(now: number): Refusal | null {
    const { concurrent } = this.#limits;
    if (concurrent !== null && this.#running >= concurrent)
      return { limit: 'concurrent', retryAfter: CONCURRENT_RETRY };
    const forTokens = this.#tokens?.wait(1, now) ?? 0;
    const forRequest = this.#requests?.wait(1, now) ?? 0;
    if (forTokens > 0 || forRequest > 0) {
      const limit = forTokens > forRequest ? 'tokensPerMinute' : 'requestsPerMinute';
      return { limit, retryAfter: Math.max(forTokens, forRequest) / 1000 };
    }
    this.#requests?.take(1, now);
    this.#running++;
    return null;
  }

  /** A request that was let in has ended and used as many tokens. */
  settle(tokens: number, now: number): void {
    this.#running--;
    this.#tokens?.take(tokens, now);
  }

  /** Other limits from now on; requests in flight, and debts, stay. */
  setLimits(limits: KeyLimits, now: number): void {
    this.#limits = limits;
    this.#requests = bucketFor(this.#requests, limits.requestsPerMinute, now);
    this.#tokens = bucketFor(this.#tokens, limits.tokensPerMinute, now);
  }
}

function bucketFor(bucket: TokenBucket | null, perMinute: number | null, now: number): TokenBucket | null {
  if (perMinute === null) return null;
  if (bucket === null) return new TokenBucket(perMinute, now);
  bucket.setRate(perMinute, now);
  return bucket;
}
