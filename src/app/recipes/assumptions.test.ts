import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { StageDefinition } from '../../run/stage.ts';
import { meanResponse, modelSize } from '../../stages/common/model-size.ts';
import { estimateRecipe } from './dry-run.ts';
import { resolveRecipe } from './resolve.ts';

const schema = z.strictObject({
  stage: z.literal('learn'),
  name: z.string(),
  model: z.string(),
  data: z.string(),
});

/** Its tokens are examples × their length × a response; it asks for its data's path as real stages do. */
const learn: StageDefinition<typeof schema> = {
  kind: 'learn',
  schema,
  estimate: async ({ model, data }, context) => {
    context.resolve(data);
    const { parameters, active } = modelSize(model, context);
    const size = context.assumed?.data(data);
    const tokens = size && size.examples * size.tokens * meanResponse(10, context).tokens;
    return { parameters, ...(tokens !== undefined && { tokens }), work: { active } };
  },
  run: async () => undefined,
};

const stages = [
  { stage: 'learn', name: 'A', model: 'models/large', data: 'x.jsonl' },
  { stage: 'learn', name: 'B', model: '@A', data: '@A/made.jsonl' },
];
const assume = {
  models: { 'models/large': { parameters: 8e9, active: 1e9 } },
  data: { 'x.jsonl': { examples: 3, tokens: 2 }, '@A/made.jsonl': { examples: 4, tokens: 1 } },
  responseTokens: { A: 7 },
};
const resolve = (stated: object) =>
  resolveRecipe({ name: 'r', stages, assume: stated }, { definitions: [learn], origin: 'test' });

describe('assume', () => {
  it('stands for models and data that are not there; a stage’s model has the size of the one it starts from', async () => {
    const rows = await estimateRecipe(resolve(assume), [learn], 'cpu', { roots: ['/nowhere'] }, true);
    expect(rows.map(({ estimate }) => estimate)).toEqual([
      { parameters: 8e9, tokens: 3 * 2 * 7, work: { active: 1e9 } },
      { parameters: 8e9, tokens: 4 * 1 * 5, work: { active: 1e9 } },
    ]);
  });

  it('counts for nothing in a run', async () => {
    const rows = estimateRecipe(resolve(assume), [learn], 'cpu', { roots: ['/nowhere'] });
    await expect(rows).rejects.toThrow('x.jsonl: there is no such file or directory');
  });

  it('asks for what it does not state', async () => {
    const rows = estimateRecipe(
      resolve({ ...assume, models: {} }),
      [learn],
      'cpu',
      { roots: ['/nowhere'] },
      true,
    );
    await expect(rows).rejects.toThrow('models/large: there is no such file or directory');
  });

  it.each([
    [{ responseTokens: { C: 1 } }, /assume\.responseTokens\.C: no stage is called "C"/],
    [
      { published: [{ what: 'x', stages: ['A', 'D'], gpuHours: 1 }] },
      /assume\.published\.0\.stages\.1: no stage is called "D"/,
    ],
    [{ model: {} }, /assume\.model: unknown key .* did you mean "models"\?/],
  ])('%j is refused by name', (stated, message) => {
    expect(() => resolve(stated)).toThrow(message);
  });
});
