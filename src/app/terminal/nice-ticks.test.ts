import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { niceTicks, ticksMatching } from './nice-ticks.ts';

describe('niceTicks', () => {
  it.each([
    [0, 1, ['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']],
    [0.16, 0.71, ['0.0', '0.2', '0.4', '0.6', '0.8']],
    [1, 90, ['0', '20', '40', '60', '80', '100']],
    [0, 12_000, ['0', '2500', '5000', '7500', '10,000', '12,500']],
    [-0.3, 0.1, ['-0.3', '-0.2', '-0.1', '0.0', '0.1']],
    [0, 4e-7, ['0e+0', '1e-7', '2e-7', '3e-7', '4e-7']],
  ])('covers %d to %d', (low, high, labels) => {
    expect(niceTicks(low, high).labels).toEqual(labels);
  });

  it('gives a flat series some room', () => {
    const { values } = niceTicks(3, 3);
    expect(values[0]).toBeLessThan(3);
    expect(values.at(-1)).toBeGreaterThan(3);
    expect(niceTicks(0, 0).values.length).toBeGreaterThan(1);
  });
});

describe('hostile ranges', () => {
  it.each([
    [-5e-324, 5e-324],
    [0, 5e-324],
    [-Number.MAX_VALUE, Number.MAX_VALUE],
    [1e12, 1e12 + 1e-4],
    [-1e300, 0],
    [Number.MAX_VALUE, Number.MAX_VALUE],
  ])('ends for %d to %d', (low, high) => {
    for (const { values } of [niceTicks(low, high), ticksMatching(low, high, 5)]) {
      expect(values.length).toBeGreaterThan(1);
      expect(values.every(Number.isFinite)).toBe(true);
    }
  });
});

const range = fc
  .tuple(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.double({ min: 1e-6, max: 1e9, noNaN: true }))
  .map(([low, size]) => [low, low + Math.max(size, Math.abs(low) * 1e-6)] as const);

describe('every axis', () => {
  it('covers its range with few, increasing, distinctly labelled ticks', () => {
    fc.assert(
      fc.property(range, ([low, high]) => {
        const { values, labels } = niceTicks(low, high);
        const slack = (high - low) * 1e-6;
        expect(values[0]).toBeLessThanOrEqual(low + slack);
        expect(values.at(-1)).toBeGreaterThanOrEqual(high - slack);
        expect(values.length).toBeGreaterThanOrEqual(2);
        expect(values.length).toBeLessThanOrEqual(8);
        expect(new Set(labels).size).toBe(values.length);
      }),
    );
  });

  it('can be made to share the gridlines of another', () => {
    fc.assert(
      fc.property(range, fc.integer({ min: 2, max: 8 }), ([low, high], count) => {
        const { values } = ticksMatching(low, high, count);
        const slack = (high - low) * 1e-6;
        expect(values).toHaveLength(count + 1);
        expect(values[0]).toBeLessThanOrEqual(low + slack);
        expect(values.at(-1)).toBeGreaterThanOrEqual(high - slack);
      }),
    );
    expect(ticksMatching(9, 44, 5).labels).toEqual(['0', '10', '20', '30', '40', '50']);
  });
});
