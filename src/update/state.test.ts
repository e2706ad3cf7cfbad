import { mkdtempSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { formulaModel } from '../../tests/support/formula-model.ts';
import { noGrad } from '../tensor/index.ts';
import { optimizerSchema } from './config.ts';
import { Learner } from './learner.ts';
import { loadState, saveState } from './state.ts';

it('brings weights, moments and progress back, and refuses a damaged file with the way out', async () => {
  const dir = join(mkdtempSync(join(tmpdir(), 'state-')), 'state');
  const learner = new Learner(formulaModel(), optimizerSchema.parse({ peak: 1e-3 }), 10);
  expect(loadState(dir, learner)).toBeNull();
  learner.optimizer.steps = 3;
  noGrad(() => learner.optimizer.firstMoment.fill_(0.5));
  const values = learner.parameters.values.toArray();
  await saveState(dir, learner, { step: 3 });

  noGrad(() => {
    learner.parameters.values.fill_(0);
    learner.optimizer.firstMoment.fill_(0);
  });
  learner.optimizer.steps = 0;
  expect(loadState(dir, learner)).toEqual({ step: 3 });
  expect(learner.steps).toBe(3);
  expect(learner.parameters.values.toArray()).toEqual(values);
  expect(learner.optimizer.firstMoment.min().item()).toBe(0.5);

  truncateSync(join(dir, 'state.safetensors'), 100);
  expect(() => loadState(dir, learner)).toThrow(`delete ${dir} to start the stage again`);
  learner.dispose();
});
