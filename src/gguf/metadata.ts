/** @file Metadata: the keys and values at the front of a GGUF file, read by type, and as they are written. */
import { damaged } from './damage.ts';

export type GgufScalar = number | bigint | boolean | string;

/** What a key may have: an array holds values of one type. */
export type GgufValue = GgufScalar | readonly GgufScalar[];

/** A value to be written, with the type that readers expect of its key. */
export type TypedValue =
  | { readonly type: 'u32' | 'f32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'i32s' | 'f32s'; readonly value: readonly number[] };

/** Values by key, as they are written. */
export type TypedValues = ReadonlyMap<string, TypedValue>;

/** The metadata of a file. A value of another type than the one asked for throws a UsageError that names the key. */
export class Metadata {
  /** Of the file, for messages. */
  readonly path: string;
  readonly #values: ReadonlyMap<string, GgufValue>;

  constructor(path: string, values: ReadonlyMap<string, GgufValue>) {
    this.path = path;
    this.#values = values;
  }

  get keys(): readonly string[] {
    return [...this.#values.keys()];
  }

  get(key: string): GgufValue | undefined {
    return this.#values.get(key);
  }

  text(key: string): string | undefined {
    return this.#typed(key, 'a text', (value) => typeof value === 'string');
  }

  flag(key: string): boolean | undefined {
    return this.#typed(key, 'true or false', (value) => typeof value === 'boolean');
  }

  /** A finite number. */
  number(key: string): number | undefined {
    return this.#typed(key, 'a number', (value) => Number.isFinite(value));
  }

  /** A whole number that is not negative. */
  count(key: string): number | undefined {
    return this.#typed(key, 'a whole number', (value) => Number.isSafeInteger(value) && Number(value) >= 0);
  }

  texts(key: string): readonly string[] | undefined {
    return this.#typed(
      key,
      'a list of texts',
      (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
    );
  }

  numbers(key: string): readonly number[] | undefined {
    return this.#typed(
      key,
      'a list of numbers',
      (value) => Array.isArray(value) && value.every((one) => typeof one === 'number'),
    );
  }

  /** As `count`, of a key that must be there. */
  requiredCount(key: string): number {
    const value = this.count(key);
    if (value !== undefined) return value;
    throw damaged(this.path, `metadata has no ${key}`);
  }

  #typed<T extends GgufValue>(key: string, wanted: string, is: (value: unknown) => boolean): T | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    if (is(value)) return value as T;
    const shown = Array.isArray(value) ? `a list of ${value.length}` : String(value).slice(0, 40);
    throw damaged(this.path, `metadata ${key} is ${shown}, expected ${wanted}`);
  }
}

/**
 * The shortest decimal that a float32 stands for: 1e-5 for 9.999999747378752e-6. Metadata has float32, config.json the
 * decimal that was meant.
 */
export function shortestDecimal(value: number): number {
  for (let digits = 1; digits < 9; digits += 1) {
    const decimal = Number(value.toPrecision(digits));
    if (Math.fround(decimal) === value) return decimal;
  }
  return value;
}
