/**
 * @file Decontamination: training questions that share n words in a row with a question of an evaluation set are left
 * out (R1: 10-grams, arXiv 2501.12948, supplementary; GPT-3 used 13).
 *
 * Words are those of `wordsOf`: signs left out, single characters where a script has no spaces. An evaluation question
 * of fewer than n words is found only where the whole question is the same. Paraphrases and translations are not found.
 */
import { normalForm, wordsOf } from './normal.ts';

/** Words in a row that make two texts overlap, as in the R1 paper. */
export const NGRAM = 10;

/** An evaluation set's questions, by name. */
export interface EvaluationSet {
  readonly name: string;
  readonly questions: readonly { readonly id: string; readonly question: string }[];
}

/** Where a text overlaps with an evaluation set. */
export interface Overlap {
  readonly set: string;
  /** The evaluation question's id. */
  readonly question: string;
  /** The words both hold. */
  readonly words: string;
}

/** Which question an n-gram is of. */
type Where = Omit<Overlap, 'words'>;

/** An n-gram of an evaluation question, by its place; n-grams of one hash are chained. */
interface Ngram {
  readonly where: Where;
  readonly words: readonly string[];
  readonly start: number;
  readonly next: Ngram | undefined;
}

/** Base of the rolling hash: odd, from the golden ratio. */
const BASE = 0x9e3779b1;

/** Finds texts that overlap with any of some evaluation sets. */
export class ContaminationIndex {
  readonly #n: number;
  /** BASE^(n−1) modulo 2³²: what the word that leaves the window is multiplied with. */
  readonly #leaving: number;
  readonly #ngrams = new Map<number, Ngram>();
  readonly #short = new Map<string, Where>();
  /** A number for each word of an n-gram; a text's other words end any overlap, so most texts are skipped fast. */
  readonly #numbers = new Map<string, number>();

  constructor(sets: readonly EvaluationSet[], n: number = NGRAM) {
    if (!Number.isSafeInteger(n) || n < 1) throw new RangeError(`n-grams of ${n} words`);
    this.#n = n;
    let leaving = 1;
    for (let i = 1; i < n; i++) leaving = Math.imul(leaving, BASE);
    this.#leaving = leaving;
    for (const { name, questions } of sets) {
      for (const { id, question } of questions) this.#add({ set: name, question: id }, question);
    }
  }

  #add(where: Where, text: string): void {
    const words = wordsOf(text);
    if (words.length < this.#n) {
      const whole = normalForm(text);
      if (whole !== '' && !this.#short.has(whole)) this.#short.set(whole, where);
      return;
    }
    for (const word of words) {
      if (!this.#numbers.has(word)) this.#numbers.set(word, this.#numbers.size + 1);
    }
    for (const { hash, start } of this.#windows(words)) {
      if (this.#lookUp(hash, words, start) !== undefined) continue;
      this.#ngrams.set(hash, { where, words, start, next: this.#ngrams.get(hash) });
    }
  }

  /** The n-grams made of known words alone, each with its hash, which is kept up word by word. */
  *#windows(words: readonly string[]): Generator<{ hash: number; start: number }> {
    const n = this.#n;
    let hash = 0;
    let known = 0;
    for (const [i, word] of words.entries()) {
      const number = this.#numbers.get(word);
      if (number === undefined) {
        [hash, known] = [0, 0];
        continue;
      }
      if (known >= n) hash -= Math.imul(this.#numbers.get(words[i - n]!)!, this.#leaving);
      hash = (Math.imul(hash, BASE) + number) | 0;
      known += 1;
      if (known >= n) yield { hash, start: i + 1 - n };
    }
  }

  #lookUp(hash: number, words: readonly string[], start: number): Where | undefined {
    for (let ngram = this.#ngrams.get(hash); ngram !== undefined; ngram = ngram.next) {
      const { words: others, start: from } = ngram;
      let same = 0;
      while (same < this.#n && others[from + same] === words[start + same]) same += 1;
      if (same === this.#n) return ngram.where;
    }
    return undefined;
  }

  /** The first overlap of `text`, or null. */
  find(text: string): Overlap | null {
    const whole = normalForm(text);
    const short = this.#short.get(whole);
    if (short !== undefined) return { ...short, words: whole };
    const words = wordsOf(text);
    for (const { hash, start } of this.#windows(words)) {
      const where = this.#lookUp(hash, words, start);
      if (where !== undefined) return { ...where, words: words.slice(start, start + this.#n).join(' ') };
    }
    return null;
  }
}
