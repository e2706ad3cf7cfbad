/** @file No answer that is nearly right is accepted: tests/verify/neighbours.ts; all of them in the long run. */
import { afterAll, describe, expect, it } from 'vitest';
import { LONG, runs, sampleOf } from '../../../tests/support/long.ts';
import { generated, KINDS, sentence } from '../../../tests/verify/kinds.ts';
import { type Neighbour, neighboursOf } from '../../../tests/verify/neighbours.ts';
import { cases, pairs } from '../../../tests/verify/pairs.ts';
import { Random } from '../../random.ts';
import { closeEngines, verifyMath } from './index.ts';

afterAll(closeEngines);

const LIMITS = { timeLimit: 1000 };

/** The neighbours that are accepted. */
async function accepted(neighbours: Iterable<Neighbour>, boxed = true): Promise<string[]> {
  const found: string[] = [];
  for (const { reference, answer, change } of neighbours) {
    const response = boxed ? `\\boxed{${answer}}` : answer;
    if ((await verifyMath(reference, response, LIMITS)) === true)
      found.push(`${change}: ${reference} → ${answer}`);
  }
  return found;
}

const references = [
  ...new Set(
    [...pairs, ...cases].filter(({ verdict }) => verdict !== null).map(({ reference }) => reference),
  ),
];
const changed = references.flatMap(neighboursOf);
/** Everything is tried with the change in the answer, and with the change in the reference. */
const turned = changed.map(({ reference, answer, change }) => ({
  reference: answer,
  answer: reference,
  change,
}));
const GENERATED = runs(1_000, 20_000);
const SENTENCES = runs(100, 2_000);

describe('answers that are nearly right', () => {
  it('are many, of every kind', () => {
    expect(changed.length + turned.length).toBeGreaterThan(10_000);
    expect(changed.length + turned.length + (LONG ? GENERATED + SENTENCES : 20_000)).toBeGreaterThan(30_000);
    const kinds = ['digit', 'sign', 'exponent', 'unit', 'order', 'bracket', 'relation', 'name'];
    expect([...new Set(changed.map(({ change }) => change))]).toEqual(expect.arrayContaining(kinds));
    expect(Object.keys(KINDS).length).toBeGreaterThan(40);
  });

  it('by one change are wrong', async () => {
    expect(await accepted(sampleOf(changed, 800))).toEqual([]);
    expect(await accepted(sampleOf(turned, 800))).toEqual([]);
  });

  it('by construction are wrong', async () => {
    expect(await accepted(generated(Random.derive(7, 'neighbours'), GENERATED))).toEqual([]);
  });

  it('in sentences are wrong', async () => {
    const random = Random.derive(7, 'sentences');
    const responses = Array.from({ length: SENTENCES }, () => sentence(random));
    expect(await accepted(responses, false)).toEqual([]);
  });
});
