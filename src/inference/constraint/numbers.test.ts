import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../../tests/support/long.ts';
import { Automaton } from './automaton.ts';
import { INTEGER, NUMBER } from './numbers.ts';
import { accepts } from './testing.ts';

const number = new Automaton([NUMBER]);
const integer = new Automaton([INTEGER]);

describe('NUMBER', () => {
  it('takes what JSON.stringify writes below 1e308', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -9.9e307, max: 9.9e307 }), (value) => {
        expect(accepts(number, JSON.stringify(value)), String(value)).toBe(true);
      }),
      { numRuns: runs(1_000, 20_000) },
    );
  });

  it('takes no number that is infinite', () => {
    expect(accepts(number, '9e307')).toBe(true);
    expect(accepts(number, '9e308')).toBe(false);
    expect(accepts(number, '99e307')).toBe(false);
    expect(accepts(number, `${'9'.repeat(21)}E+287`)).toBe(true);
    expect(accepts(number, `${'9'.repeat(21)}E+288`)).toBe(false);
    expect(accepts(number, '1e-999')).toBe(true);
  });

  it('bounds the digits', () => {
    expect(accepts(number, '1'.repeat(21))).toBe(true);
    expect(accepts(number, '1'.repeat(22))).toBe(false);
    expect(accepts(number, `0.${'1'.repeat(24)}`)).toBe(true);
    expect(accepts(number, `0.${'1'.repeat(25)}`)).toBe(false);
    expect(accepts(number, '1e0001')).toBe(false);
  });

  it.each(['', '-', '01', '-01', '.5', '1.', '1e', '1e+', '+1', '1.e5', '--1', '1e5.5', '0x1'])(
    'refuses %j',
    (text) => {
      expect(accepts(number, text)).toBe(false);
    },
  );

  it('is complete while more may follow', () => {
    const state = number.start().advance(Buffer.from('12'))!;
    expect([state.complete, state.finished, state.endLength]).toEqual([true, false, 0]);
    expect(Buffer.from(number.start().advance(Buffer.from('-1.5e'))!.shortestEnd()).toString()).toBe('0');
  });
});

describe('INTEGER', () => {
  it('takes digits only', () => {
    for (const text of ['0', '-0', '7', '-12', '100000000000000000000'])
      expect(accepts(integer, text)).toBe(true);
    for (const text of ['1.0', '1e3', '00', '-', '1E0']) expect(accepts(integer, text)).toBe(false);
  });
});
