/**
 * @file Learning byte-pair merges (Sennrich et al. 2016) from counted pre-tokens.
 *
 * Again and again the most frequent pair of neighbouring tokens becomes a token; of equally frequent pairs the one with
 * the lower left id, then the lower right id. So the result depends on nothing but the counts. Pair counts are kept up
 * to date instead of being made anew: a merge visits the places where its pair stands and no others.
 */
import { BYTE_LETTERS } from '../byte-letters.ts';
import { PairHeap } from './pair-heap.ts';

/** What {@link learnMerges} is told. */
export interface MergeOptions {
  /** Tokens to end with, the 256 bytes included; fewer where no pair is frequent enough. */
  readonly tokens: number;
  /** Pairs seen less often are not merged. */
  readonly minCount: number;
}

/** A byte-level vocabulary and the merges that made it. */
export interface Merges {
  /** Tokens in the letters of byte-letters.ts; the index is the id. The first 256 are the bytes. */
  readonly tokens: readonly string[];
  /** Pairs of tokens in the order they were learnt; merge i makes token 256 + i. */
  readonly merges: readonly (readonly [string, string])[];
  /** Tokens the counted text is made of after all merges. */
  readonly length: number;
}

/** Ids stay below this, so that a pair is one exact number. */
const BASE = 2 ** 26;
const NONE = -1;

/** The bytes as tokens, in the order of their letters: as GPT-2, Qwen and the Rust library number them. */
const ALPHABET = [...BYTE_LETTERS].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);

interface Pair {
  count: number;
  /** Places of the left token, ascending; some may hold the pair no more. */
  readonly places: number[];
}

/** All pre-tokens end to end, each a chain of tokens. A token is named by the place of its first byte. */
interface Chains {
  /** Token at a place; {@link NONE} where a merge swallowed it. */
  readonly symbol: Int32Array;
  readonly next: Int32Array;
  readonly previous: Int32Array;
  /** Index into `counts` of the pre-token a place is in. */
  readonly word: Int32Array;
  readonly counts: Float64Array;
}

/** Merges learnt from how often each pre-token occurs. */
export function learnMerges(counts: ReadonlyMap<string, number>, options: MergeOptions): Merges {
  const learner = new Learner(chainsOf(counts), options.minCount);
  const tokens = [...ALPHABET];
  const known = new Set(tokens);
  const merges: [string, string][] = [];
  for (let key = learner.best(); tokens.length < options.tokens && key !== undefined; key = learner.best()) {
    const [left, right] = [tokens[Math.floor(key / BASE)]!, tokens[key % BASE]!];
    // The same text made of other parts would be a second token of that text; the pair stays two tokens instead.
    if (known.has(left + right)) continue;
    learner.merge(key, tokens.length);
    tokens.push(left + right);
    known.add(left + right);
    merges.push([left, right]);
  }
  return { tokens, merges, length: learner.length() };
}

function chainsOf(counts: ReadonlyMap<string, number>): Chains {
  let size = 0;
  for (const pretoken of counts.keys()) size += Buffer.byteLength(pretoken);
  const ids = BYTE_LETTERS.map((letter) => ALPHABET.indexOf(letter));
  const none = (): Int32Array => new Int32Array(size).fill(NONE);
  const [symbol, next, previous, word] = [none(), none(), none(), none()];
  let place = 0;
  for (const [index, pretoken] of [...counts.keys()].entries()) {
    const bytes = Buffer.from(pretoken);
    for (const [i, byte] of bytes.entries()) {
      symbol[place] = ids[byte]!;
      if (i > 0) previous[place] = place - 1;
      if (i + 1 < bytes.length) next[place] = place + 1;
      word[place++] = index;
    }
  }
  return { symbol, next, previous, word, counts: Float64Array.from(counts.values()) };
}

/** The state of learning: chains, pairs with their counts, and a queue of candidates. */
class Learner {
  readonly #chains: Chains;
  readonly #minCount: number;
  readonly #pairs = new Map<number, Pair>();
  readonly #queue = new PairHeap();
  /** Pairs that became more frequent since they were last queued. */
  #grown = new Set<number>();

  constructor(chains: Chains, minCount: number) {
    this.#chains = chains;
    this.#minCount = Math.max(1, minCount);
    for (let place = 0; place < chains.symbol.length; place++) {
      const right = chains.next[place]!;
      if (right !== NONE) this.#add(place, right);
    }
    this.#enqueue();
  }

  /** Takes the most frequent pair out of the queue; undefined where none is frequent enough. */
  best(): number | undefined {
    for (let top = this.#queue.pop(); top !== undefined; top = this.#queue.pop()) {
      const count = this.#pairs.get(top.key)?.count ?? 0;
      if (count === top.count) return top.key;
      if (count < top.count && count >= this.#minCount) this.#queue.push({ count, key: top.key });
    }
    return undefined;
  }

  /** Makes token `id` of every occurrence of a pair, from left to right. */
  merge(key: number, id: number): void {
    const { symbol, next, previous } = this.#chains;
    const [left, right] = [Math.floor(key / BASE), key % BASE];
    for (const place of this.#pairs.get(key)?.places ?? []) {
      const second = next[place]!;
      // The place may have been changed by a merge since, or just now where a pair overlaps itself.
      if (symbol[place] !== left || second === NONE || symbol[second] !== right) continue;
      const [before, after] = [previous[place]!, next[second]!];
      if (before !== NONE) this.#remove(before, place);
      if (after !== NONE) this.#remove(second, after);
      symbol[place] = id;
      symbol[second] = NONE;
      next[place] = after;
      if (after !== NONE) {
        previous[after] = place;
        this.#add(place, after);
      }
      if (before !== NONE) this.#add(before, place);
    }
    this.#pairs.delete(key);
    this.#enqueue();
  }

  /** Tokens of the text as it is merged so far. */
  length(): number {
    const { symbol, word, counts } = this.#chains;
    let sum = 0;
    for (let place = 0; place < symbol.length; place++) {
      if (symbol[place] !== NONE) sum += counts[word[place]!]!;
    }
    return sum;
  }

  #add(left: number, right: number): void {
    const { symbol, word, counts } = this.#chains;
    const key = symbol[left]! * BASE + symbol[right]!;
    const count = counts[word[left]!]!;
    const pair = this.#pairs.get(key);
    if (pair === undefined) this.#pairs.set(key, { count, places: [left] });
    else {
      pair.count += count;
      pair.places.push(left);
    }
    this.#grown.add(key);
  }

  #remove(left: number, right: number): void {
    const { symbol, word, counts } = this.#chains;
    const key = symbol[left]! * BASE + symbol[right]!;
    const pair = this.#pairs.get(key);
    if (pair === undefined) return;
    pair.count -= counts[word[left]!]!;
    if (pair.count === 0) this.#pairs.delete(key);
  }

  #enqueue(): void {
    for (const key of this.#grown) {
      const count = this.#pairs.get(key)?.count ?? 0;
      if (count >= this.#minCount) this.#queue.push({ count, key });
    }
    this.#grown = new Set();
  }
}
