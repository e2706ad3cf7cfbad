import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import { completionOf } from '../../../tests/support/completion.ts';
import { TINY_CONFIG, writeTinyCheckpoint } from '../../../tests/support/tiny-checkpoint.ts';
import { initHead, initModel, parseConfig, saveValueModel, ValueModel } from '../../models/index.ts';
import { scoreAll } from './grading.ts';
import {
  createRewards,
  REWARD_NAMES,
  type RewardName,
  type RewardsConfig,
  rewardModels,
  rewardsSaying,
  rewardsSchema,
  scoresSteps,
} from './registry.ts';
import { disposeRewards } from './reward.ts';

describe('rewards', () => {
  it('creates what a recipe names, with weights and defaults', async () => {
    const config = rewardsSchema.parse({ language: { weight: 0.5 }, accuracy: {} });
    const completion = completionOf('<think> 加 </think> <answer> 42 </answer>', {
      prompt: { language: 'zh' },
    });
    const [scored] = await scoreAll(createRewards(config), [completion]);
    expect(scored).toMatchObject({ reward: 1.5, parts: { accuracy: 1, language: 1 } });
  });

  it('has every name create a reward of that name', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'aha-rewards-'));
    const trunk = initModel(parseConfig(TINY_CONFIG, 'test'), 0);
    const model = path.join(dir, 'model');
    const base = await writeTinyCheckpoint(path.join(dir, 'base'));
    await saveValueModel(new ValueModel(trunk, initHead(trunk)), model, { tokenizerFrom: base });
    const required: { readonly [name: string]: object } = {
      custom: { file: 'own.ts' },
      harmless: { model },
      helpful: { model },
      judge: { endpoint: { baseUrl: 'http://localhost:1/v1', model: 'm' } },
      length: { limit: 10, margin: 5 },
    };
    const options = Object.fromEntries(REWARD_NAMES.map((name) => [name, required[name] ?? {}]));
    const created = createRewards(rewardsSchema.parse(options));
    expect(created.map(({ reward }) => reward.name)).toEqual(REWARD_NAMES);
    disposeRewards(created);
    rmSync(dir, { recursive: true });
  });

  it('say what their scores mean, and each reward says one thing', () => {
    expect(rewardsSaying('right')).toEqual([
      'accuracy',
      'choice',
      'code',
      'custom',
      'instructions',
      'judge',
      'search',
      'task',
      'wanted',
    ]);
    expect(rewardsSaying('preference')).toEqual(['harmless', 'helpful']);
    const all = (['right', 'form', 'preference'] as const).flatMap((says) => rewardsSaying(says));
    expect(all.toSorted()).toEqual(REWARD_NAMES.toSorted());
  });

  it('tell the models they load and whether they score steps', () => {
    const config = rewardsSchema.parse({ accuracy: {}, helpful: { model: '@a' }, harmless: { model: '@b' } });
    expect(rewardModels(config)).toEqual(['@b', '@a']);
    expect(scoresSteps(config)).toBe(false);
    expect(scoresSteps(rewardsSchema.parse({ 'chain-steps': {} }))).toBe(true);
    expect(scoresSteps(rewardsSchema.parse({ 'chain-steps': { weight: 0 } }))).toBe(false);
  });

  it('keep the exact types of their settings', () => {
    type Written = z.input<typeof rewardsSchema>;
    expectTypeOf<keyof Written>().toEqualTypeOf<RewardName>();
    expectTypeOf<NonNullable<Written['task']>>().toEqualTypeOf<{
      partial?: boolean | undefined;
      family?: string | undefined;
      fields?: Record<string, string> | undefined;
      weight?: number | undefined;
    }>();
    expectTypeOf<NonNullable<RewardsConfig['custom']>>().toEqualTypeOf<{
      file: string;
      timeout: number;
      concurrency: number;
      weight: number;
    }>();
  });

  it.each([
    [{}, 'name at least one reward'],
    [{ acuracy: {} }, 'acuracy'],
    [{ accuracy: { fallbak: 'none' } }, 'fallbak'],
    [{ format: { weight: 'heavy' } }, 'number'],
  ])('refuses %j', (config, message) => {
    const result = rewardsSchema.safeParse(config);
    expect(result.success).toBe(false);
    expect(result.error?.message).toContain(message);
  });
});
