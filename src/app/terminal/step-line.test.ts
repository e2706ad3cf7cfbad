import { describe, expect, it } from 'vitest';
import { decimal, fitLine, formatDuration, stepFields } from './step-line.ts';

const rl = {
  step: 12,
  reward: 0.734,
  'rewards/accuracy/mean': 0.41,
  'rewards/format/mean': 0.98,
  'completions/mean_length': 43.9,
  'completions/clipped_ratio': 0,
  frac_reward_zero_std: 0.06,
  loss: 0,
  tokens_per_second: 9120.4,
  seconds: 1.9,
};

describe('stepFields', () => {
  it('shows reward, not loss, for reinforcement learning', () => {
    expect(stepFields(rl).map((field) => field.text)).toEqual([
      'reward 0.734',
      'accuracy 41%',
      'length 44',
      'format 98%',
      'tok/s 9,120',
    ]);
  });

  it('shows how often responses doubt and try again, where some do, in place of the reward', () => {
    const texts = (metrics: object) => stepFields({ ...rl, ...metrics }).map((field) => field.text);
    const doubting = { 'reflection/wait': 2.04, 'reflection/attempts': 3.1 };
    expect(texts(doubting).slice(0, 4)).toEqual(['accuracy 41%', 'length 44', 'wait 2.0', 'attempts 3.1']);
    expect(texts({ 'reflection/wait': 0.01, 'reflection/attempts': 1.01 })).toEqual(texts({}));
    const { 'rewards/accuracy/mean': _, ...unjudged } = rl;
    expect(stepFields({ ...unjudged, ...doubting })[0]?.text).toBe('reward 0.734');
  });

  it('shows the loss elsewhere', () => {
    const report = { step: 3, loss: 1.2345, grad_norm: 0.8, tokens_per_second: 15_000 };
    expect(stepFields(report).map((field) => field.text)).toEqual(['loss 1.23', 'tok/s 15,000']);
  });

  it('shows what a validation measured: accuracy, else reward', () => {
    const texts = (metrics: object) => stepFields({ ...rl, ...metrics }).map((field) => field.text);
    expect(texts({ 'validation/accuracy': 0.5, 'validation/reward': 1.2 })).toContain('validation 50%');
    expect(texts({ 'validation/accuracy': 0.5, 'validation/reward': 1.2 })).not.toContain('validation 1.20');
    expect(texts({ 'validation/reward': 1.2 })).toContain('validation 1.20');
  });

  it('falls back to the metrics it is given', () => {
    const report = { step: 3, seconds: 1, kept: 12, dropped: 0, 'judge/agreement': 0.5, more: 1 };
    expect(stepFields(report).map((field) => field.text)).toEqual([
      'kept 12.00',
      'dropped 0.000',
      'judge/agreement 0.500',
    ]);
    expect(stepFields({ step: 3 })).toEqual([]);
  });

  it('says so when a figure is not finite', () => {
    expect(stepFields({ step: 1, loss: Number.NaN })[0]?.text).toBe('loss NaN');
    const report = { step: 1, reward: 1, 'rewards/accuracy/mean': Number.NaN };
    expect(stepFields(report)[1]?.text).toBe('accuracy NaN');
  });
});

describe('fitLine', () => {
  it('drops the highest ranks first and keeps the order', () => {
    const fields = stepFields(rl);
    expect(fitLine('12/90', fields, 80)).toBe(
      '12/90  reward 0.734  accuracy 41%  length 44  format 98%  tok/s 9,120',
    );
    expect(fitLine('12/90', fields, 60)).toBe('12/90  reward 0.734  accuracy 41%  length 44  format 98%');
    expect(fitLine('12/90', fields, 20)).toBe('12/90  reward 0.734');
    expect(fitLine('12/90', fields, 3)).toBe('12/90');
  });
});

describe('formatDuration', () => {
  it.each([
    [0.4, '0s'],
    [8, '8s'],
    [59.6, '1m 00s'],
    [125, '2m 05s'],
    [3599.7, '1h 00m'],
    [3 * 3600 + 7 * 60, '3h 07m'],
    [86_399, '1d 00h'],
    [2 * 86_400 + 4 * 3600, '2d 04h'],
    [-3, '0s'],
  ])('%d s is %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

describe('decimal', () => {
  it.each([
    [0, '0.000'],
    [0.734, '0.734'],
    [-0.5, '-0.500'],
    [12.345, '12.35'],
    [0.0001, '1.0e-4'],
    [2.5e6, '2.5e+6'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ])('%d is %s', (value, text) => {
    expect(decimal(value)).toBe(text);
  });
});
