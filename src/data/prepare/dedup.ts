/**
 * @file Deduplication of items: equal after normalisation, or near (Jaccard similarity of 5-grams).
 *
 * Items are the same problem only where their reference answers agree as well: problems made from one template differ
 * in a number and in their answer. Near items are found by MinHash (Broder 1997) with 16 bands of 8 hashes, which finds
 * a pair of similarity 0.8 with probability 0.95, and are then compared exactly.
 */
import type { Item } from '../files/row.ts';
import { normalForm, wordsAndSigns } from './normal.ts';

/** How items are compared. */
export const DEDUP = ['none', 'exact', 'near'] as const;
export type Dedup = (typeof DEDUP)[number];

/** An item left out and the earlier one it repeats. */
export interface Repeat {
  readonly id: string;
  readonly of: string;
  /** Jaccard similarity of their 5-grams; 1 for equal texts. */
  readonly similarity: number;
}

export interface Deduplicated {
  readonly kept: Item[];
  readonly repeats: Repeat[];
  /** Equal questions with different answers, all kept: one of the answers must be wrong. */
  readonly conflicts: { readonly id: string; readonly with: string }[];
}

/** The items without those that repeat an earlier one. */
export function deduplicate(items: readonly Item[], how: Dedup): Deduplicated {
  if (how === 'none') return { kept: [...items], repeats: [], conflicts: [] };
  const exact = withoutEqual(items);
  if (how === 'exact') return exact;
  const near = withoutNear(exact.kept);
  return { ...near, repeats: [...exact.repeats, ...near.repeats], conflicts: exact.conflicts };
}

const answerOf = ({ prompt }: Item): string | null =>
  prompt.answer === null ? null : normalForm(prompt.answer);

function withoutEqual(items: readonly Item[]): Deduplicated {
  const seen = new Map<string, Item[]>();
  const result: Deduplicated = { kept: [], repeats: [], conflicts: [] };
  for (const item of items) {
    const key = normalForm(item.question);
    const equal = seen.get(key) ?? [];
    const same = equal.find((earlier) => answerOf(earlier) === answerOf(item));
    if (same !== undefined) {
      result.repeats.push({ id: item.prompt.id, of: same.prompt.id, similarity: 1 });
      continue;
    }
    if (equal[0] !== undefined) {
      result.conflicts.push({ id: item.prompt.id, with: equal[0].prompt.id });
    }
    seen.set(key, [...equal, item]);
    result.kept.push(item);
  }
  return result;
}

const SHINGLE = 5;
const BANDS = 16;
const ROWS = 8;
/** Similarity from which two questions are near. */
export const NEAR = 0.8;

function withoutNear(items: readonly Item[]): Omit<Deduplicated, 'conflicts'> {
  const buckets = new Map<string, { item: Item; shingles: Set<number> }[]>();
  const kept: Item[] = [];
  const repeats: Repeat[] = [];
  for (const item of items) {
    const shingles = shinglesOf(item.question);
    const bands = bandsOf(Uint32Array.from(shingles));
    const candidates = new Set(bands.flatMap((band) => buckets.get(band) ?? []));
    let near: Repeat | undefined;
    for (const { item: earlier, shingles: others } of candidates) {
      if (answerOf(earlier) !== answerOf(item)) continue;
      const similarity = jaccard(shingles, others);
      if (similarity >= NEAR) near ??= { id: item.prompt.id, of: earlier.prompt.id, similarity };
    }
    if (near !== undefined) {
      repeats.push(near);
      continue;
    }
    kept.push(item);
    for (const band of bands) {
      const bucket = buckets.get(band);
      if (bucket === undefined) buckets.set(band, [{ item, shingles }]);
      else bucket.push({ item, shingles });
    }
  }
  return { kept, repeats };
}

/** Hashes of the 5-grams of words and signs; of the whole text where it is shorter. */
function shinglesOf(text: string): Set<number> {
  const tokens = wordsAndSigns(text);
  const count = Math.max(1, tokens.length - SHINGLE + 1);
  return new Set(Array.from({ length: count }, (_, i) => fnv1a(tokens.slice(i, i + SHINGLE).join(' '))));
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Odd multipliers and offsets of the hash functions; fixed, so that a file is always treated alike. */
const FUNCTIONS = Array.from({ length: BANDS * ROWS }, (_, i) => ({
  multiplier: (fnv1a(`multiplier ${i}`) | 1) >>> 0,
  offset: fnv1a(`offset ${i}`),
}));

function minimum(shingles: Uint32Array, index: number): number {
  const { multiplier, offset } = FUNCTIONS[index]!;
  let least = 0xffffffff;
  for (const shingle of shingles) {
    let hash = Math.imul(shingle ^ offset, multiplier);
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    hash = (hash ^ (hash >>> 13)) >>> 0;
    if (hash < least) least = hash;
  }
  return least;
}

/** One name for each band: the least hashes of its rows. Items that share a name are compared. */
function bandsOf(shingles: Uint32Array): string[] {
  return Array.from({ length: BANDS }, (_, band) => {
    const rows = Array.from({ length: ROWS }, (_, row) => minimum(shingles, band * ROWS + row));
    return `${band}:${rows.join()}`;
  });
}

function jaccard(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  let common = 0;
  for (const shingle of a) if (b.has(shingle)) common += 1;
  return common / (a.size + b.size - common);
}
