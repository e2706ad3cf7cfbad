import { describe, expect, it } from 'vitest';
import { stageCharts, thin } from './charts.ts';

describe('thin', () => {
  it('keeps up to 300 points, and takes means of more', () => {
    const points = Array.from({ length: 301 }, (_, i) => [i + 1, i % 2] as const);
    expect(thin(points.slice(0, 300))).toEqual(points.slice(0, 300));
    const few = thin(points);
    expect(few).toHaveLength(151);
    expect(few.slice(0, 2)).toEqual([
      [2, 0.5],
      [4, 0.5],
    ]);
    expect(few.at(-1)).toEqual([301, 0]);
  });

  it('leaves out what is not finite', () => {
    const points = Array.from({ length: 600 }, (_, i) => [i, i % 2 === 0 ? Number.NaN : 3] as const);
    expect(thin(points)[0]).toEqual([1, 3]);
  });
});

describe('stageCharts', () => {
  const titles = (steps: Parameters<typeof stageCharts>[1]) =>
    stageCharts('a <b>', steps).map(({ text }) => /<title>(.*)<\/title>/.exec(text)?.[1]);

  it('draws what a stage recorded', () => {
    const loss = [1, 2].map((step) => ({ step, loss: 1 / step, mean_token_accuracy: 0.5 }));
    expect(titles(loss)).toEqual(['a &#60;b&#62;: loss']);
    const rl = [1, 2].map((step) => ({
      step,
      reward: 1,
      'rewards/harmless/mean': 0,
      'completions/mean_length': 3,
    }));
    expect(titles(rl)).toEqual(['a &#60;b&#62;: reward models', 'a &#60;b&#62;: response length']);
    const validated = [0, 1, 2].map((step) => ({
      step,
      ...(step > 0 && { reward: 1 }),
      'validation/accuracy': step / 2,
    }));
    expect(titles(validated)).toContain('a &#60;b&#62;: validation');
    expect(titles([1, 2].map((step) => ({ step, kept_share: 1 })))).toEqual([]);
    expect(titles(loss.slice(0, 1))).toEqual([]);
  });
});
