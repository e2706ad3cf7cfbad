/** @file Methods of Python's `str`. Positions and lengths count code points. */
import { bind, flag, integerArgument, textArgument } from './bind.ts';
import { BLANK, isBlank } from './blanks.ts';
import { TemplateError, unsupported } from './errors.ts';
import { formatFields } from './format.ts';
import type { Limits } from './limits.ts';
import { clamp } from './slices.ts';
import { capitalize, joined, lines, padded, replace, strip } from './text-edits.ts';
import {
  type CallArguments,
  characters,
  iterate,
  lengthOf,
  sequenceOf,
  Tuple,
  type Value,
} from './values.ts';

type Method = (text: string, args: CallArguments, limits: Limits) => Value;

/** Names of `str` in Python that are not rendered here. */
const MISSING = ['encode', 'expandtabs', 'format_map', 'maketrans', 'translate'];

/** The method of that name; undefined where `str` has none. */
export function stringMethod(name: string): Method | undefined {
  if (MISSING.includes(name)) throw unsupported(`the method ${name} of a text`);
  return Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
}

const plain =
  (name: string, change: (text: string) => Value): Method =>
  (text, args) => {
    bind(`${name}()`, args, []);
    return change(text);
  };

const METHODS: { readonly [name: string]: Method } = {
  upper: plain('upper', (text) => text.toUpperCase()),
  lower: plain('lower', (text) => text.toLowerCase()),
  casefold: plain('casefold', (text) => text.replaceAll('ẞ', 'ss').toLowerCase().replaceAll('ß', 'ss')),
  capitalize: plain('capitalize', capitalize),
  title: plain('title', (text) => text.replace(/[\p{L}\p{M}]+/gu, capitalize)),
  swapcase: plain('swapcase', (text) =>
    text.replace(/\p{L}/gu, (letter) =>
      letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
    ),
  ),
  strip: (text, args) => strip(text, ...stripArguments('strip()', args), 'both'),
  lstrip: (text, args) => strip(text, ...stripArguments('lstrip()', args), 'start'),
  rstrip: (text, args) => strip(text, ...stripArguments('rstrip()', args), 'end'),
  removeprefix: (text, args) => {
    const prefix = required('removeprefix()', args);
    return text.startsWith(prefix) ? text.slice(prefix.length) : text;
  },
  removesuffix: (text, args) => {
    const suffix = required('removesuffix()', args);
    return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
  },
  startswith: (text, args) => matches('startswith()', text, args, (part, affix) => part.startsWith(affix)),
  endswith: (text, args) => matches('endswith()', text, args, (part, affix) => part.endsWith(affix)),
  split: (text, args, limits) => split('split()', text, args, limits, false),
  rsplit: (text, args, limits) => split('rsplit()', text, args, limits, true),
  splitlines,
  partition: (text, args) => {
    const separator = separatorOf('partition()', args);
    const at = text.indexOf(separator);
    return new Tuple(
      at < 0 ? [text, '', ''] : [text.slice(0, at), separator, text.slice(at + separator.length)],
    );
  },
  rpartition: (text, args) => {
    const separator = separatorOf('rpartition()', args);
    const at = text.lastIndexOf(separator);
    return new Tuple(
      at < 0 ? ['', '', text] : [text.slice(0, at), separator, text.slice(at + separator.length)],
    );
  },
  replace: (text, args, limits) => {
    const [from, to, count] = bind('replace()', args, ['/old!', '/new!', 'count']);
    const [old, made] = [textArgument('replace()', from, null), textArgument('replace()', to, null)];
    if (old === null || made === null) throw new TemplateError('replace() takes texts, found None');
    return replace(text, old, made, integerArgument('replace()', count, -1), limits);
  },
  find: (text, args) => BigInt(find('find()', text, args, false)),
  rfind: (text, args) => BigInt(find('rfind()', text, args, true)),
  index: (text, args) => found(find('index()', text, args, false)),
  rindex: (text, args) => found(find('rindex()', text, args, true)),
  count: (text, args) => {
    const { part, sub } = searched('count()', text, args);
    return BigInt(sub === '' ? lengthOf(part)! + 1 : part.split(sub).length - 1);
  },
  join: (text, args, limits) => {
    const [items] = bind('join()', args, ['/iterable!']);
    const parts = iterate(items!).map((item) => {
      if (typeof item !== 'string') throw new TemplateError('join() takes texts only');
      return item;
    });
    return joined(parts, text, limits);
  },
  center: (text, args, limits) => pad('center()', text, args, limits, 'center'),
  ljust: (text, args, limits) => pad('ljust()', text, args, limits, 'start'),
  rjust: (text, args, limits) => pad('rjust()', text, args, limits, 'end'),
  zfill: (text, args, limits) => {
    const [width] = bind('zfill()', args, ['/width!']);
    const missing = integerArgument('zfill()', width, 0) - lengthOf(text)!;
    limits.length(missing);
    const sign = /^[+-]/.exec(text)?.[0] ?? '';
    return sign + '0'.repeat(Math.max(0, missing)) + text.slice(sign.length);
  },
  format: (text, args, limits) => formatFields(text, args, limits),
  isalpha: plain('isalpha', (text) => /^\p{L}+$/u.test(text)),
  isalnum: plain('isalnum', (text) => /^[\p{L}\p{N}]+$/u.test(text)),
  isascii: plain('isascii', (text) => !/[^\0-\x7f]/.test(text)),
  isdecimal: plain('isdecimal', (text) => /^\p{Nd}+$/u.test(text)),
  isdigit: plain('isdigit', (text) => /^[\p{Nd}²³¹⁰⁴-⁹₀-₉①-⑨⑴-⑼⒈-⒐]+$/u.test(text)),
  isnumeric: plain('isnumeric', (text) => /^\p{N}+$/u.test(text)),
  isidentifier: plain('isidentifier', (text) =>
    /^[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*$/u.test(text),
  ),
  islower: plain('islower', (text) => /\p{Ll}/u.test(text) && !/[\p{Lu}\p{Lt}]/u.test(text)),
  isupper: plain('isupper', (text) => /\p{Lu}/u.test(text) && !/[\p{Ll}\p{Lt}]/u.test(text)),
  istitle: plain(
    'istitle',
    (text) => /[\p{Lu}\p{Lt}]/u.test(text) && text === text.replace(/[\p{L}\p{M}]+/gu, capitalize),
  ),
  isspace: plain('isspace', (text) => text !== '' && Array.from(text).every(isBlank)),
  isprintable: plain('isprintable', (text) => !/[\p{C}\p{Zl}\p{Zp}\p{Zs}]/u.test(text.replaceAll(' ', ''))),
};

function stripArguments(call: string, args: CallArguments): [string | null] {
  const [given] = bind(call, args, ['/chars']);
  return [textArgument(call, given, null)];
}

function required(call: string, args: CallArguments): string {
  const text = textArgument(call, bind(call, args, ['/text!'])[0], null);
  if (text === null) throw new TemplateError(`${call} takes a text, found None`);
  return text;
}

function separatorOf(call: string, args: CallArguments): string {
  const separator = required(call, args);
  if (separator === '') throw new TemplateError(`${call} takes a separator that is not empty`);
  return separator;
}

/** The part of the text between two positions and the text searched in it. */
function searched(
  call: string,
  text: string,
  args: CallArguments,
): { readonly part: string; readonly sub: string; readonly start: number } {
  const [given, from, to] = bind(call, args, ['/sub!', '/start', '/end']);
  const sub = textArgument(call, given, null);
  if (sub === null) throw new TemplateError(`${call} takes a text, found None`);
  return { sub, ...window(call, text, from, to) };
}

function window(
  call: string,
  text: string,
  from: Value | undefined,
  to: Value | undefined,
): { readonly part: string; readonly start: number } {
  if (from === undefined && to === undefined) return { part: text, start: 0 };
  const units = characters(text);
  const start = clamp(integerArgument(call, from, 0), units.length);
  const end = clamp(integerArgument(call, to, units.length), units.length);
  const part = units.slice(start, end);
  return { part: typeof part === 'string' ? part : part.join(''), start };
}

function find(call: string, text: string, args: CallArguments, last: boolean): number {
  const { part, sub, start } = searched(call, text, args);
  const at = last ? part.lastIndexOf(sub) : part.indexOf(sub);
  return at < 0 ? -1 : start + lengthOf(part.slice(0, at))!;
}

function found(at: number): bigint {
  if (at < 0) throw new TemplateError('index() did not find the text');
  return BigInt(at);
}

function matches(
  call: string,
  text: string,
  args: CallArguments,
  test: (part: string, affix: string) => boolean,
): boolean {
  const [given, from, to] = bind(call, args, ['/affix!', '/start', '/end']);
  const { part } = window(call, text, from, to);
  const affixes = given instanceof Tuple ? sequenceOf(given)! : [given!];
  return affixes.some((affix) => {
    if (typeof affix !== 'string') throw new TemplateError(`${call} takes a text or a tuple of texts`);
    return test(part, affix);
  });
}

const WORDS = new RegExp(`[^${BLANK.slice(1)}+`, 'g');

function split(call: string, text: string, args: CallArguments, limits: Limits, right: boolean): Value[] {
  const [sep, most] = bind(call, args, ['sep', 'maxsplit']);
  const separator = textArgument(call, sep, null);
  const given = integerArgument(call, most, -1);
  const count = given < 0 ? Number.POSITIVE_INFINITY : given;
  if (separator === '') throw new TemplateError(`${call} takes a separator that is not empty`);
  const parts = separator === null ? words(text, count, right) : pieces(text, separator, count, right);
  limits.items(parts.length);
  return parts;
}

function pieces(text: string, separator: string, count: number, right: boolean): string[] {
  const all = text.split(separator);
  if (all.length - 1 <= count) return all;
  if (right) return [all.slice(0, all.length - count).join(separator), ...all.slice(all.length - count)];
  return [...all.slice(0, count), all.slice(count).join(separator)];
}

/** Between runs of blanks; what is left after `count` splits keeps the blanks within it and on its far side. */
function words(text: string, count: number, right: boolean): string[] {
  const all = [...text.matchAll(WORDS)];
  if (all.length - 1 <= count) return all.map(([word]) => word);
  if (right) {
    const kept = all.slice(all.length - count).map(([word]) => word);
    const last = all[all.length - count - 1]!;
    return [text.slice(0, last.index + last[0].length), ...kept];
  }
  return [...all.slice(0, count).map(([word]) => word), text.slice(all[count]!.index)];
}

function splitlines(text: string, args: CallArguments): Value[] {
  const [keep] = bind('splitlines()', args, ['keepends']);
  return lines(text, flag(keep, false));
}

function pad(
  call: string,
  text: string,
  args: CallArguments,
  limits: Limits,
  side: 'start' | 'end' | 'center',
): string {
  const [width, fill] = bind(call, args, ['/width!', '/fillchar']);
  const filler = textArgument(call, fill, ' ');
  if (lengthOf(filler) !== 1) throw new TemplateError(`${call} fills with one character`);
  return padded(text, integerArgument(call, width, 0), filler, side, limits);
}
