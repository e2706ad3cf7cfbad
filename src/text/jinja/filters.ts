/** @file Jinja2's filters on one value. Those that go through items are in item-filters.ts. */
import { attributeOnly } from './attributes.ts';
import { bind, flag, integerArgument, textArgument } from './bind.ts';
import { TemplateError, unsupported } from './errors.ts';
import { fixed, formatPercent } from './format.ts';
import { ITEM_FILTERS } from './item-filters.ts';
import { toJson } from './json.ts';
import { escapeMarks } from './markup.ts';
import type { FilterFunction } from './runtime.ts';
import { str } from './show.ts';
import { capitalize, lines, padded, replace, strip } from './text-edits.ts';
import {
  type CallArguments,
  Dict,
  isNumber,
  iterate,
  lengthOf,
  Markup,
  numeric,
  Tuple,
  truthy,
  typeName,
  Undefined,
  unmarked,
  type Value,
} from './values.ts';

/** A filter on the text of a value, without arguments. */
const onText =
  (name: string, change: (text: string) => Value): FilterFunction =>
  (value, args, { limits }) => {
    bind(`the filter ${name}`, args, []);
    return change(str(value, limits));
  };

const length: FilterFunction = (value, args) => {
  bind('the filter length', args, []);
  const count = lengthOf(value);
  if (count === null) throw new TemplateError(`a value of type ${typeName(value)} has no length`);
  return BigInt(count);
};

const preset: FilterFunction = (value, args) => {
  const [other = '', falsy] = bind('the filter default', args, ['default_value', 'boolean']);
  return value instanceof Undefined || (flag(falsy, false) && !truthy(value)) ? other : value;
};

const escaped: FilterFunction = (value, args, { limits }) => {
  bind('the filter escape', args, []);
  return escapeMarks(value instanceof Markup ? value : str(value, limits));
};

const tojson: FilterFunction = (value, args, { limits }) => {
  const [ascii, indent, separators, sort] = bind('the filter tojson', args, [
    'ensure_ascii',
    'indent',
    'separators',
    'sort_keys',
  ]);
  const level =
    indent === undefined || indent === null
      ? null
      : typeof indent === 'string'
        ? indent
        : ' '.repeat(Math.max(0, Math.min(1000, integerArgument('tojson', indent, 0))));
  const options = {
    ensureAscii: flag(ascii, false),
    indent: level,
    separators: separatorsOf(separators, level),
    sortKeys: flag(sort, false),
  };
  return toJson(value, options, limits);
};

function separatorsOf(given: Value | undefined, indent: string | null): readonly [string, string] {
  if (given === undefined || given === null) return [indent === null ? ', ' : ',', ': '];
  const [item, key] = iterate(given);
  if (typeof item !== 'string' || typeof key !== 'string')
    throw new TemplateError('tojson takes separators as a pair of texts');
  return [item, key];
}

const round: FilterFunction = (value, args) => {
  const [digits, method] = bind('the filter round', args, ['precision', 'method']);
  const precision = integerArgument('round', digits, 0);
  const way = textArgument('round', method, 'common');
  if (!isNumber(value))
    throw new TemplateError(`round takes a number, found a value of type ${typeName(value)}`);
  const number = numeric(value);
  if (way === 'ceil' || way === 'floor') return Math[way](Number(number) * 10 ** precision) / 10 ** precision;
  if (way !== 'common') throw new TemplateError('the method of round is common, ceil or floor');
  if (typeof number === 'bigint' && precision >= 0) return number;
  if (precision < 0) throw unsupported('round with a negative precision');
  return Math.abs(Number(number)) >= 1e21 ? Number(number) : Number(fixed(Number(number), precision));
};

const int: FilterFunction = (value, args) => {
  if (value instanceof Undefined) throw new TemplateError(value.reason);
  const [other = 0n, base] = bind('the filter int', args, ['default', 'base']);
  if (isNumber(value)) {
    const number = numeric(value);
    if (typeof number === 'bigint') return number;
    return Number.isFinite(number) ? BigInt(Math.trunc(number)) : other;
  }
  if (typeof value !== 'string') return other;
  const radix = integerArgument('int', base, 10);
  if (radix !== 10) throw unsupported('the filter int with a base other than 10');
  const text = strip(value, null, 'both');
  if (/^[+-]?\d+(?:_\d+)*$/.test(text)) return BigInt(text.replaceAll('_', '').replace('+', ''));
  const number = readFloat(text);
  return number === null || !Number.isFinite(number) ? other : BigInt(Math.trunc(number));
};

const float: FilterFunction = (value, args) => {
  if (value instanceof Undefined) throw new TemplateError(value.reason);
  const [other = 0] = bind('the filter float', args, ['default']);
  if (isNumber(value)) return Number(value);
  const number = typeof value === 'string' ? readFloat(strip(value, null, 'both')) : null;
  return number ?? other;
};

/** A float in Python's spelling; null for any other text. */
function readFloat(text: string): number | null {
  const named = /^([+-]?)(?:(inf|infinity)|nan)$/i.exec(text);
  if (named !== null) return named[2] === undefined ? Number.NaN : named[1] === '-' ? -Infinity : Infinity;
  const digits = /^[+-]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+)?$/i;
  return digits.test(text) ? Number(text.replaceAll('_', '')) : null;
}

/** The text of a filter that takes nothing else. */
function requireText(filter: string, value: Value): string {
  const text = unmarked(value);
  if (typeof text === 'string') return text;
  throw new TemplateError(`the filter ${filter} takes a text, found a value of type ${typeName(value)}`);
}

