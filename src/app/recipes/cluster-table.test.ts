import { describe, expect, it } from 'vitest';
import { type Assumptions, assumptionsSchema } from './assumptions.ts';
import { clusterTable, gpuHours, operations } from './cluster-table.ts';
import type { StageEstimate } from './estimate-table.ts';

const cluster = {
  gpu: 'H800',
  count: 10,
  trainingFlops: 1e12,
  samplingFlops: 5e11,
  tokensPerSecond: 100,
};

describe('gpuHours', () => {
  it('takes 6 N operations a trained token, 2 N a token read, at the rate of training', () => {
    expect(operations({ active: 1e9, trained: 3, read: 5, sampled: 7 })).toBe(1e9 * (18 + 10 + 14));
    // 6 · 1e9 · 6e5 = 3.6e15 operations, an hour at 1e12 a second.
    expect(gpuHours({ active: 1e9, trained: 6e5 }, cluster)).toBeCloseTo(1, 9);
    expect(gpuHours({ active: 1e9, read: 1.8e6 }, cluster)).toBeCloseTo(1, 9);
    // 2 · 1e9 · 9e5 = 1.8e15, an hour at the rate of sampling.
    expect(gpuHours({ active: 1e9, sampled: 9e5 }, cluster)).toBeCloseTo(1, 9);
  });

  it('makes all GPUs wait for the longest response of a rollout, where that takes longer than its tokens', () => {
    const sampled = { active: 1e9, sampled: 9e5 };
    // 36 rollouts of 100 seconds on 10 GPUs.
    const waits = gpuHours({ ...sampled, rollouts: { count: 36, longest: 10_000 } }, cluster);
    expect(waits).toBeCloseTo(10, 9);
    const busy = gpuHours({ ...sampled, rollouts: { count: 36, longest: 10 } }, cluster);
    expect(busy).toBeCloseTo(1, 9);
  });
});

describe('clusterTable', () => {
  const rows: StageEstimate[] = [
    {
      name: 'Zero',
      stage: 'rl',
      estimate: { parameters: 2e9, bytes: 2 ** 40, work: { active: 1e9, trained: 6e8 } },
    },
    { name: 'Data', stage: 'sft', estimate: { basis: 'can be told once Zero has run' } },
  ];
  const assume: Assumptions = assumptionsSchema.parse({
    cluster: { ...cluster, dollarsPerHour: 2 },
    published: [{ what: 'Zero', stages: ['Zero'], gpuHours: 1500 }],
  });

  it('has a row a stage, and what was published beside the sum of its stages', () => {
    const lines = clusterTable(rows, assume, assume.cluster!).split('\n');
    expect(lines[1]).toMatch(/^Zero +rl +2B +1B +600M +1\.0 TiB +102\.4 GiB +3\.6e18 +1K$/);
    expect(lines[2]).toMatch(/^Data +sft +can be told once Zero has run$/);
    expect(lines.slice(4, 8)).toEqual([
      'GPU-hours      estimate  published  stages',
      'Zero                 1K       1.5K  Zero',
      'total                1K       1.5K',
      'at $2 an hour       $2K        $3K',
    ]);
    expect(lines[9]).toContain('On 10 H800: 1 TFLOP/s a GPU in training');
  });
});
