import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { completionOf } from '../../tests/support/completion.ts';
import { TINY_CONFIG, writeTinyCheckpoint } from '../../tests/support/tiny-checkpoint.ts';
import { initHead, initModel, parseConfig, saveValueModel, ValueModel } from '../models/index.ts';
import { createRewards, REWARD_NAMES, rewardsSchema } from './registry.ts';
import { disposeRewards, scoreAll } from './reward.ts';

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
    const options = {
      accuracy: {},
      code: {},
      coherence: {},
      completeness: {},
      custom: { file: 'own.ts' },
      fluency: {},
      format: {},
      harmless: { model },
      helpful: { model },
      instructions: {},
      judge: { endpoint: { baseUrl: 'http://localhost:1/v1', model: 'm' } },
      language: {},
      length: { limit: 10, margin: 5 },
      task: {},
      wanted: {},
      'chain-steps': {},
    };
    const created = createRewards(rewardsSchema.parse(options));
    expect(created.map(({ reward }) => reward.name)).toEqual(REWARD_NAMES);
    disposeRewards(created);
    rmSync(dir, { recursive: true });
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
