import { describe, expect, it } from 'vitest';
import { parseMetrics } from '../../run/metrics.ts';
import { ancestors, origin, trainingCost } from './training-cost.ts';

const stage = (name: string, config: Record<string, unknown>) => ({ stage: 'sft', name, config });
const recipe = {
  stages: [
    stage('Zero', { model: 'models/base' }),
    stage('traces', { model: '@Zero' }),
    stage('Dev', { model: 'models/base', data: [{ path: '@traces/data.jsonl' }] }),
    stage('judge', { model: '@Dev' }),
    stage('R1', { model: '@Dev', rewards: { helpful: { model: '@judge' } } }),
    stage('aside', { model: '@Zero' }),
  ],
};
const line = (name: string, step: number, more: Record<string, number | null>) =>
  `${JSON.stringify({ stage: name, step, ...more })}\n`;

describe('what checkpoints took', () => {
  it('follows references of references, each stage once', () => {
    expect(ancestors('@R1', recipe)).toEqual(['R1', 'Dev', 'traces', 'Zero', 'judge']);
    expect(ancestors('models/base', recipe)).toEqual([]);
    expect(ancestors('@gone', recipe)).toEqual(['gone']);
  });

  it('finds the weights that training began with', () => {
    expect(['@R1', '@judge', 'models/base', '@gone'].map((one) => origin(one, recipe))).toEqual([
      'models/base',
      'models/base',
      'models/base',
      '@gone',
    ]);
  });

  it('adds up the steps of those stages only', () => {
    const metrics = parseMetrics(
      [
        line('Zero', 1, { num_tokens: 100, seconds: 30 }),
        line('Zero', 2, { num_tokens: 50, seconds: 30 }),
        line('traces', 1, { num_tokens: 7, seconds: 60 }),
        line('Dev', 1, { num_tokens: 1000, seconds: null }),
        line('aside', 1, { num_tokens: 9999, seconds: 9999 }),
      ].join(''),
      'metrics.jsonl',
    );
    expect(trainingCost('@Dev', recipe, metrics)).toEqual({ tokens: 1157, minutes: 2 });
    expect(trainingCost('@Zero', recipe, metrics)).toEqual({ tokens: 150, minutes: 1 });
    expect(trainingCost('models/base', recipe, metrics)).toEqual({ tokens: 0, minutes: 0 });
  });
});
