/** @file The filter `tojson` of transformers: Python's `json.dumps`. */

import { order } from './compare.ts';
import { TemplateError } from './errors.ts';
import type { Limits } from './limits.ts';
import { showFloat } from './show.ts';
import { Dict, sequenceOf, typeName, Undefined, unmarked, type Value } from './values.ts';

export interface JsonOptions {
  readonly ensureAscii: boolean;
  /** The text of one level; null: everything on one line. */
  readonly indent: string | null;
  readonly separators: readonly [item: string, key: string];
  readonly sortKeys: boolean;
}

/** The value as JSON. Throws for values that Python's json does not write. */
export function toJson(value: Value, options: JsonOptions, limits: Limits): string {
  const writer = new Writer(options, limits);
  writer.add(value, 0);
  return writer.parts.join('');
}

class Writer {
  readonly parts: string[] = [];
  readonly #options: JsonOptions;
  readonly #limits: Limits;
  #length = 0;

  constructor(options: JsonOptions, limits: Limits) {
    this.#options = options;
    this.#limits = limits;
  }

  add(given: Value, depth: number): void {
    this.#limits.tick();
    const value = unmarked(given);
    const items = sequenceOf(value);
    if (value === null || typeof value === 'boolean') this.#push(String(value));
    else if (typeof value === 'bigint') this.#push(String(value));
    else if (typeof value === 'number') this.#push(jsonFloat(value));
    else if (typeof value === 'string') this.#push(this.#quoted(value));
    else if (value instanceof Dict) this.#dict(value, depth);
    else if (items !== null) this.#block('[', items, ']', depth, (item) => this.add(item, depth + 1));
    else
      throw new TemplateError(
        `tojson: ${value instanceof Undefined ? value.reason : `a value of type ${typeName(value)} is not JSON`}`,
      );
  }

  #dict(dict: Dict, depth: number): void {
    const entries = [...dict.entries()];
    if (this.#options.sortKeys) entries.sort(([a], [b]) => order(a, b, this.#limits));
    this.#block('{', entries, '}', depth, ([key, value]) => {
      this.#push(this.#quoted(keyText(key)));
      this.#push(this.#options.separators[1]);
      this.add(value, depth + 1);
    });
  }

  #block<T>(
    opening: string,
    items: readonly T[],
    closing: string,
    depth: number,
    add: (item: T) => void,
  ): void {
    const { indent, separators } = this.#options;
    const newline = (level: number): string => (indent === null ? '' : `\n${indent.repeat(level)}`);
    this.#push(opening);
    items.forEach((item, i) => {
      this.#push((i === 0 ? '' : separators[0]) + newline(depth + 1));
      add(item);
    });
    this.#push((items.length === 0 ? '' : newline(depth)) + closing);
  }

  #quoted(text: string): string {
    const escaped = text.replace(ESCAPED, (character) => SHORT[character] ?? unicode(character));
    return `"${this.#options.ensureAscii ? escaped.replace(/[\x80-\uffff]/g, unicode) : escaped}"`;
  }

  #push(text: string): void {
    this.#length += text.length;
    this.#limits.length(this.#length);
    this.parts.push(text);
  }
}

/** Quotes, backslashes and what comes before the blank. */
const ESCAPED = /["\\]|[^ -\u{10ffff}]/gu;
const SHORT: { readonly [character: string]: string } = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\f': '\\f',
  '\b': '\\b',
};

function unicode(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function jsonFloat(value: number): string {
  if (Number.isFinite(value)) return showFloat(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

function keyText(key: Value): string {
  if (typeof key === 'string') return key;
  if (key === null || typeof key === 'boolean' || typeof key === 'bigint') return String(key);
  if (typeof key === 'number') return jsonFloat(key);
  throw new TemplateError(`tojson: a ${typeName(key)} cannot be a key`);
}
