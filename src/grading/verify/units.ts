/**
 * @file Units of measure: their names, dimensions and factors.
 *
 * Two quantities of one dimension are equal where their values in the base unit are: 1 m = 100 cm, 50 cents = $0.50.
 * Offsets are left out (no °C to °F), and so are units of which no table is needed: any other word counts as a
 * dimension of its own.
 */
import { type Rational, rational } from './rational.ts';

/** A unit is factor × the base unit of its dimension. */
export interface Unit {
  readonly dimension: string;
  readonly factor: Rational;
}

/** `name, other name…: numerator/denominator`, by dimension; the first name of a dimension is its base. */
const TABLE: Readonly<Record<string, string>> = {
  length:
    'm,meter,metre,米:1; cm,centimeter,centimetre,厘米:1/100; mm,millimeter,millimetre,毫米:1/1000; km,kilometer,kilometre,千米,公里:1000; nm,nanometer:1/1000000000; um,micrometer:1/1000000; in,inch,inches:127/5000; ft,foot,feet:381/1250; yd,yard:1143/1250; mi,mile:201168/125',
  mass: 'g,gram,克:1; kg,kilogram,kilo,千克,公斤:1000; mg,milligram:1/1000; lb,lbs,pound:45359237/100000; oz,ounce:45359237/1600000; ton,tonne:1000000',
  time: 's,sec,second,秒:1; ms,millisecond:1/1000; min,mins,minute,分钟:60; hr,hrs,h,hour,小时:3600; day,天:86400; week,周:604800; month:month; year,yr,yrs,年:year',
  volume:
    'l,liter,litre,升:1; ml,milliliter,millilitre,毫升:1/1000; gal,gallon:gallon; qt,quart:quart; pint:pint; cup:cup',
  dollar: 'dollar,usd,bucks:1; cent,penny,pennies:1/100',
  euro: 'euro,eur:1',
  'pound sterling': 'gbp,sterling:1',
  yen: 'yen,jpy:1',
  yuan: 'yuan,rmb,cny,元:1',
  rupee: 'rupee,rs,inr:1',
  angle: 'deg,degree,度:1; arcminute:1/60',
  rad: 'rad,radian:1',
  temperature: 'degc,celsius:1; degf,fahrenheit:degf; kelvin:kelvin',
  speed: 'mph:1397/3125; kph,kmph:5/18',
  percent: 'percent,percentage,pct:1',
  force: 'newton:1',
  energy: 'j,joule:1; kj,kilojoule:1000; ev:ev; kwh:3600000; calorie,cal:calorie',
  power: 'watt,w:1; kw,kilowatt:1000',
  electric: 'volt:volt; ohm:ohm; ampere,amp:ampere; coulomb:coulomb',
  frequency: 'hz,hertz:1; khz:1000; mhz:1000000',
  pressure: 'pa,pascal:1; kpa:1000; atm:101325',
  amount: 'mol,mole:1',
  information: 'bit:1; byte:8',
};

/** Speeds are lengths over times. */
const DERIVED: Readonly<Record<string, string>> = { speed: 'length/time' };

const UNITS = new Map<string, Unit>();
for (const [dimension, entries] of Object.entries(TABLE)) {
  for (const entry of entries.split(';')) {
    const [names = '', size = '1'] = entry.trim().split(':');
    const [n = '1', d = '1'] = size.split('/');
    // A size that is a word makes a dimension of its own: a month has no fixed number of days.
    const own = !/^\d/.test(size);
    const unit: Unit = {
      dimension: own ? size : (DERIVED[dimension] ?? dimension),
      factor: own ? { n: 1n, d: 1n } : rational(BigInt(n), BigInt(d))!,
    };
    for (const name of names.split(',')) UNITS.set(name, unit);
  }
}

/** Case means something to these: a capital is another unit, or none. */
const CASED: Readonly<Record<string, string>> = { L: 'l', mL: 'ml', N: 'newton', J: 'j', V: 'volt', W: 'watt', K: 'kelvin', A: 'ampere', C: 'coulomb', Pa: 'pa', kJ: 'kj', kW: 'kw', Hz: 'hz', kHz: 'khz', MHz: 'mhz', eV: 'ev' }; // biome-ignore format: one row
/** These say nothing of size. */
const DIMENSIONLESS = new Set(['unit', 'sq', 'square', 'cubic', 'cu']);

/** One spelling of a unit's name: known units as in the table, other words in lower case by their stem. */
export function unitName(word: string): string {
  if (Object.hasOwn(CASED, word)) return CASED[word]!;
  const lower = word.toLowerCase();
  if (isKnownUnit(lower)) return lower;
  const singular = [lower.replace(/s$/, ''), lower.replace(/es$/, '')].find(isKnownUnit);
  return singular ?? stemOf(lower);
}

/** The same for "apple" and "apples", "box" and "boxes", "berry" and "berries". */
function stemOf(word: string): string {
  return word.length < 4
    ? word
    : word
        .replace(/ies$/, 'y')
        .replace(/(?<!s)s$/, '')
        .replace(/e$/, '');
}

/** Whether the table knows a name as `unitName` writes it. */
export function isKnownUnit(name: string): boolean {
  return UNITS.has(name) || DIMENSIONLESS.has(name);
}

/** The unit of a name as `unitName` writes it; null for words without dimension, such as "units". */
export function unitOf(name: string): Unit | null {
  if (DIMENSIONLESS.has(name)) return null;
  return UNITS.get(name) ?? { dimension: `word:${name}`, factor: { n: 1n, d: 1n } };
}
