import { expect, it } from 'vitest';
import { rlSchema } from '../../rl/config.ts';
import { rl } from './rl.ts';

it('is another run with servers than without, and the same on other servers', () => {
  const identityOf = (policy?: object): unknown => rl.identity!(rlSchema.parse({ ...SETTINGS, policy }));
  const one = identityOf({ servers: [{ url: 'http://one:8000', kind: 'vllm' }] });
  expect(identityOf({ servers: [{ url: 'http://two:8000', kind: 'aha' }], waitMinutes: 1 })).toEqual(one);
  expect(identityOf()).not.toEqual(one);
});

const SETTINGS = {
  stage: 'rl',
  name: 'RL',
  model: 'base',
  prompts: [{ task: 'chain' }],
  rewards: { format: {} },
  optimizer: { peak: 1e-4 },
  steps: 1,
};
