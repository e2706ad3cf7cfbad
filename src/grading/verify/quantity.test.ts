import { expect, it } from 'vitest';
import { exact } from './exact.ts';
import { parseAnswer } from './parser.ts';
import { quantityOf } from './quantity.ts';
import { isKnownUnit, unitName, unitOf } from './units.ts';

it.each([
  ['5', '5', {}, '1'],
  ['12 cm^2', '12', { length: 2 }, '1/10000'],
  ['60 km/h', '60', { length: 1, time: -1 }, '5/18'],
  ['25 mph', '25', { length: 1, time: -1 }, '1397/3125'],
  ['2 ft 6 in', '5/2', { length: 1 }, '381/1250'],
  ['50 \\text{ cents}', '50', { dollar: 1 }, '1/100'],
  ['8 \\text{ square feet}', '8', { length: 2 }, '145161/1562500'],
  ['10 \\text{ square units}', '10', {}, '1'],
])('%s', (text, value, dimensions, factor) => {
  const quantity = quantityOf(parseAnswer(text));
  const written = ({ n, d }: { n: bigint; d: bigint }): string => (d === 1n ? `${n}` : `${n}/${d}`);
  expect(written(exact(quantity.value)!)).toBe(value);
  expect(Object.fromEntries(quantity.dimensions)).toEqual(dimensions);
  expect(written(quantity.factor)).toBe(factor);
});

it('knows units by their names, and other words by their stem', () => {
  expect(['metres', 'Inches', 'cm', 'L'].map(unitName)).toEqual(['metre', 'inches', 'cm', 'l']);
  expect(unitName('boxes')).toBe(unitName('box'));
  expect(unitName('berries')).toBe(unitName('berry'));
  expect(isKnownUnit('apple')).toBe(false);
  expect(unitOf('apple')).toEqual({ dimension: 'word:apple', factor: { n: 1n, d: 1n } });
  expect(unitOf('unit')).toBeNull();
});
