import { describe, expect, it } from 'vitest';
import { CollapseWatch } from './collapse.ts';
import { type RlConfig, rlSchema } from './config.ts';

function watching(changes: object = {}) {
  const config: RlConfig = rlSchema.parse({
    stage: 'rl',
    name: 'rl',
    model: 'unread',
    prompts: [{ task: 'chain' }],
    rewards: { accuracy: {} },
    steps: 100,
    promptsPerStep: 16,
    groupSize: 8,
    optimizer: { peak: 1e-4 },
    ...changes,
  });
  const warnings: Record<string, string> = {};
  const watcher = {
    warn: (id: string, text: string) => {
      // Each is shown once.
      warnings[id] ??= text;
    },
  };
  const watch = () => new CollapseWatch(config, watcher);
  return { watch, warnings };
}

const step = (entropy: number, accuracy: number, flat: number) => ({
  entropy,
  'rewards/accuracy/mean': accuracy,
  frac_reward_zero_std: flat,
});

/** Ten steps: from the first numbers to the last after half of them. */
function ten(watch: CollapseWatch, from: ReturnType<typeof step>, to: ReturnType<typeof step>) {
  for (let i = 0; i < 10; i++) watch.step(i < 5 ? from : to);
}

describe('entropy', () => {
  it('warns where little is left of it, groups are flat, and much is wrong', () => {
    const { watch, warnings } = watching();
    ten(watch(), step(1, 0.2, 0.1), step(0.01, 0.3, 0.9));
    expect(warnings['entropy collapse']).toContain(
      'fell from 1.0 to 0.010 nats a token, and 90 % of the groups',
    );
  });

  it.each([
    ['a fall that leaves some', step(0.1, 0.3, 0.9)],
    ['groups that still differ', step(0.01, 0.3, 0.2)],
    ['a policy that is right', step(0.01, 0.95, 0.9)],
  ])('says nothing of %s', (_, to) => {
    const { watch, warnings } = watching();
    ten(watch(), step(1, 0.2, 0.1), to);
    expect(warnings).toEqual({});
  });
});

describe('accuracy', () => {
  it('warns where less than half of the best is left, beyond what chance explains', () => {
    const { watch, warnings } = watching();
    ten(watch(), step(1, 0.6, 0.1), step(1, 0.1, 0.1));
    expect(warnings['accuracy collapse']).toContain('only 20 % of the completions are right, after 60 %');
  });

  it('says nothing of a fall that may be chance', () => {
    const { watch, warnings } = watching({ promptsPerStep: 1, groupSize: 2 });
    ten(watch(), step(1, 0.5, 0.1), step(1, 0.1, 0.1));
    expect(warnings).toEqual({});
  });

  it('goes by validations where there are some', () => {
    const validate = { prompts: [{ task: 'chain' }], problems: 100 };
    const { watch, warnings } = watching({ validate });
    const one = watch();
    one.validation({ 'validation/accuracy': 0.6 });
    ten(one, step(1, 0.6, 0.1), step(1, 0.1, 0.1));
    expect(warnings).toEqual({});
    one.validation({ 'validation/reward': 1 });
    one.validation({ 'validation/accuracy': 0.2 });
    expect(warnings['accuracy collapse']).toContain('only 20 % of the held-out responses');
  });
});

it('goes on from a state as if it had not stopped', () => {
  const { watch, warnings } = watching();
  const [broken, resumed] = [watch(), watch()];
  for (let i = 0; i < 7; i++) broken.step(step(1, 0.6, 0.1));
  resumed.seek(JSON.parse(JSON.stringify(broken.cursor())));
  expect(resumed.cursor()).toEqual(broken.cursor());
  for (let i = 0; i < 5; i++) resumed.step(step(0.01, 0.1, 0.9));
  expect(Object.keys(warnings).sort()).toEqual(['accuracy collapse', 'entropy collapse']);
});