const indent: FilterFunction = (value, args, { limits }) => {
  const [width, first, blank] = bind('the filter indent', args, ['width', 'first', 'blank']);
  const by =
    typeof width === 'string'
      ? width
      : ' '.repeat(Math.max(0, Math.min(100_000, integerArgument('indent', width, 4))));
  const text = requireText('indent', value);
  const all = lines(`${text}\n`);
  limits.length(text.length + all.length * by.length);
  const [start = '', ...rest] = all;
  const indented = rest.map((line) => (line !== '' || flag(blank, false) ? by + line : line));
  const made = [start, ...indented].join('\n');
  return flag(first, false) ? by + made : made;
};

const truncate: FilterFunction = (value, args) => {
  const [size, kill, end, leeway] = bind('the filter truncate', args, [
    'length',
    'killwords',
    'end',
    'leeway',
  ]);
  const most = integerArgument('truncate', size, 255);
  const mark = textArgument('truncate', end, '...');
  const all = lengthOf(value);
  if (all !== null && all <= most + integerArgument('truncate', leeway, 5)) return value;
  const text = Array.from(requireText('truncate', value));
  const kept = text.slice(0, Math.max(0, most - lengthOf(mark)!)).join('');
  if (flag(kill, false)) return kept + mark;
  const space = kept.lastIndexOf(' ');
  return (space < 0 ? kept : kept.slice(0, space)) + mark;
};

/** A word begins after a blank, a hyphen or an opening bracket, and only there: "it's" is one. */
function title(text: string): string {
  return text
    .split(/([-\s({[<]+)/)
    .map((part) => capitalize(part))
    .join('');
}

function urlencode(
  value: Value,
  args: CallArguments,
  encode: (value: Value, path: boolean) => string,
): string {
  bind('the filter urlencode', args, []);
  if (typeof value === 'string' || !(value instanceof Dict || Array.isArray(value)))
    return encode(value, true);
  const pairs = value instanceof Dict ? value.entries() : value.map((one) => iterate(one));
  return pairs.map(([key, one]) => `${encode(key, false)}=${encode(one, false)}`).join('&');
}

const FILTERS: ReadonlyMap<string, FilterFunction> = new Map<string, FilterFunction>([
  ['upper', onText('upper', (text) => text.toUpperCase())],
  ['lower', onText('lower', (text) => text.toLowerCase())],
  ['capitalize', onText('capitalize', capitalize)],
  ['title', onText('title', title)],
  [
    'string',
    (value, args, { limits }) => {
      bind('the filter string', args, []);
      return value instanceof Markup ? value : str(value, limits);
    },
  ],
  ['wordcount', onText('wordcount', (text) => BigInt(text.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0))],
  [
    'trim',
    (value, args, { limits }) =>
      strip(
        str(value, limits),
        textArgument('trim', bind('the filter trim', args, ['chars'])[0], null),
        'both',
      ),
  ],
  [
    'center',
    (value, args, { limits }) =>
      padded(
        str(value, limits),
        integerArgument('center', bind('the filter center', args, ['width'])[0], 80),
        ' ',
        'center',
        limits,
      ),
  ],
  [
    'replace',
    (value, args, { limits }) => {
      const [old, made, count] = bind('the filter replace', args, ['old!', 'new!', 'count']);
      return replace(
        str(value, limits),
        str(old!, limits),
        str(made!, limits),
        integerArgument('replace', count, -1),
        limits,
      );
    },
  ],
  [
    'format',
    (value, args, { limits }) => {
      if (args.named.size > 0 && args.positional.length > 0)
        throw new TemplateError('the filter format takes values or name=value, not both');
      const given = args.named.size > 0 ? new Dict(args.named) : new Tuple(args.positional);
      return formatPercent(str(value, limits), given, limits);
    },
  ],
  ['indent', indent],
  ['truncate', truncate],
  ['length', length],
  ['count', length],
  ['default', preset],
  ['d', preset],
  ['escape', escaped],
  ['e', escaped],
  [
    'safe',
    (value, args, { limits }) => {
      bind('the filter safe', args, []);
      return value instanceof Markup ? value : new Markup(str(value, limits));
    },
  ],
  ['tojson', tojson],
  ['round', round],
  ['int', int],
  ['float', float],
  [
    'abs',
    (value, args) => {
      bind('the filter abs', args, []);
      if (value instanceof Undefined) throw new TemplateError(value.reason);
      if (!isNumber(value))
        throw new TemplateError(`abs takes a number, found a value of type ${typeName(value)}`);
      const number = numeric(value);
      return typeof number === 'number' ? Math.abs(number) : number < 0n ? -number : number;
    },
  ],
  [
    'attr',
    (value, args, { limits }) => {
      const [name] = bind('the filter attr', args, ['name!']);
      return attributeOnly(value, str(name!, limits), limits);
    },
  ],
  [
    'urlencode',
    (value, args, { limits }) =>
      urlencode(value, args, (one, path) => {
        const text = encodeURIComponent(str(one, limits)).replace(
          /[!'()*]/g,
          (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
        );
        return path ? text.replaceAll('%2F', '/') : text.replaceAll('%20', '+');
      }),
  ],
  ...ITEM_FILTERS,
]);

const MISSING = [
  'filesizeformat',
  'forceescape',
  'pprint',
  'random',
  'striptags',
  'urlize',
  'wordwrap',
  'xmlattr',
];

/** Whether Jinja2 has a filter of that name. */
export function isFilter(name: Value): boolean {
  return typeof name === 'string' && (FILTERS.has(name) || MISSING.includes(name));
}

/** The filter of that name. Throws where Jinja2 has none, or has one that is not rendered here. */
export function filterNamed(name: string): FilterFunction {
  const filter = FILTERS.get(name);
  if (filter !== undefined) return filter;
  if (MISSING.includes(name)) throw unsupported(`the filter ${name}`);
  throw new TemplateError(`no filter named '${name}'`);
}
