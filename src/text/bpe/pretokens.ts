/**
 * @file Pre-tokenisation: the pieces of a text that no merge crosses, and how often each occurs in a corpus.
 *
 * The pattern is Qwen2's with two changes: combining marks belong to the word they stand in (Hindi, Arabic, decomposed
 * accents), and the English contractions are spelt out instead of `(?i:…)`. So: a contraction; a word with one sign or
 * blank before it; a single digit; signs with one blank before and line ends after; line ends; other white space,
 * of which the last one goes to the word that follows.
 *
 * Text is not normalised: decoding gives back exactly what was encoded.
 */

/** The pattern as tokenizer.json states it, in Oniguruma's syntax. */
export const PRETOKEN_PATTERN =
  "'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])" +
  '|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+' +
  '|\\p{N}' +
  '| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*' +
  '|\\s*[\\r\\n]+' +
  '|\\s+(?!\\S)' +
  '|\\s+';

// JavaScript's \s has U+FEFF, which Oniguruma's has not, and lacks U+0085.
const PRETOKENS = new RegExp(
  PRETOKEN_PATTERN.replaceAll('\\s', '\\p{White_Space}').replaceAll('\\S', '\\P{White_Space}'),
  'gu',
);

/** The pre-tokens of a text in order; joined they are the text. */
export function pretokensOf(text: string): string[] {
  return text.match(PRETOKENS) ?? [];
}

/** Bounds of {@link PretokenCounts}. */
export interface CountLimits {
  /** Most distinct pre-tokens held at once. */
  readonly distinct: number;
  /** Most characters of distinct pre-tokens held at once. */
  readonly characters: number;
}

/** About 1 GB while merges are learnt. */
const LIMITS: CountLimits = { distinct: 4_000_000, characters: 32_000_000 };

/** Strings up to this length hold their own characters; a longer substring would keep the whole text in memory. */
const OWN_CHARACTERS = 12;

/**
 * Occurrences of each pre-token of a corpus. Memory is bounded by the number of different pre-tokens, not by the
 * corpus; when the limits are reached the rarest are forgotten, as in lossy counting (Manku and Motwani 2002).
 */
export class PretokenCounts {
  /** Pre-tokens forgotten so far, each as often as it was. */
  forgotten = 0;
  /** Bytes of UTF-8 counted. */
  bytes = 0;
  readonly #limits: CountLimits;
  readonly #special: RegExp | null;
  #counts = new Map<string, number>();
  #characters = 0;
  #rare = 0;

  /** @param special - tokens that text is cut at: nothing is learnt from their letters */
  constructor(special: readonly string[] = [], limits: CountLimits = LIMITS) {
    this.#special = special.length === 0 ? null : alternatives(special);
    this.#limits = limits;
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** Counts the pre-tokens of a text. */
  add(text: string): void {
    this.bytes += Buffer.byteLength(text);
    const parts = this.#special === null ? [text] : text.split(this.#special);
    for (const part of parts) for (const pretoken of pretokensOf(part)) this.#count(pretoken);
  }

  #count(pretoken: string): void {
    const count = this.#counts.get(pretoken);
    if (count !== undefined) {
      this.#counts.set(pretoken, count + 1);
      return;
    }
    const { distinct, characters } = this.#limits;
    while (this.#counts.size >= distinct || this.#characters >= characters) this.#forget();
    const own = pretoken.length > OWN_CHARACTERS ? Buffer.from(pretoken).toString() : pretoken;
    this.#counts.set(own, 1);
    this.#characters += own.length;
  }

  /** Forgets the pre-tokens that occurred least often: those seen once, next time those seen twice … */
  #forget(): void {
    this.#rare++;
    for (const [pretoken, count] of this.#counts) {
      if (count > this.#rare) continue;
      this.#counts.delete(pretoken);
      this.#characters -= pretoken.length;
      this.forgotten += count;
    }
  }
}

/** The longer of two tokens that begin alike is found first. */
function alternatives(tokens: readonly string[]): RegExp {
  const sorted = [...tokens].sort((a, b) => b.length - a.length);
  return new RegExp(sorted.map((token) => token.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|'), 'u');
}
