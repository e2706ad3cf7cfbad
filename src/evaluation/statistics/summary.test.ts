import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { representatives } from './equivalence.ts';
import type { Graded } from './graded.ts';
import { type StageSamples, summarise } from './summary.ts';

const stream = () => Random.derive(1, 'bootstrap');

function graded(promptId: string, correct: number | null, more: Partial<Graded> = {}): Graded {
  return { promptId, correct, formatted: true, length: 10, finish: 'stop', answer: '1', text: '', ...more };
}

function stage(more: Partial<StageSamples>): StageSamples {
  return { name: 'zero', greedy: [], sampled: [], temperature: 0.6, topP: 0.95, maxTokens: 128, ...more };
}

describe('summarise', () => {
  it('measures a stage', () => {
    const right = { answer: '7' };
    const cut: Partial<Graded> = { finish: 'length', formatted: false, length: 128, answer: null };
    const report = summarise(
      stage({
        greedy: [graded('a', 1), graded('b', 0), graded('c', 1), graded('d', 1)],
        sampled: [
          [graded('a', 1, right), graded('a', 1, right), graded('a', 0), graded('a', 0, cut)],
          [graded('b', 0), graded('b', 0), graded('b', 1, right), graded('b', 0, cut)],
        ],
      }),
      stream(),
    );
    expect(report).toMatchObject({
      name: 'zero',
      greedy: 0.75,
      passAt1: 0.375,
      passAt4: 1,
      // a: 7 has two votes against one; b: 1 has two against one.
      consAt4: 0.5,
      measuredOn: 'sampled',
      formatRate: 0.75,
      meanLength: (6 * 10 + 2 * 128) / 8,
      truncationRate: 0.25,
      unscored: 0,
      problems: 2,
      samplesPerProblem: 4,
      temperature: 0.6,
      topP: 0.95,
      maxTokens: 128,
    });
    expect(report.lengthPercentiles).toMatchObject({ p10: 10, p50: 10, p90: 128, max: 128 });
    // Two problems at 0.25 and 0.5: the resampled means are 0.25, 0.375 and 0.5.
    expect(report.passAt1Interval).toEqual([0.25, 0.5]);
    expect(report.greedyInterval?.map((x) => x.toFixed(3))).toEqual(['0.301', '0.954']);
    expect(Object.keys(report)).not.toContain('passAt2');
  });

  it('reports pass@k at 1, 4, 16, 64 and the number of samples', () => {
    const sampled = [Array.from({ length: 20 }, (_, i) => graded('a', i === 0 ? 1 : 0))];
    const keys = Object.keys(summarise(stage({ sampled }), stream()));
    expect(keys.filter((key) => /^(pass|cons)At\d+$/.test(key))).toEqual([
      'passAt1',
      'passAt4',
      'passAt16',
      'passAt20',
      'consAt20',
    ]);
  });

  it('counts a sample that could not be scored as wrong, a problem without any scored sample not at all', () => {
    const sampled = [
      [graded('a', 1), graded('a', null)],
      [graded('b', null), graded('b', null)],
    ];
    const report = summarise(stage({ sampled, greedy: [graded('a', 1), graded('b', null)] }), stream());
    expect(report).toMatchObject({ passAt1: 0.5, passAt2: 1, unscored: 1, problems: 2, greedy: 1 });
  });

  it('has null accuracies when nothing could be scored', () => {
    const report = summarise(stage({ sampled: [[graded('a', null), graded('a', null)]] }), stream());
    expect(report).toMatchObject({
      greedy: null,
      greedyInterval: null,
      passAt1: null,
      passAt1Interval: null,
      passAt2: null,
      consAt2: null,
      unscored: 1,
    });
  });

  it('measures format and length on the greedy responses where none were sampled', () => {
    const greedy = [graded('a', 1, { length: 4 }), graded('b', 0, { length: 8, formatted: false })];
    const report = summarise(stage({ greedy }), stream());
    expect(report).toMatchObject({
      measuredOn: 'greedy',
      formatRate: 0.5,
      meanLength: 6,
      passAt1: null,
      problems: 2,
      samplesPerProblem: 0,
    });
    expect(report).not.toHaveProperty('passAt0');
  });

  it('counts equivalent answers as one once they are equal texts', async () => {
    const problem = [
      graded('a', 1, { answer: '0.5' }),
      graded('a', 1, { answer: '.5' }),
      graded('a', 0, { answer: '2' }),
      graded('a', 0, { answer: '2' }),
    ];
    const answers = await representatives(
      problem.map(({ answer }) => answer),
      (a, b) => Number(a) === Number(b),
    );
    const equal = problem.map((one, i) => ({ ...one, answer: answers[i]! }));
    expect(summarise(stage({ sampled: [problem] }), stream()).consAt4).toBe(0);
    expect(summarise(stage({ sampled: [equal] }), stream()).consAt4).toBe(0.5);
    expect(summarise(stage({ sampled: [equal] }), stream(), { votes: false }).consAt4).toBeNull();
  });

  it('survives a round trip through JSON, and repeats', () => {
    const sampled = [[graded('a', 1)], [graded('b', 0)]];
    const report = summarise(stage({ sampled }), stream());
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(summarise(stage({ sampled }), stream())).toEqual(report);
  });

  it('refuses no responses, and uneven numbers of samples', () => {
    expect(() => summarise(stage({}), stream())).toThrow('zero: no responses');
    const sampled = [[graded('a', 1)], [graded('b', 1), graded('b', 0)]];
    expect(() => summarise(stage({ sampled }), stream())).toThrow('different numbers of samples');
  });
});
