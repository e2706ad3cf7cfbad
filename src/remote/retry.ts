/**
 * @file Retries: exponential back-off with jitter, never sooner than the endpoint asks (`Retry-After`).
 */

/** Longest pause of the back-off itself. */
const LONGEST_PAUSE_MS = 60_000;

/**
 * Milliseconds before attempt `attempt` + 1, attempts counted from 0: half of base × 2^attempt, and up to as much again
 * by chance, so that clients that failed together do not return together.
 */
export function pauseBefore(attempt: number, baseMs: number, random: () => number = Math.random): number {
  const full = Math.min(LONGEST_PAUSE_MS, baseMs * 2 ** attempt);
  return full / 2 + (full / 2) * random();
}

/** Milliseconds that a `Retry-After` header asks for: seconds or an HTTP date; null where there is none or no sense. */
export function retryAfter(header: string | null, now: Date): number | null {
  if (header === null || header.trim() === '') return null;
  if (/^\s*\d+(?:\.\d+)?\s*$/.test(header)) return Number(header) * 1000;
  // Date.parse takes `-3` for a year; an HTTP date names its day.
  const date = /^\s*[A-Za-z]{3}/.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now.getTime());
}
