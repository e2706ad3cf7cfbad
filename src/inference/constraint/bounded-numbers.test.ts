import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../../tests/support/long.ts';
import { Automaton } from './automaton.ts';
import { boundedNumber, isStepPossible, UNITS } from './bounded-numbers.ts';
import { inUnits, nextDown, nextUp } from './decimals.ts';
import { accepts } from './testing.ts';

/** Whether a text is a number within bounds, by exact arithmetic. */
function isWithin(text: string, least: bigint, most: bigint, step: bigint, places: number): boolean {
  const [whole, fraction = ''] = text.replace('-', '').split('.') as [string, string?];
  if (fraction.length > places) return false;
  const units = BigInt(whole + fraction.padEnd(places, '0')) * (text.startsWith('-') ? -1n : 1n);
  return units >= least && units <= most && units % step === 0n;
}

describe('boundedNumber', () => {
  it('takes integers between bounds, of a step', () => {
    const bound = fc.bigInt({ min: -2_000n, max: 2_000n });
    fc.assert(
      fc.property(bound, bound, fc.bigInt({ min: 1n, max: 13n }), (a, b, step) => {
        const [least, most] = a < b ? [a, b] : [b, a];
        const item = boundedNumber({ isInteger: true, least, most, step });
        const grammar = item && new Automaton([item]);
        for (let value = least - 15n; value <= most + 15n; value += 1n + (most - least) / 90n) {
          const isTaken = grammar !== null && accepts(grammar, String(value));
          expect(isTaken, `${value}`).toBe(isWithin(String(value), least, most, step, 0));
        }
      }),
      { numRuns: runs(30, 600) },
    );
  });

  it('takes decimals between bounds, of a step', () => {
    const number = fc.double({ noNaN: true, min: -1_000, max: 1_000 });
    const decimal = fc
      .tuple(fc.boolean(), fc.nat({ max: 1_000 }), fc.nat({ max: 10_000 }), fc.nat({ max: 5 }))
      .map(([isNegative, whole, part, places]) => {
        const size =
          places === 0 ? `${whole}` : `${whole}.${String(part).padStart(places, '0').slice(0, places)}`;
        return isNegative && Number(size) !== 0 ? `-${size}` : size;
      });
    const steps = fc.constantFrom(1, 0.5, 0.01, 0.3, 2.5);
    fc.assert(
      fc.property(number, number, steps, fc.array(decimal, { maxLength: 8 }), (a, b, of, texts) => {
        const least = -inUnits(-Math.min(a, b), 24).floor;
        const most = inUnits(Math.max(a, b), 24).floor;
        const step = inUnits(of, 24).floor;
        const item = boundedNumber({ isInteger: false, least, most, step });
        const grammar = item && new Automaton([item]);
        for (const text of texts) {
          const isTaken = grammar !== null && accepts(grammar, text);
          expect(isTaken, text).toBe(isWithin(text, least, most, step, 24));
        }
      }),
      { numRuns: runs(60, 3_000) },
    );
  });

  it('takes numbers as JSON writes them, without an exponent', () => {
    const item = boundedNumber({ isInteger: false, least: 0n, most: null, step: null })!;
    const grammar = new Automaton([item]);
    for (const text of ['0', '0.0', '12', '999999999999999999999', '0.000000000000000000000001']) {
      expect(accepts(grammar, text), text).toBe(true);
    }
    for (const text of ['-0', '-1', '1e2', '01', '1.', '.5', '', '+1', '1000000000000000000000']) {
      expect(accepts(grammar, text), text).toBe(false);
    }
  });

  it('has no number between bounds that exclude all', () => {
    expect(boundedNumber({ isInteger: true, least: 5n, most: 4n, step: null })).toBeNull();
    expect(boundedNumber({ isInteger: true, least: 8n, most: 13n, step: 7n })).toBeNull();
    expect(boundedNumber({ isInteger: true, least: 10n ** 30n, most: null, step: null })).toBeNull();
  });

  it('holds to steps of few remainders', () => {
    expect([isStepPossible(7n, true), isStepPossible(99_991n, true)]).toEqual([true, false]);
    expect([isStepPossible(UNITS / 100n, false), isStepPossible(UNITS + 1n, false)]).toEqual([true, false]);
  });
});

describe('numbers of a schema', () => {
  it.each([
    [1.5, 1, 15n, true],
    [-1.25, 1, -13n, false],
    [1e21, 0, 10n ** 21n, true],
    [1e-7, 3, 0n, false],
    [-1e-7, 3, -1n, false],
    [0, 4, 0n, true],
  ])('%d in units of 10^-%d', (value, places, floor, isExact) => {
    expect(inUnits(value, places)).toEqual({ floor, isExact });
  });

  it('have neighbours', () => {
    expect([nextUp(0), nextDown(0), nextUp(1), nextDown(1)]).toEqual([
      Number.MIN_VALUE,
      -Number.MIN_VALUE,
      1 + Number.EPSILON,
      1 - Number.EPSILON / 2,
    ]);
    expect(nextUp(nextDown(-123.25))).toBe(-123.25);
  });
});
