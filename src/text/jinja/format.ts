/** @file Python's `%` and `str.format`. */
import { TemplateError, unsupported } from './errors.ts';
import type { Limits } from './limits.ts';
import { repr, showFloat, str } from './show.ts';
import { padded } from './text-edits.ts';
import { type CallArguments, Dict, isNumber, numeric, Tuple, typeName, type Value } from './values.ts';

const PLACE = /%(?:\(([^()]*)\))?([-+ 0#]*)(\d*)(?:\.(\d+))?(.|$)/gs;

/** `text % value`: a tuple gives one value a place, a dict gives named places. */
export function formatPercent(text: string, value: Value, limits: Limits): string {
  const values = value instanceof Tuple ? value.items : [value];
  let taken = 0;
  const made = text.replace(
    PLACE,
    (
      whole,
      name: string | undefined,
      flags: string,
      width: string,
      precision: string | undefined,
      kind: string,
    ) => {
      if (kind === '%') return '%';
      let one: Value | undefined;
      if (name === undefined) {
        one = values[taken];
        taken += 1;
      } else if (value instanceof Dict) one = value.get(name);
      if (one === undefined) throw new TemplateError(`'%' has no value for ${whole}`);
      const shown = percent(one, kind, precision === undefined ? null : Number(precision), limits);
      const signed = withSign(shown, flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '-', kind);
      const zeros = flags.includes('0') && !flags.includes('-') && 'dif'.includes(kind);
      return fill(
        signed,
        Number(width),
        zeros ? '0' : ' ',
        flags.includes('-') ? '<' : zeros ? '=' : '>',
        limits,
      );
    },
  );
  // Python does not count the values where the one given can be indexed.
  if (taken < values.length && !(value instanceof Dict || Array.isArray(value)))
    throw new TemplateError("'%' has more values than places");
  return limits.text(made);
}

function percent(value: Value, kind: string, precision: number | null, limits: Limits): string {
  switch (kind) {
    case 's':
      return cut(str(value, limits), precision);
    case 'r':
      return cut(repr(value, limits), precision);
    case 'd':
    case 'i':
      if (isNumber(value))
        return String(typeof value === 'number' ? BigInt(Math.trunc(value)) : numeric(value));
      throw new TemplateError(`'%d' takes a number, found a value of type ${typeName(value)}`);
    case 'f':
    case 'F':
      if (isNumber(value)) return fixed(Number(value), precision ?? 6);
      throw new TemplateError(`'%f' takes a number, found a value of type ${typeName(value)}`);
    default:
      throw unsupported(`'%${kind}' in a format`);
  }
}

function cut(text: string, precision: number | null): string {
  return precision === null ? text : Array.from(text).slice(0, precision).join('');
}

/** A float with so many digits after the point; an exact half goes to the even digit. */
export function fixed(value: number, digits: number): string {
  if (!Number.isFinite(value)) return showFloat(value);
  if (digits > 90 || Math.abs(value) >= 1e21)
    throw unsupported(`a number with ${digits} digits after the point`);
  const shown = value.toFixed(digits);
  const [whole, rest] = [value.toFixed(digits + 1), value.toFixed(Math.min(100, digits + 60))];
  const half = whole.endsWith('5') && /^0*$/.test(rest.slice(whole.length)) && Number(whole) === value;
  const last = shown.replace('.', '').at(-1)!;
  if (!half || Number(last) % 2 === 0) return shown;
  // toFixed takes a half away from zero; the even neighbour is one unit nearer to it.
  const cutOff = whole.slice(0, -1).replace(/\.$/, '');
  return cutOff;
}

/** A number's text with its sign: `+` and ` ` show one for positive numbers too. */
function withSign(shown: string, sign: string, kind: string): string {
  return sign === '-' || shown.startsWith('-') || !'difF'.includes(kind) ? shown : sign + shown;
}

/** The text in a field; `=` puts the filler between sign and digits. */
function fill(text: string, width: number, filler: string, align: string, limits: Limits): string {
  if (align === '=') {
    const sign = /^[-+ ]/.exec(text)?.[0] ?? '';
    return sign + padded(text.slice(sign.length), width - sign.length, filler, 'end', limits);
  }
  const side = align === '<' ? 'start' : align === '>' ? 'end' : 'center';
  if (side !== 'center') return padded(text, width, filler, side, limits);
  const missing = Math.max(0, width - Array.from(text).length);
  limits.length(missing * filler.length);
  return filler.repeat(missing >> 1) + text + filler.repeat(missing - (missing >> 1));
}

const FIELD = /\{\{|\}\}|\{([^{}!:]*)(?:!([rsa]))?(?::([^{}]*))?\}|[{}]/g;
const SPEC = /^(?:(.)?([<>=^]))?([-+ ])?(0)?(\d+)?(,)?(?:\.(\d+))?([sdfFxXob%])?$/su;

/** `text.format(values)`. */
export function formatFields(text: string, args: CallArguments, limits: Limits): string {
  let next = 0;
  const made = text.replace(FIELD, (whole, name?: string, conversion?: string, spec?: string) => {
    if (whole === '{{' || whole === '}}') return whole[0]!;
    if (name === undefined || !/^\w*$/.test(name)) throw unsupported(`the field ${whole} of format()`);
    let value: Value | undefined;
    if (name === '') {
      value = args.positional[next];
      next += 1;
    } else value = /^\d+$/.test(name) ? args.positional[Number(name)] : args.named.get(name);
    if (value === undefined) throw new TemplateError(`format() has no value for ${whole}`);
    if (conversion === 'a') throw unsupported("'!a' in format()");
    const converted =
      conversion === 'r' ? repr(value, limits) : conversion === 's' ? str(value, limits) : value;
    return spec === undefined || spec === '' ? str(converted, limits) : formatSpec(converted, spec, limits);
  });
  return limits.text(made);
}

function formatSpec(value: Value, spec: string, limits: Limits): string {
  const found = SPEC.exec(spec);
  if (found === null || !(typeof value === 'string' || isNumber(value)))
    throw unsupported(`the format '${spec}' of a value of type ${typeName(value)}`);
  const [, filler, align, sign = '-', zero, width = '0', comma, precision, kind] = found;
  const digits = precision === undefined ? null : Number(precision);
  const number = typeof value !== 'string';
  const shown = number
    ? formatNumber(numeric(value), kind, digits, comma !== undefined, spec)
    : cut(value, digits);
  const signed = number ? withSign(shown, sign, 'd') : shown;
  const side = align ?? (zero !== undefined && number ? '=' : number ? '>' : '<');
  return fill(signed, Number(width), filler ?? (zero === undefined ? ' ' : '0'), side, limits);
}

function formatNumber(
  value: bigint | number,
  kind: string | undefined,
  digits: number | null,
  commas: boolean,
  spec: string,
): string {
  let shown: string;
  if (kind === 'f' || kind === 'F') shown = fixed(Number(value), digits ?? 6);
  else if (kind === '%') shown = `${fixed(Number(value) * 100, digits ?? 6)}%`;
  else if (typeof value === 'number' && kind === undefined && digits === null) shown = showFloat(value);
  else if (typeof value === 'bigint' && digits === null && kind !== 's') shown = inBase(value, kind);
  else throw unsupported(`the format '${spec}' of a number`);
  if (!commas) return shown;
  const [whole, ...rest] = shown.split('.');
  return [whole!.replace(/\B(?=(\d{3})+$)/g, ','), ...rest].join('.');
}

function inBase(value: bigint, kind: string | undefined): string {
  const base = { x: 16, X: 16, o: 8, b: 2 }[kind ?? ''] ?? 10;
  const shown = value.toString(base);
  return kind === 'X' ? shown.toUpperCase() : shown;
}
