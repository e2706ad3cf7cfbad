/**
 * @file Split of problems into training and held-out ones, decided by the problem itself.
 *
 * A stable hash of the problem (never of its wording, language or seed) puts about 10% on the held-out side, so that
 * no training data drawn anywhere, with any seed, can hold a problem of the test set.
 */

export type Split = 'train' | 'heldout';

/** One problem in this many is held out. */
export const HELD_OUT_ONE_IN = 10;

/**
 * The side `problem` is on, for ever: changing this function moves problems between training and test.
 * FNV-1a over UTF-16 code units, then the finaliser of MurmurHash3, whose every output bit depends on every input bit.
 */
export function splitOf(problem: string): Split {
  let hash = 0x811c9dc5;
  for (let i = 0; i < problem.length; i++) hash = Math.imul(hash ^ problem.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % HELD_OUT_ONE_IN === 0 ? 'heldout' : 'train';
}
