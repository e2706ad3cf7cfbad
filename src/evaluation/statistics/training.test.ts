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
