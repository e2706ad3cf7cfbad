/** @file Values as text: Python's `str` and `repr`. */
import { TemplateError } from './errors.ts';
import type { Limits } from './limits.ts';
import {
  Callable,
  Dict,
  Generator,
  Markup,
  Namespace,
  Tuple,
  typeName,
  Undefined,
  type Value,
  View,
} from './values.ts';

/** Python's `str`: what a template prints. */
export function str(value: Value, limits: Limits): string {
  if (typeof value === 'string') return value;
  if (value instanceof Undefined) return '';
  if (value instanceof Markup) return value.text;
  if (value === null || typeof value === 'object') limits.pythonTexts += 1;
  return repr(value, limits);
}

/** Python's `repr`. */
export function repr(value: Value, limits: Limits): string {
  const text = new Shown(limits);
  text.add(value);
  return text.parts.join('');
}

/** Collects the pieces of a text and bounds their length. */
class Shown {
  readonly parts: string[] = [];
  readonly #limits: Limits;
  #length = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  add(value: Value): void {
    this.#limits.tick();
    if (value === null) this.#push('None');
    else if (typeof value === 'boolean') this.#push(value ? 'True' : 'False');
    else if (typeof value === 'bigint') this.#push(String(value));
    else if (typeof value === 'number') this.#push(showFloat(value));
    else if (typeof value === 'string') this.#push(quote(value));
    else if (Array.isArray(value)) this.#items('[', value, ']');
    else if (value instanceof Tuple) this.#items('(', value.items, value.items.length === 1 ? ',)' : ')');
    else if (value instanceof Dict) this.#dict(value);
    else if (value instanceof Namespace) this.#wrapped('<Namespace ', value.attributes, '>');
    else if (value instanceof Undefined) this.#push('Undefined');
    else if (value instanceof View) this.#view(value);
    else if (value instanceof Callable && value.type === 'Macro') this.#push(`<Macro ${quote(value.name)}>`);
    else this.#other(value);
  }

  #view(view: View): void {
    if (view.shown !== null) this.#push(view.shown);
    else if (view.type === 'range') this.#other(view);
    else this.#items(`${view.type}([`, view.items, '])');
  }

  #wrapped(before: string, value: Value, after: string): void {
    this.#push(before);
    this.add(value);
    this.#push(after);
  }

  #other(value: Value): never {
    const hint = value instanceof Generator || value instanceof View ? ' (make it a list with |list)' : '';
    throw new TemplateError(`a value of type ${typeName(value)} cannot be printed${hint}`);
  }

  #items(before: string, items: readonly Value[], after: string): void {
    this.#push(before);
    items.forEach((item, i) => {
      if (i > 0) this.#push(', ');
      this.add(item);
    });
    this.#push(after);
  }

  #dict(dict: Dict): void {
    this.#push('{');
    dict.entries().forEach(([key, value], i) => {
      if (i > 0) this.#push(', ');
      this.add(key);
      this.#push(': ');
      this.add(value);
    });
    this.#push('}');
  }

  #push(text: string): void {
    this.#length += text.length;
    this.#limits.length(this.#length);
    this.parts.push(text);
  }
}

/** The `repr` of a float: its shortest digits, with an exponent below 1e-4 and from 1e16 on. */
export function showFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [digits, power] = value.toExponential().split('e') as [string, string];
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16)
    return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  if (exponent >= 0) return Number.isInteger(value) ? `${BigInt(value)}.0` : String(value);
  const sign = value < 0 ? '-' : '';
  return `${sign}0.${'0'.repeat(-exponent - 1)}${digits.replace(/[-.]/g, '')}`;
}

const SHORT: { readonly [character: string]: string } = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\\': '\\\\',
};
/** What Python does not call printable. */
const UNPRINTABLE = /[\\\p{C}\p{Z}]/gu;

/** The `repr` of a string. */
export function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(UNPRINTABLE, (character) => {
    if (character === ' ') return ' ';
    const code = character.codePointAt(0)!;
    const hex = (digits: number): string => code.toString(16).padStart(digits, '0');
    if (SHORT[character] !== undefined) return SHORT[character];
    if (code < 0x100) return `\\x${hex(2)}`;
    return code < 0x10000 ? `\\u${hex(4)}` : `\\U${hex(8)}`;
  });
  return mark + (mark === "'" ? escaped.replaceAll("'", "\\'") : escaped) + mark;
}
