/**
 * @file Size of sweeps: a sample in `npm test`, all of it in `npm run test:long`.
 *
 * A property test, a table of hostile inputs or a soak is one test in both; the long run only takes more of it.
 */

/** `AHA_LONG=1`, as `npm run test:long` sets it. */
export const LONG = process.env.AHA_LONG === '1';

/** How often something is tried: `sample` times, and `long` times in the long run. */
export function runs(sample: number, long: number): number {
  return LONG ? long : sample;
}

/** So many cases, evenly spread over all; all of them in the long run. */
export function sampleOf<T>(cases: readonly T[], count: number): readonly T[] {
  if (LONG || count >= cases.length) return cases;
  return Array.from({ length: count }, (_, i) => cases[Math.floor((i * cases.length) / count)]!);
}
