import { describe, expect, it } from 'vitest';
import { rlSchema } from './config.ts';
import { withServerDefaults } from './run.ts';

const settings = {
  stage: 'rl',
  name: 'rl',
  model: 'unread',
  prompts: [{ task: 'chain' }],
  rewards: { accuracy: {}, format: {} },
  steps: 10,
  optimizer: { peak: 1e-4 },
};
const validate = { prompts: [{ task: 'chain' }] };

const problems = (changes: object) =>
  rlSchema
    .safeParse({ ...settings, ...changes })
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe('validate, keep and stop', () => {
  it('have defaults', () => {
    const parsed = rlSchema.parse({ ...settings, validate, keep: {}, stop: { patience: 3 } });
    expect(parsed.validate).toMatchObject({ every: 20, problems: 64, samples: 1, problemSeed: 0 });
    expect(parsed.validate!.sampling).toEqual({ temperature: 0.6, topP: 0.95, topK: 0 });
    expect(parsed.keep).toEqual({ last: 0, best: 1, metric: 'validation/reward', artifact: 'last' });
    expect(parsed.stop).toEqual({ patience: 3, metric: 'validation/reward', minDelta: 0 });
  });

  it.each([
    [
      { validate, keep: { metric: 'validation/acuracy' } },
      'keep.metric: no validation measures this; did you mean "validation/accuracy"?',
    ],
    [
      { validate, stop: { patience: 2, metric: 'validation/rewards/fromat/mean' } },
      'stop.metric: no validation measures this; did you mean "validation/rewards/format/mean"?',
    ],
    [
      { validate, keep: { metric: 'validation/rewards/length/mean' } },
      'keep.metric: no validation measures this; did you mean "validation/rewards/format/mean"?',
    ],
    [
      { validate, rewards: { format: {} }, keep: { metric: 'validation/accuracy' } },
      'keep.metric: no validation measures this; did you mean "validation/reward"?',
    ],
    [
      { validate, keep: { metric: 'validation/length' } },
      'keep.better: say which way "validation/length" is better: "higher" or "lower"',
    ],
    [{ keep: {} }, 'keep.best: the best are found by validations: add `validate`, or set best to 0'],
    [{ stop: { patience: 2 } }, 'stop: an early stop reads validations: add `validate`'],
    [
      { validate, keep: { best: 0, artifact: 'best' } },
      'keep.artifact: "best" needs a checkpoint that is kept: set keep.best to 1',
    ],
  ])('%j is refused by name', (changes, problem) => {
    expect(problems(changes)).toContain(problem);
  });

  it.each([
    { keep: { last: 2, best: 0 } },
    { validate, keep: { metric: 'validation/length', better: 'lower' } },
    { validate, keep: { metric: 'validation/accuracy', artifact: 'best' }, stop: { patience: 1 } },
    { validate, keep: { metric: 'validation/rewards/format/mean' } },
  ])('%j is sound', (changes) => {
    expect(problems(changes)).toEqual([]);
  });
});

describe('policy', () => {
  const server = { url: 'http://gpu1:8000', kind: 'vllm' };
  const policy = (changes: object = {}) => ({ servers: [{ ...server, ...changes }] });

  it('has defaults, and importance correction in a run', () => {
    const parsed = rlSchema.parse({ ...settings, policy: policy() });
    expect(parsed.policy).toEqual({
      servers: [{ ...server, logprobs: 'raw', concurrency: 64 }],
      responseMinutes: 30,
      updateMinutes: 10,
      probeSeconds: 5,
      waitMinutes: 10,
    });
    expect(withServerDefaults(parsed).loss.samplerCorrection).toEqual({
      kind: 'truncate',
      level: 'token',
      max: 2,
    });
    const masked = rlSchema.parse({
      ...settings,
      policy: policy(),
      loss: { samplerCorrection: { kind: 'mask' } },
    });
    expect(withServerDefaults(masked)).toBe(masked);
    const alone = rlSchema.parse(settings);
    expect(withServerDefaults(alone)).toBe(alone);
  });

  it.each([
    [{ policy: { servers: [] } }, 'policy.servers: '],
    [{ policy: policy({ kind: 'tgi' }) }, 'policy.servers.0.kind: '],
    [{ policy: { ...policy(), weightsDir: 'weights' } }, 'policy.weightsDir: expected an absolute path'],
    [
      { policy: policy({ weightsDir: 'relative' }) },
      'policy.servers.0.weightsDir: expected an absolute path',
    ],
    [
      { policy: policy(), sampling: { temperature: 0.7 } },
      'policy.servers.0: vLLM’s raw log-probabilities are those',
    ],
    [
      { policy: policy({ logprobs: 'processed' }), sampling: { topP: 0.9 } },
      'policy.servers.0: vLLM’s processed log-probabilities are those after top-k and top-p',
    ],
    [{ policy: policy(), routerReplay: true }, 'routerReplay: servers do not tell which experts they chose'],
  ])('%j is refused by name', (changes, problem) => {
    expect(problems(changes).join('\n')).toContain(problem);
  });

  it.each([
    { policy: policy(), sampling: { topP: 0.9 } },
    { policy: policy(), sampling: { temperature: 0 } },
    { policy: policy({ logprobs: 'processed' }), sampling: { temperature: 0.7 } },
    { policy: policy({ kind: 'sglang' }), sampling: { temperature: 0.7, topK: 3 } },
  ])('%j is taken', (changes) => {
    expect(problems(changes)).toEqual([]);
  });
});
