/** @file Python's arithmetic: whole numbers stay whole but for `/`, and `//` and `%` round down. */
import { TemplateError } from './errors.ts';
import { formatPercent } from './format.ts';
import type { Limits } from './limits.ts';
import { escapeMarks } from './markup.ts';
import type { Arithmetic } from './nodes.ts';
import {
  isNumber,
  lengthOf,
  Markup,
  numeric,
  sequenceOf,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from './values.ts';

/** `left sign right`. Throws where Python raises TypeError or ZeroDivisionError. */
export function compute(sign: Arithmetic, left: Value, right: Value, limits: Limits): Value {
  if (left instanceof Undefined) throw new TemplateError(left.reason);
  if (isNumber(left) && isNumber(right)) return computeNumbers(sign, numeric(left), numeric(right), limits);
  if (sign === '%' && typeof left === 'string') return formatPercent(left, right, limits);
  if (right instanceof Undefined) throw new TemplateError(right.reason);
  const made =
    sign === '+' ? joined(left, right, limits) : sign === '*' ? repeated(left, right, limits) : null;
  if (made !== null) return made;
  throw new TemplateError(
    `'${sign}' does not work on values of type ${typeName(left)} and ${typeName(right)}`,
  );
}

function joined(left: Value, right: Value, limits: Limits): Value | null {
  if (left instanceof Markup || right instanceof Markup) {
    const texts = [left, right].filter((one) => one instanceof Markup || typeof one === 'string');
    if (texts.length < 2) return null;
    return new Markup(limits.text(texts.map((one) => escapeMarks(one).text).join('')));
  }
  if (typeof left === 'string' && typeof right === 'string') {
    limits.length(left.length + right.length);
    return left + right;
  }
  const [one, two] = [sequenceOf(left), sequenceOf(right)];
  if (one === null || two === null || Array.isArray(left) !== Array.isArray(right)) return null;
  limits.items(one.length + two.length);
  const items = [...one, ...two];
  return Array.isArray(left) ? items : new Tuple(items);
}

function repeated(left: Value, right: Value, limits: Limits): Value | null {
  const [value, count] =
    typeof right === 'bigint' || typeof right === 'boolean' ? [left, right] : [right, left];
  if (typeof count !== 'bigint' && typeof count !== 'boolean') return null;
  const times = Math.max(0, Number(count));
  if (typeof value === 'string') {
    limits.length(value.length * times);
    return value.repeat(value === '' ? 0 : times);
  }
  const items = sequenceOf(value);
  if (items === null) return null;
  limits.items(lengthOf(value)! * times);
  const many = items.length === 0 ? [] : Array.from({ length: times }, () => items).flat();
  return Array.isArray(value) ? many : new Tuple(many);
}

function computeNumbers(sign: Arithmetic, a: bigint | number, b: bigint | number, limits: Limits): Value {
  if ((sign === '/' || sign === '//' || sign === '%') && Number(b) === 0)
    throw new TemplateError('division by zero');
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    if (sign === '**') return power(a, b, limits);
    if (sign !== '/') return limits.integer(computeIntegers(sign, a, b));
    const ratio = Number(a) / Number(b);
    if (Number.isFinite(ratio)) return ratio;
    throw new TemplateError('the numbers are too large to divide');
  }
  return computeFloats(sign, Number(a), Number(b));
}

function computeIntegers(sign: '+' | '-' | '*' | '//' | '%', a: bigint, b: bigint): bigint {
  switch (sign) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '//':
      return (a - modulo(a, b)) / b;
    case '%':
      return modulo(a, b);
  }
}

/** The remainder with the sign of the divisor. */
function modulo(a: bigint, b: bigint): bigint {
  const rest = a % b;
  return rest !== 0n && rest < 0n !== b < 0n ? rest + b : rest;
}

function computeFloats(sign: Arithmetic, a: number, b: number): number {
  switch (sign) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return floatModulo(a, b);
    case '//':
      return Math.round((a - floatModulo(a, b)) / b);
    case '**':
      return floatPower(a, b);
  }
}

function floatModulo(a: number, b: number): number {
  const rest = a % b;
  if (rest === 0) return b < 0 ? -0 : 0;
  return rest < 0 !== b < 0 ? rest + b : rest;
}

function floatPower(a: number, b: number): number {
  const result = a ** b;
  if (a === 0 && b < 0) throw new TemplateError('0 cannot be raised to a negative power');
  if (Number.isNaN(result) && !Number.isNaN(a) && !Number.isNaN(b))
    throw new TemplateError('a power that is a complex number is not supported in chat templates');
  if (!Number.isFinite(result) && Number.isFinite(a) && Number.isFinite(b))
    throw new TemplateError('the power is too large');
  return result;
}

function power(base: bigint, exponent: bigint, limits: Limits): Value {
  if (exponent < 0n) return floatPower(Number(base), Number(exponent));
  limits.bits(Number(exponent) * ((base < 0n ? -base : base).toString(2).length - 1));
  return base ** exponent;
}
