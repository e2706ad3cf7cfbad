import { expect, it } from 'vitest';
import { completionOf } from '../../tests/support/completion.ts';
import type { Scored } from '../records.ts';
import { describe as describeScored } from './validation.ts';
import { rightRewards, validationMetrics } from './validation-metrics.ts';

const scored = (reward: number | null, parts: Scored['parts'], length = 2, cut = false): Scored => ({
  completion: completionOf('x', { length, finish: cut ? 'length' : 'stop' }),
  reward,
  parts,
});

it('measures accuracy by the first reward that can say what is right, and means of what was scored', () => {
  const found = describeScored(
    [
      scored(2, { accuracy: 1, task: 0, format: 1 }, 4),
      scored(0.5, { accuracy: null, task: 0.5, format: 0 }, 2),
      scored(1, { accuracy: null, task: 1, format: null }, 1),
      scored(null, { accuracy: null, task: null, format: null }, 5, true),
    ],
    ['accuracy', 'task'],
  );
  expect(found).toEqual({
    'validation/accuracy': 2 / 3,
    'validation/reward': 3.5 / 3,
    'validation/rewards/accuracy/mean': 1,
    'validation/rewards/task/mean': 0.5,
    'validation/rewards/format/mean': 0.5,
    'validation/length': 3,
    'validation/clipped_ratio': 0.25,
    'validation/unscored_ratio': 0.25,
  });
});

it('leaves out the means of what could score nothing', () => {
  const found = describeScored([scored(null, { accuracy: null })], ['accuracy']);
  expect(Object.keys(found)).toEqual([
    'validation/length',
    'validation/clipped_ratio',
    'validation/unscored_ratio',
  ]);
});

it('names every metric it may report', () => {
  const rewards = { accuracy: {}, format: {} } as unknown as Parameters<typeof validationMetrics>[0];
  const found = describeScored([scored(1, { accuracy: 1, format: 0 })], rightRewards(rewards));
  expect([...validationMetrics(rewards).keys()].sort()).toEqual(Object.keys(found).sort());
});
