import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import type { Graded } from './graded.ts';
import { compareMeasured, measure } from './measure.ts';

const stream = () => Random.derive(1, 'bootstrap');

/** A problem with these answers, graded against `right`. */
function problem(promptId: string, answers: readonly (string | null)[], right: string): Graded[] {
  return answers.map((answer) => ({
    promptId,
    correct: answer === right ? 1 : 0,
    formatted: answer !== null,
    length: 10,
    finish: answer === null ? 'length' : 'stop',
    answer,
    text: '',
  }));
}

describe('measure', () => {
  const problems = [problem('a', ['1', '1', '2', null], '1'), problem('b', ['3', '3', '4', '4'], '3')];

  it('gives pass@1, pass@k and the majority with intervals over problems', () => {
    const measures = measure(problems, stream(), { votes: true });
    expect(measures).toMatchObject({ problems: 2, samplesPerProblem: 4, unscored: 0, truncationRate: 1 / 8 });
    expect(measures.passAt1).toEqual({ value: 0.5, interval: [0.5, 0.5] });
    expect(measures.passAt).toEqual([{ k: 4, value: 1, interval: [1, 1] }]);
    // a: 1 has two of three votes; b: a tie of two answers counts half.
    expect(measures.consAt).toEqual({ k: 4, value: 0.75, interval: [0.5, 1] });
  });

  it('has no majority where answers do not vote, and none of one sample', () => {
    expect(measure(problems, stream(), { votes: false }).consAt).toBeNull();
    expect(measure([problem('a', ['1'], '1')], stream(), { votes: true })).toMatchObject({
      passAt: [],
      consAt: null,
    });
  });

  it('measures self-reflection where every response was looked at', () => {
    const reflection = { words: { wait: 1 }, attempts: 2, revision: 'to-right' } as const;
    const looked = problems.map((one) => one.map((response) => ({ ...response, reflection })));
    expect(measure(looked, stream(), { votes: true }).reflection).toMatchObject({
      words: 1,
      each: { wait: 1 },
      attempts: 2,
      toRight: 1,
    });
    expect(measure(problems, stream(), { votes: true }).reflection).toBeNull();
  });

  it('leaves out what could not be scored, and says how much', () => {
    const unscored = problem('c', ['1', '1', '1', '1'], '1').map((one) => ({ ...one, correct: null }));
    expect(measure([...problems, unscored], stream(), { votes: true })).toMatchObject({
      passAt1: { value: 0.5 },
      unscored: 1,
      problems: 3,
    });
    expect(measure([unscored], stream(), { votes: true })).toMatchObject({
      passAt1: null,
      passAt: [],
      consAt: null,
    });
  });

  it('refuses problems with different numbers of responses', () => {
    expect(() => measure([...problems, problem('c', ['1'], '1')], stream(), { votes: true })).toThrow(
      /different/,
    );
    expect(() => measure([], stream(), { votes: true })).toThrow(/no responses/);
  });
});

describe('compareMeasured', () => {
  const before = Array.from({ length: 12 }, (_, i) => problem(`p${i}`, ['1', '2', '2', '3'], '1'));
  const after = Array.from({ length: 12 }, (_, i) => problem(`p${i + 2}`, ['1', '1', '1', '3'], '1'));

  it('pairs the problems both have', () => {
    const compared = compareMeasured(before, after, stream(), { votes: true })!;
    expect(compared.passAt1).toMatchObject({ difference: 0.5, problems: 10, interval: [0.5, 0.5] });
    // All ten signs the same: 2 of 1,024 flips are as large.
    expect(compared.passAt1.pValue).toBeCloseTo(2 / 1024, 12);
    expect(compared.consAt?.difference).toBe(1);
    expect(compareMeasured(before, after, stream(), { votes: false })?.consAt).toBeNull();
  });

  it('says when there is nothing to compare', () => {
    expect(compareMeasured(before.slice(0, 1), after, stream(), { votes: true })).toBeNull();
  });
});
