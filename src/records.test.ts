import { describe, expect, it } from 'vitest';
import { columnOf, freezeJson } from './records.ts';

describe('columnOf', () => {
  const columns = { answer: null, 'a.b': 1, a: { b: 2, c: { d: 3 } }, list: [4] };

  it.each([
    ['answer', null],
    ['a.b', 1],
    ['a.c.d', 3],
    ['a.c.e', undefined],
    ['list.0', undefined],
    ['none', undefined],
    ['toString', undefined],
    ['a.constructor', undefined],
  ])('gives %s', (name, value) => {
    expect(columnOf(columns, name)).toEqual(value);
  });
});

describe('freezeJson', () => {
  it('freezes the value in place, and all in it', () => {
    const row = { nums: [1, { deep: ['x'] }], text: 'y' };
    expect(freezeJson(row)).toBe(row);
    expect(() => row.nums.push(2)).toThrow(TypeError);
    expect(() => (row.nums[1] as { deep: string[] }).deep.push('z')).toThrow(TypeError);
    expect(() => Object.assign(row, { text: 'z' })).toThrow(TypeError);
  });
});
