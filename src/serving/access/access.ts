/**
 * @file Lets requests in by their key and its limits.
 *
 * Memory grows with the keys there are, never with what callers send: nothing is kept of a wrong key but one bucket
 * that all of them share. Once it is empty, requests without a right key are told to wait; a right key is looked up
 * before and never waits for others' wrong ones.
 */
import type { Access, Admission } from '../http/access.ts';
import { ApiError } from '../http/errors.ts';
import { findKey, type KeyEntry } from './key.ts';
import type { KeySource } from './key-source.ts';
import { KeyLimiter, type KeyLimits, type Refusal } from './limiter.ts';
import { TokenBucket } from './token-bucket.ts';

export interface AccessOptions {
  /** null: everyone is let in, whatever key is sent. */
  readonly keys: KeySource | null;
  /** Milliseconds on a clock that only goes forward. */
  readonly now?: () => number;
  /** Milliseconds since 1970, for keys that expire. */
  readonly date?: () => number;
}

/** Requests a minute without a right key that are answered as such, all callers together. */
export const FAILURES_PER_MINUTE = 300;

/** A longer header holds no key of ours and is not even hashed. */
const LONGEST_HEADER = 1024;

const LIMIT_NAMES: { readonly [limit in keyof KeyLimits]: string } = {
  requestsPerMinute: 'requests per minute',
  tokensPerMinute: 'tokens per minute',
  concurrent: 'requests at once',
};

const ANONYMOUS: Access = {
  required: false,
  admit: () => ({ key: 'anonymous', settle: () => undefined }),
};

/** Access by the keys of a source, or for everyone. */
export function createAccess({
  keys,
  now = () => performance.now(),
  date = Date.now,
}: AccessOptions): Access {
  return keys === null ? ANONYMOUS : new KeyAccess(keys, now, date);
}

class KeyAccess implements Access {
  readonly required = true;
  readonly #keys: KeySource;
  readonly #now: () => number;
  readonly #date: () => number;
  readonly #failures: TokenBucket;
  #known: readonly KeyEntry[] = [];
  /** By the hash, so that a key made anew under an old name starts afresh. */
  #limiters = new Map<string, KeyLimiter>();

  constructor(keys: KeySource, now: () => number, date: () => number) {
    this.#keys = keys;
    this.#now = now;
    this.#date = date;
    this.#failures = new TokenBucket(FAILURES_PER_MINUTE, now());
  }

  admit(authorization: string | undefined): Admission {
    const key = bearerToken(authorization);
    const entry = key === null ? null : findKey(this.#entries(), key);
    if (entry === null) throw this.#refuse(key === null ? 'missing' : 'wrong');
    if (entry.expires !== null && this.#date() >= entry.expires) throw this.#refuse('expired');
    const limiter = this.#limiters.get(entry.hash.toString('hex'))!;
    const refusal = limiter.admit(this.#now());
    if (refusal !== null) throw overLimit(entry.limits, refusal);
    return this.#admission(entry, limiter);
  }

  #admission({ name }: KeyEntry, limiter: KeyLimiter): Admission {
    let settled = false;
    return {
      key: name,
      settle: (tokens) => {
        if (settled) return;
        settled = true;
        limiter.settle(tokens, this.#now());
      },
    };
  }

  /** The keys of now, each with its limiter; limiters of keys that went are dropped. */
  #entries(): readonly KeyEntry[] {
    const entries = this.#keys();
    if (entries === this.#known) return entries;
    const time = this.#now();
    const limiters = new Map<string, KeyLimiter>();
    for (const { hash, limits } of entries) {
      const id = hash.toString('hex');
      const limiter = this.#limiters.get(id);
      limiter?.setLimits(limits, time);
      limiters.set(id, limiter ?? new KeyLimiter(limits, time));
    }
    this.#limiters = limiters;
    this.#known = entries;
    return entries;
  }

  #refuse(why: keyof typeof REFUSALS): ApiError {
    const time = this.#now();
    const wait = this.#failures.wait(1, time);
    if (wait > 0) {
      return new ApiError(429, 'Too many requests without a valid API key; try again later.', {
        code: 'rate_limit_exceeded',
        retryAfter: wait / 1000,
      });
    }
    this.#failures.take(1, time);
    return new ApiError(401, REFUSALS[why], {
      code: 'invalid_api_key',
      headers: { 'www-authenticate': 'Bearer' },
    });
  }
}

const REFUSALS = {
  missing: 'This server needs an API key; send it as the header “Authorization: Bearer <key>”.',
  wrong: 'The API key is not valid.',
  expired: 'The API key has expired.',
} as const;

/** The token of `Bearer <token>`, null where the header is missing or of another form. */
function bearerToken(authorization: string | undefined): string | null {
  if (authorization === undefined || authorization.length > LONGEST_HEADER) return null;
  return /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization)?.[1] ?? null;
}

function overLimit(limits: KeyLimits, { limit, retryAfter }: Refusal): ApiError {
  return new ApiError(429, `The limit of this API key is reached: ${limits[limit]} ${LIMIT_NAMES[limit]}.`, {
    code: 'rate_limit_exceeded',
    retryAfter,
  });
}
