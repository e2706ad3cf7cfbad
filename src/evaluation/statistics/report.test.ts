import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { compareStages } from './paired.ts';
import { buildReport, processor } from './report.ts';
import { summarise } from './summary.ts';

const facts = {
  recipe: 'r1-zero-tiny',
  seed: 1,
  date: new Date(Date.UTC(2025, 0, 20, 9, 30)),
  hardware: { cpu: 'x86', cores: 2, device: 'cpu', torch: '1.13.1' },
  seconds: 171.3,
};

function stage(name: string, correct: number) {
  const response = {
    promptId: 'a',
    formatted: true,
    length: 5,
    finish: 'stop' as const,
    answer: '1',
    text: '1',
  };
  const graded = { ...response, correct };
  return { name, greedy: [graded], sampled: [[graded]], temperature: 1, topP: 1, maxTokens: 8 };
}

describe('buildReport', () => {
  it('holds the contract keys, base first', () => {
    const [base, zero] = [stage('base', 0), stage('zero', 1)];
    const random = Random.derive(1, 'bootstrap');
    const report = buildReport(
      facts,
      [summarise(base, random), summarise(zero, random)],
      [compareStages(base, zero, random)],
    );
    const read = JSON.parse(JSON.stringify(report));
    expect(read).toEqual(report);
    expect(read.stages.map((s: { name: string }) => s.name)).toEqual(['base', 'zero']);
    expect(read.stages[1]).toMatchObject({ greedy: 1, passAt1: 1, passAt1Interval: [1, 1], meanLength: 5 });
    expect(read).toMatchObject({ recipe: 'r1-zero-tiny', date: '2025-01-20T09:30:00.000Z', seconds: 171.3 });
    expect(read.comparisons[0].passAt1).toMatchObject({ difference: 1, problems: 1 });
  });

  it('names a figure that JSON could not hold', () => {
    const broken = { ...summarise(stage('base', 1), Random.derive(1, 'b')), meanLength: Number.NaN };
    expect(() => buildReport(facts, [broken])).toThrow('report.stages.0.meanLength is NaN');
  });
});

describe('processor', () => {
  it('names this machine', () => {
    expect(processor().cpu).not.toBe('');
    expect(processor().cores).toBeGreaterThanOrEqual(1);
  });
});
