import { afterAll, describe, expect, it } from 'vitest';
import { cases, pairs } from '../../../tests/verify/pairs.ts';
import { closeEngines, verifyChoice, verifyFast, verifyMath } from './index.ts';

afterAll(closeEngines);

describe('the pairs of tests/verify/pairs.jsonl', () => {
  it('are many, of every verdict, and none is there twice', () => {
    const count = (verdict: boolean | null) => pairs.filter((pair) => pair.verdict === verdict).length;
    expect(pairs.length).toBeGreaterThanOrEqual(300);
    expect(count(true)).toBeGreaterThanOrEqual(120);
    expect(count(false)).toBeGreaterThanOrEqual(120);
    expect(count(null)).toBeGreaterThanOrEqual(15);
    const keys = pairs.map(({ reference, response }) => `${reference}\u0000${response}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it.each(pairs)('$reference against $response is $verdict', async ({ reference, response, verdict }) => {
    expect(await verifyMath(reference, response)).toBe(verdict);
  });

  it('are right against themselves wherever they can be read', async () => {
    const references = [...new Set(pairs.map(({ reference }) => reference))];
    for (const reference of references) {
      const verdict = await verifyMath(reference, `\\boxed{${reference}}`);
      const readable = pairs.some((pair) => pair.reference === reference && pair.verdict !== null);
      // A worked solution is no answer that goes into a box.
      if (readable && !/boxed|####/.test(reference)) expect([reference, verdict]).toEqual([reference, true]);
      if (!readable) expect([reference, verdict]).toEqual([reference, null]);
    }
  });

  it('need the engine for few', () => {
    const slow = pairs.filter(
      ({ reference, response }) => verifyFast(reference, response).verdict === undefined,
    );
    expect(slow.length).toBeLessThan(pairs.length / 20);
  });
});

it.each(cases)(
  '$note: $reference against $response is $verdict',
  async ({ reference, response, verdict }) => {
    expect(await verifyMath(reference, response)).toBe(verdict);
  },
);

describe('a thought that never closed', () => {
  it.each(['<think> The answer is 5.', 'Well <think> so \\boxed{5}', '<think>a</think> <think> so 5'])(
    'has no answer: %j',
    async (response) => {
      expect(verifyFast('5', response)).toEqual({ verdict: false });
      expect(await verifyMath('5', response)).toBe(false);
      expect(verifyChoice('B', response.replace('5', '(B)'))).toBe(false);
    },
  );
});

describe('verifyChoice', () => {
  it.each([
    ['B', 'The answer is (B).', true],
    ['(B)', 'b)', false],
    ['B', 'B', true],
    ['B', '(A) is tempting, but (B)', true],
    ['B', 'Neither.', false],
    ['12', 'B', null],
  ])('%j against %j is %j', (reference, response, verdict) => {
    expect(verifyChoice(reference, response)).toBe(verdict);
  });
});
