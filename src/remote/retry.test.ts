import { describe, expect, it } from 'vitest';
import { pauseBefore, retryAfter } from './retry.ts';

describe('pauseBefore', () => {
  it('doubles, up to a minute, half of it by chance', () => {
    expect([0, 1, 2].map((attempt) => pauseBefore(attempt, 1000, () => 0))).toEqual([500, 1000, 2000]);
    expect(pauseBefore(1, 1000, () => 0.5)).toBe(1500);
    expect(pauseBefore(40, 1000, () => 1)).toBe(60_000);
  });
});

describe('retryAfter', () => {
  const now = new Date('2025-01-20T00:00:00Z');
  it.each([
    [null, null],
    ['', null],
    ['soon', null],
    ['-3', null],
    ['7', 7000],
    ['0.5', 500],
    ['Mon, 20 Jan 2025 00:00:09 GMT', 9000],
    ['Sun, 19 Jan 2025 00:00:00 GMT', 0],
  ])('reads %j as %j ms', (header, expected) => {
    expect(retryAfter(header, now)).toBe(expected);
  });
});
