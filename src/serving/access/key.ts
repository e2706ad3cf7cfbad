/**
 * @file API keys: making one, what is kept of it, and finding the entry a request's key belongs to.
 *
 * A key is 256 random bits, so nobody finds it by trying, and its plain SHA-256 is all that has to be kept: the slow,
 * salted hashes that passwords need defend against guessing what people choose, and nobody chose this. The one key
 * that people may choose, in AHA_API_KEY, is hashed in memory only.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { KeyLimits } from './limiter.ts';

/** What keys begin with, so that people and secret scanners recognise one. */
export const KEY_PREFIX = 'sk-aha-';

const KEY_BYTES = 32;

/** What is known of a key. */
export interface KeyEntry {
  /** For logs and metrics. */
  readonly name: string;
  /** SHA-256 of the key, 32 bytes. */
  readonly hash: Buffer;
  /** Milliseconds since 1970 from which the key is no longer accepted; null is never. */
  readonly expires: number | null;
  readonly limits: KeyLimits;
}

/** A new key: `sk-aha-` and 43 letters, digits, `-` and `_`. */
export function newKey(): string {
  return KEY_PREFIX + randomBytes(KEY_BYTES).toString('base64url');
}

/** SHA-256 of a key. */
export function hashKey(key: string): Buffer {
  return createHash('sha256').update(key, 'utf8').digest();
}

/**
 * The entry of a key. Hashes are compared in constant time and all of them are, so that the time taken tells neither
 * how much of a key is right nor where in the list it stands.
 */
export function findKey(entries: readonly KeyEntry[], key: string): KeyEntry | null {
  const hash = hashKey(key);
  let found: KeyEntry | null = null;
  for (const entry of entries) if (timingSafeEqual(entry.hash, hash)) found = entry;
  return found;
}
