/**
 * @file Python's values as a template sees them.
 *
 * None is null, `int` a bigint, `float` a number, `str` a string, `list` an array; the rest are the classes here.
 */
import { TemplateError } from './errors.ts';

export type Value = null | boolean | bigint | number | string | Value[] | PythonObject;

/** A value that JavaScript has no type for. */
export abstract class PythonObject {
  /** The name of its type, for messages. */
  abstract readonly type: string;

  /** Its attribute; undefined where it has none of the name. */
  attribute(_name: string): Value | undefined {
    return undefined;
  }
}

/** What a missing name or attribute gives. It prints as nothing; most other uses are errors. */
export class Undefined extends PythonObject {
  readonly type = 'Undefined';
  /** What to say when it is used. */
  readonly reason: string;

  constructor(reason: string) {
    super();
    this.reason = reason;
  }
}

export class Tuple extends PythonObject {
  readonly type: string = 'tuple';
  readonly items: readonly Value[];

  constructor(items: readonly Value[]) {
    super();
    this.items = items;
  }
}

/** A group of the filter `groupby`: a pair with named halves. */
export class Group extends Tuple {
  override attribute(name: string): Value | undefined {
    if (name === 'grouper') return this.items[0];
    return name === 'list' ? this.items[1] : undefined;
  }
}

/** A dict, in the order of insertion. Keys that are equal in Python are one key: 1, 1.0 and True. */
export class Dict extends PythonObject {
  readonly type = 'dict';
  readonly #entries = new Map<string | bigint | number | null, readonly [key: Value, value: Value]>();

  constructor(entries: Iterable<readonly [Value, Value]> = []) {
    super();
    for (const [key, value] of entries) this.set(key, value);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Value): Value | undefined {
    return this.#entries.get(hash(key))?.[1];
  }

  set(key: Value, value: Value): void {
    const id = hash(key);
    this.#entries.set(id, [this.#entries.get(id)?.[0] ?? key, value]);
  }

  entries(): readonly (readonly [key: Value, value: Value])[] {
    return [...this.#entries.values()];
  }

  keys(): Value[] {
    return Array.from(this.#entries.values(), ([key]) => key);
  }

  values(): Value[] {
    return Array.from(this.#entries.values(), ([, value]) => value);
  }
}

/** Equal keys have equal hashes; those of a tuple and of undefined are texts that no template writes as a key. */
function hash(key: Value): string | bigint | number | null {
  if (typeof key === 'string' || typeof key === 'bigint' || key === null) return key;
  if (typeof key === 'boolean') return key ? 1n : 0n;
  if (typeof key === 'number') return Number.isInteger(key) ? BigInt(key) : key;
  if (key instanceof Markup) return key.text;
  if (key instanceof Undefined) return '\0undefined';
  if (key instanceof Tuple)
    return `\0${key.items.map((item) => `${typeof item}:${String(hash(item))}`).join('\0')}`;
  throw new TemplateError(`a ${typeName(key)} cannot be the key of a dict`);
}

/** `dict.keys()`, `dict.values()`, `dict.items()` and `range()`: they have a length and can be read again. */
export class View extends PythonObject {
  readonly type: string;
  readonly items: readonly Value[];
  /** How it prints; null: as `type([…])`. */
  readonly shown: string | null;

  constructor(type: string, items: readonly Value[], shown: string | null = null) {
    super();
    this.type = type;
    this.items = items;
    this.shown = shown;
  }
}

/** A generator: it is read once, has no length and does not print. */
export class Generator extends PythonObject {
  readonly type = 'generator';
  #items: readonly Value[];

  constructor(items: readonly Value[]) {
    super();
    this.#items = items;
  }

  /** All that was not taken yet. */
  take(): readonly Value[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }

  first(): Value | undefined {
    const [first, ...rest] = this.#items;
    this.#items = rest;
    return first;
  }
}

export class Namespace extends PythonObject {
  readonly type = 'Namespace';
  readonly attributes: Dict;

  constructor(attributes: Dict) {
    super();
    this.attributes = attributes;
  }

  override attribute(name: string): Value | undefined {
    return this.attributes.get(name);
  }
}

/** The text of the filters `safe` and `escape`: a text that escapes what is added to it with `+`. */
export class Markup extends PythonObject {
  readonly type = 'Markup';
  readonly text: string;

  constructor(text: string) {
    super();
    this.text = text;
  }
}

/** A text marked safe as a plain text; any other value as it is. */
export function unmarked(value: Value): Value {
  return value instanceof Markup ? value.text : value;
}

/** The values of a call. */
export interface CallArguments {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

/** A function, method or macro. */
export class Callable extends PythonObject {
  readonly type: string;
  readonly name: string;
  readonly #call: (args: CallArguments) => Value;

  constructor(name: string, call: (args: CallArguments) => Value, type = 'function') {
    super();
    this.name = name;
    this.type = type;
    this.#call = call;
  }

  call(args: CallArguments): Value {
    return this.#call(args);
  }

  override attribute(name: string): Value | undefined {
    return name === 'name' && this.type === 'Macro' ? this.name : undefined;
  }
}

export function typeName(value: Value): string {
  if (value === null) return 'NoneType';
  if (value instanceof PythonObject) return value.type;
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int';
  return typeof value === 'number' ? 'float' : 'str';
}

/** Python's truth of a value. */
export function truthy(value: Value): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Dict) return value.size > 0;
  if (value instanceof Tuple || value instanceof View) return value.items.length > 0;
  if (value instanceof Markup) return value.text !== '';
  if (value instanceof Undefined) return false;
  return Boolean(value);
}

export function isNumber(value: Value | undefined): value is bigint | number | boolean {
  return typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean';
}

/** A number with `True` as 1, as Python computes with it. */
export function numeric(value: bigint | number | boolean): bigint | number {
  return typeof value === 'boolean' ? BigInt(value) : value;
}

/** The items of a list or tuple; null for anything else. */
export function sequenceOf(value: Value): readonly Value[] | null {
  if (Array.isArray(value)) return value;
  return value instanceof Tuple ? value.items : null;
}

/** What a loop goes through, as Python's `iter`. A string gives its code points. */
export function iterate(value: Value): readonly Value[] {
  if (value instanceof Markup) return Array.from(value.text);
  if (Array.isArray(value)) return value;
  if (typeof value === 'string') return Array.from(value);
  if (value instanceof Dict) return value.keys();
  if (value instanceof Tuple || value instanceof View) return value.items;
  if (value instanceof Generator) return value.take();
  if (value instanceof Undefined) return [];
  throw new TemplateError(`a value of type ${typeName(value)} cannot be iterated over`);
}

/** Python's `len`, in code points for a string. Null where the value has none. */
export function lengthOf(value: Value): number | null {
  if (value instanceof Markup) return codePoints(value.text);
  if (typeof value === 'string') return codePoints(value);
  if (Array.isArray(value)) return value.length;
  if (value instanceof Dict) return value.size;
  if (value instanceof Tuple || value instanceof View) return value.items.length;
  return value instanceof Undefined ? 0 : null;
}

const ASTRAL = /[\ud800-\udbff][\udc00-\udfff]/;

/** Whether every code point of the text is one unit, so that its indices are Python's. */
export function isPlain(text: string): boolean {
  return !ASTRAL.test(text);
}

function codePoints(text: string): number {
  if (isPlain(text)) return text.length;
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Text of an index or slice: the units where they are code points, else the code points. */
export function characters(text: string): string | readonly string[] {
  return isPlain(text) ? text : Array.from(text);
}
