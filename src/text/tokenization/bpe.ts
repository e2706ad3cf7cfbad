/**
 * @file Byte-pair encoding (Sennrich et al. 2016): the characters of a piece as tokens, joined pair by pair, the pair that was
 * learnt first before the others.
 *
 * As in the Rust library, down to its treatment of characters that the vocabulary lacks: with `byte_fallback` they are the
 * tokens of their bytes, else the unknown token, and without one they are left out before anything is joined.
 */
import { isJsonObject, type Json, type JsonObject } from '../../records.ts';
import { flag, Unsupported, vocabularyIn } from './read.ts';

/** A pair of ids, or a rank and a place, in one number. */
const SHIFT = 2 ** 26;

/** Longest piece whose ids are kept, and how many are. */
const LONGEST_KEPT = 256;
const MOST_KEPT = 10_000;

const PART = 'model BPE';

/** Ids of pieces by byte-pair encoding. */
export class Bpe {
  readonly vocab: ReadonlyMap<string, number>;
  /** Tokens by their ids, undefined where an id is not used. */
  readonly names: readonly (string | undefined)[];
  /** Rank of each pair that is joined, and the ids of what they give, by rank. */
  readonly #ranks = new Map<number, number>();
  readonly #joined: number[] = [];
  readonly #settings: {
    readonly unknown: string | null;
    readonly fuse: boolean;
    readonly bytes: boolean;
    readonly whole: boolean;
    readonly prefix: string;
    readonly suffix: string;
  };
  readonly #kept = new Map<string, readonly number[]>();

  /** @throws Unsupported naming the setting, or the pair whose tokens the vocabulary lacks */
  constructor(model: JsonObject) {
    const { vocab, merges, dropout } = model;
    if (!isJsonObject(vocab) || !Array.isArray(merges))
      throw new Unsupported(`${PART}: vocab or merges are missing`);
    if (typeof dropout === 'number' && dropout > 0)
      throw new Unsupported(`${PART}: dropout ${dropout} is not supported (ids would be random)`);
    this.vocab = vocabularyIn(vocab, PART);
    const names: (string | undefined)[] = [];
    for (const [token, id] of this.vocab) names[id] = token;
    this.names = names;
    const text = (key: string): string | null => (typeof model[key] === 'string' ? model[key] : null);
    this.#settings = {
      unknown: text('unk_token'),
      fuse: flag(model, 'fuse_unk', false),
      bytes: flag(model, 'byte_fallback', false),
      whole: flag(model, 'ignore_merges', false),
      prefix: text('continuing_subword_prefix') ?? '',
      suffix: text('end_of_word_suffix') ?? '',
    };
    for (const merge of merges as readonly Json[]) this.#learn(merge);
  }

  #learn(merge: Json): void {
    const pair = typeof merge === 'string' ? merge.split(' ') : merge;
    const [left, right] = pair as readonly [string, string];
    const { prefix } = this.#settings;
    const ids = [left, right, left + String(right).slice(prefix.length)].map((token) =>
      this.vocab.get(token),
    );
    if ((pair as readonly unknown[]).length !== 2 || ids.includes(undefined))
      throw new Unsupported(
        `${PART}: merge ${JSON.stringify(merge)} is of tokens that are not in the vocabulary`,
      );
    this.#ranks.set(ids[0]! * SHIFT + ids[1]!, this.#joined.length);
    this.#joined.push(ids[2]!);
  }

  /** @throws Unsupported where a character has no token and the vocabulary lacks the unknown token */
  ids(piece: string): readonly number[] {
    const kept = this.#kept.get(piece);
    if (kept !== undefined) return kept;
    const whole = this.#settings.whole ? this.vocab.get(piece) : undefined;
    const ids = whole === undefined ? this.#join(this.#symbols(piece)) : [whole];
    if (piece.length > LONGEST_KEPT) return ids;
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
    this.#kept.set(piece, ids);
    return ids;
  }

  /** A token for each character, or several. */
  #symbols(piece: string): number[] {
    const { prefix, suffix, fuse, bytes } = this.#settings;
    const characters = Array.from(piece);
    const symbols: number[] = [];
    /** An unknown token that is put down before the next known character. */
    let pending: number | null = null;
    for (const [i, character] of characters.entries()) {
      const token = (i > 0 ? prefix : '') + character + (i === characters.length - 1 ? suffix : '');
      const id = this.vocab.get(token);
      if (id !== undefined) {
        if (pending !== null) symbols.push(pending);
        pending = null;
        symbols.push(id);
        continue;
      }
      const fallback = bytes ? this.#bytesOf(token) : null;
      if (fallback !== null) {
        symbols.push(...fallback);
        continue;
      }
      const unknown = this.#unknown(piece);
      if (pending !== null && !fuse) symbols.push(pending);
      pending = unknown;
    }
    if (pending !== null) symbols.push(pending);
    return symbols;
  }

  #bytesOf(token: string): number[] | null {
    const ids = Array.from(new TextEncoder().encode(token), (byte) => this.vocab.get(byteToken(byte)));
    return ids.includes(undefined) ? null : (ids as number[]);
  }

  #unknown(piece: string): number | null {
    const { unknown } = this.#settings;
    if (unknown === null) return null;
    const id = this.vocab.get(unknown);
    if (id !== undefined) return id;
    throw new Unsupported(
      `${PART}: ${JSON.stringify(piece)} has no token, and the vocabulary lacks unk_token ${JSON.stringify(unknown)}`,
    );
  }

  /** Joins pairs until none is left that was learnt. */
  #join(symbols: number[]): number[] {
    const next = Int32Array.from(symbols, (_, i) => (i + 1 < symbols.length ? i + 1 : -1));
    const before = Int32Array.from(symbols, (_, i) => i - 1);
    const queue = new Heap();
    const offer = (at: number): void => {
      const other = at < 0 ? -1 : next[at]!;
      const rank = other < 0 ? undefined : this.#ranks.get(symbols[at]! * SHIFT + symbols[other]!);
      if (rank !== undefined) queue.push(rank * SHIFT + at);
    };
    for (const at of symbols.keys()) offer(at);
    for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
      const [rank, at] = [Math.floor(key / SHIFT), key % SHIFT];
      const other = symbols[at] === GONE ? -1 : next[at]!;
      // What was offered may have been joined another way since.
      if (other < 0 || this.#ranks.get(symbols[at]! * SHIFT + symbols[other]!) !== rank) continue;
      symbols[at] = this.#joined[rank]!;
      symbols[other] = GONE;
      next[at] = next[other]!;
      if (next[at] >= 0) before[next[at]] = at;
      offer(before[at]!);
      offer(at);
    }
    return symbols.filter((symbol) => symbol !== GONE);
  }
}

/** In place of a symbol that was joined to the one before it. */
const GONE = -1;

/** The token of a byte, for models with `byte_fallback`. */
export function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

/** A heap of numbers, the least first. */
class Heap {
  readonly #items: number[] = [];

  push(item: number): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (items[parent]! <= item) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  pop(): number | undefined {
    const items = this.#items;
    const least = items[0];
    const item = items.pop();
    if (item === undefined || items.length === 0) return least;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < items.length && items[child + 1]! < items[child]!) child++;
      if (child >= items.length || items[child]! >= item) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = item;
    return least;
  }
}
