/** @file Settings of a benchmark on the command line: `key=value`, each with a default. */
import { UsageError } from '../../src/errors.ts';

/** The settings of one run. Each is read once, by its name and its default. */
export class Settings {
  readonly #given: ReadonlyMap<string, string>;
  readonly #read = new Set<string>();

  /** @throws UsageError for a word that is not `key=value` */
  constructor(words: readonly string[]) {
    this.#given = new Map(
      words.map((word) => {
        const [key = '', ...value] = word.split('=');
        if (key === '' || value.length === 0)
          throw new UsageError(`"${word}" is no setting`, 'Write key=value.');
        return [key, value.join('=')];
      }),
    );
  }

  text(key: string, otherwise: string): string {
    this.#read.add(key);
    return this.#given.get(key) ?? otherwise;
  }

  /** @throws UsageError where the value is none of `values` */
  oneOf<T extends string>(key: string, values: readonly T[], otherwise: T): T {
    const found = this.text(key, otherwise);
    if ((values as readonly string[]).includes(found)) return found as T;
    throw new UsageError(`${key}=${found} is unknown`, `Use one of ${values.join(', ')}.`);
  }

  /** Some of `values`, with commas between them: all unless given. */
  some<T extends string>(key: string, values: readonly T[]): T[] {
    return this.text(key, values.join(','))
      .split(',')
      .map((word) => {
        if ((values as readonly string[]).includes(word)) return word as T;
        throw new UsageError(`${key}=${word} is unknown`, `Use some of ${values.join(', ')}.`);
      });
  }

  /** @throws UsageError where the value is no number of at least `least` */
  number(key: string, otherwise: number, least = 1): number {
    return this.#numberOf(key, this.text(key, `${otherwise}`), least);
  }

  /** Numbers with commas between them. */
  numbers(key: string, otherwise: readonly number[]): number[] {
    return this.text(key, otherwise.join(','))
      .split(',')
      .map((word) => this.#numberOf(key, word, 1));
  }

  /** `key=1` is true; left out or 0 is false. */
  flag(key: string): boolean {
    return this.oneOf(key, ['0', '1'], '0') === '1';
  }

  /** @throws UsageError for a setting that nobody has read */
  done(): void {
    const unknown = [...this.#given.keys()].filter((key) => !this.#read.has(key));
    if (unknown.length === 0) return;
    throw new UsageError(`no setting "${unknown.join('", "')}"`, `There are ${[...this.#read].join(', ')}.`);
  }

  #numberOf(key: string, word: string, least: number): number {
    const value = Number(word);
    if (word.trim() !== '' && Number.isFinite(value) && value >= least) return value;
    throw new UsageError(`${key}=${word} is wrong`, `Give a number of at least ${least}.`);
  }
}
