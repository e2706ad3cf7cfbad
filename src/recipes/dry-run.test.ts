import { describe, expect, it } from 'vitest';
import { estimateRecipe, estimateTable } from './dry-run.ts';
import { resolveRecipe } from './resolve.ts';
import { testStages } from './testing.ts';

const estimates = (...stages: object[]) => {
  const recipe = resolveRecipe({ name: 'r', stages }, { definitions: testStages, origin: 'test' });
  return estimateRecipe(recipe, testStages, 'cpu', ['/nowhere']);
};

describe('estimateTable', () => {
  it('has a row a stage and a total', async () => {
    const rows = await estimates(
      { stage: 'count', name: 'A', steps: 1270 },
      { stage: 'count', name: 'Second' },
      { stage: 'interrupt', name: 'C' },
    );
    expect(estimateTable(rows).split('\n')).toEqual([
      'stage   kind       parameters  tokens  memory    time  basis',
      'A       count            812K   1.27M   1 MiB  1m 01s  counted',
      'Second  count            812K      3K   1 MiB  1m 01s  counted',
      'C       interrupt',
      'total                           1.27M          2m 02s',
    ]);
  });

  it('takes the model a stage starts from for the one it will make', async () => {
    const rows = await estimates(
      { stage: 'count', name: 'A', model: '/' },
      { stage: 'count', name: 'B', from: '@A/etc' },
      { stage: 'interrupt', name: 'C' },
      { stage: 'count', name: 'D', from: '@C' },
    );
    expect(rows[1]!.estimate.basis).toBe('counted');
    expect(rows[3]!.estimate).toEqual({ basis: 'can be told once C has run' });
  });

  it('refuses an input that is not there, before any stage has run', async () => {
    const rows = estimates({ stage: 'count', name: 'A', from: 'no-such-file' });
    await expect(rows).rejects.toThrow('no-such-file: there is no such file or directory');
  });
});
