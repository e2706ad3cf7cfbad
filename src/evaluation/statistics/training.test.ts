import { describe, expect, it } from 'vitest';
import { trainingReport, trainingTable } from './index.ts';

const step = {
  seconds: 60,
  'seconds/rollout': 30,
  'seconds/reward': 1,
  'seconds/update': 24,
  'memory/models_bytes': 20e6,
  'memory/critic_bytes': 8e6,
  'memory/resident_bytes': 300e6,
};

describe('trainingReport', () => {
  it('adds up time and takes the most memory', () => {
    expect(trainingReport('PPO', [step, { ...step, 'memory/resident_bytes': 400e6 }])).toEqual({
      name: 'PPO',
      steps: 2,
      seconds: 120,
      secondsRollout: 60,
      secondsReward: 2,
      secondsUpdate: 48,
      modelBytes: 20e6,
      criticBytes: 8e6,
      peakResidentBytes: 400e6,
    });
    const onGpu = trainingReport('PPO', [{ ...step, 'memory/cuda_peak_bytes': 5e9 }]);
    expect(onGpu!.peakCudaBytes).toBe(5e9);
  });

  it('tells how the accuracy of validations went, one before the first step included', () => {
    const lines: Record<string, number>[] = [
      { step: 0, 'validation/accuracy': 0.25, 'validation/reward': 1 },
      { step: 1, ...step },
      { step: 2, ...step, 'validation/accuracy': 0.75, 'validation/reward': 2 },
      { step: 3, ...step, 'validation/accuracy': 0.5, 'validation/reward': 3 },
    ];
    const report = trainingReport('zero', lines)!;
    expect(report.steps).toBe(3);
    expect(report.validation).toEqual({
      metric: 'validation/accuracy',
      first: 0.25,
      last: 0.5,
      best: 0.75,
      bestStep: 2,
    });
    expect(trainingTable([report])).toMatchInlineSnapshot(`
      "training  steps  minutes  rollout  update  models MB  critic MB  peak MB  validation  first   last   best  at step
      zero          3      3.0      1.5     1.2       20.0        8.0    300.0    accuracy  0.250  0.500  0.750        2"
    `);
  });

  it('is none of a stage without rollouts, or without steps', () => {
    expect(trainingReport('sft', [{ loss: 1, seconds: 2 }])).toBeNull();
    expect(trainingReport('new', [])).toBeNull();
  });
});

describe('trainingTable', () => {
  it('has a row a stage', () => {
    const { 'memory/critic_bytes': _, ...without } = step;
    const stages = [trainingReport('GRPO', [without])!, trainingReport('PPO', [step, step])!];
    expect(trainingTable(stages)).toMatchInlineSnapshot(`
      "training  steps  minutes  rollout  update  models MB  critic MB  peak MB
      GRPO          1      1.0      0.5     0.4       20.0        0.0    300.0
      PPO           2      2.0      1.0     0.8       20.0        8.0    300.0"
    `);
  });
});
