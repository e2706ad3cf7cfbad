import { describe, expect, it } from 'vitest';
import { stageDefinitions } from '../../stages/registry.ts';
import { type PresetName, presets } from './presets.ts';
import { defineRecipe } from './recipe.ts';
import { resolveRecipe } from './resolve.ts';

const own = {
  stage: 'rl' as const,
  model: 'models/tiny-base',
  prompts: [{ task: 'chain' as const }],
  rewards: { accuracy: {} },
  steps: 1,
  sampling: { maxTokens: 96 },
  optimizer: { peak: 1e-6 },
};

/** The settings of a recipe that spreads the preset. */
function resolved(name: PresetName) {
  const recipe = defineRecipe({
    name: 'presets',
    stages: [{ ...own, ...presets[name], name: 'zero' }],
  });
  const { stages } = resolveRecipe(recipe, { definitions: stageDefinitions, origin: 'test' });
  return stages[0]!.config as Record<string, unknown>;
}

describe('presets', () => {
  it.each(Object.keys(presets) as PresetName[])('%s is settings the stage takes', (name) => {
    expect(resolved(name)).toMatchObject(presets[name]);
  });

  it('grpo is R1 as published, but for the aggregation', () => {
    expect(resolved('grpo')).toMatchObject({
      promptsPerStep: 512,
      groupSize: 16,
      minibatches: 16,
      advantage: 'grpo',
      loss: {
        policy: { clipLow: 10, clipHigh: 10 },
        kl: { coefficient: 0.001, in: 'loss', referenceEvery: 400 },
        aggregation: 'token-mean',
      },
    });
    expect(presets['grpo-printed']).toEqual({
      ...presets.grpo,
      loss: { ...presets.grpo.loss, aggregation: 'seq-mean-token-mean' },
    });
  });

  it('only those that the papers train with a reference ask for one', () => {
    const withKl = (Object.keys(presets) as PresetName[]).filter((name) => 'kl' in presets[name].loss);
    expect(withKl).toEqual(['grpo', 'grpo-printed', 'rloo', 'reinforce++', 'ppo']);
  });

  it('ppo takes either critic, and any λ', () => {
    const variants = [
      { ...presets.ppo.critic, lambda: 0.95, optimizer: { peak: 1e-5 } },
      { kind: 'shared' as const, lambda: 0.95 },
    ];
    for (const critic of variants) {
      const recipe = { ...presets.ppo, ...own, name: 'ppo', critic };
      const { stages } = resolveRecipe(
        { name: 'ppo', stages: [recipe] },
        { definitions: stageDefinitions, origin: 'test' },
      );
      expect(stages[0]!.config).toMatchObject({ advantage: 'gae', critic: { ...critic, gamma: 1 } });
    }
  });

  it('a recipe may change a setting of a preset', () => {
    const loss = { ...presets.dapo.loss, maskTruncated: true };
    expect(loss.policy).toEqual({ kind: 'surrogate', clipLow: 0.2, clipHigh: 0.28 });
  });
});
