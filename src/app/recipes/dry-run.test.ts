import { describe, expect, it } from 'vitest';
import { estimateRecipe } from './dry-run.ts';
import { resolveRecipe } from './resolve.ts';
import { testStages } from './testing.ts';

const estimates = (...stages: object[]) => {
  const recipe = resolveRecipe({ name: 'r', stages }, { definitions: testStages, origin: 'test' });
  return estimateRecipe(recipe, testStages, 'cpu', { roots: ['/nowhere'] });
};

describe('estimateRecipe', () => {
  it('takes the model a stage starts from for the one it will make', async () => {
    const rows = await estimates(
      { stage: 'count', name: 'A', model: '/' },
      { stage: 'count', name: 'B', from: '@A/etc' },
      { stage: 'interrupt', name: 'C' },
      { stage: 'count', name: 'D', from: '@C' },
      { stage: 'count', name: 'E', from: '@A/no-such-data.jsonl' },
    );
    expect(rows[1]!.estimate.basis).toBe('counted');
    expect(rows[3]!.estimate).toEqual({ basis: 'can be told once C has run' });
    expect(rows[4]!.estimate).toEqual({ basis: 'can be told once A has run' });
  });

  it('takes the artifacts of stages that are finished', async () => {
    const stages = [
      { stage: 'interrupt', name: 'C' },
      { stage: 'count', name: 'D', from: '@C' },
    ];
    const recipe = resolveRecipe({ name: 'r', stages }, { definitions: testStages, origin: 'test' });
    const rows = await estimateRecipe(recipe, testStages, 'cpu', { roots: [] }, false, () => '/');
    expect(rows[1]!.estimate).toMatchObject({ basis: 'counted', seconds: 61 });
  });

  it('refuses an input that is not there, before any stage has run', async () => {
    const rows = estimates({ stage: 'count', name: 'A', from: 'no-such-file' });
    await expect(rows).rejects.toThrow('no-such-file: there is no such file or directory');
  });
});
