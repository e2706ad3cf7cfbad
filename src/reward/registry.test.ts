import { describe, expect, it } from 'vitest';
import { completionOf } from '../../tests/support/completion.ts';
import { createRewards, REWARD_NAMES, rewardsSchema } from './registry.ts';
import { scoreAll } from './reward.ts';

describe('rewards', () => {
  it('creates what a recipe names, with weights and defaults', async () => {
    const config = rewardsSchema.parse({ language: { weight: 0.5 }, accuracy: {} });
    const completion = completionOf('<think> 加 </think> <answer> 42 </answer>', {
      prompt: { language: 'zh' },
    });
    const [scored] = await scoreAll(createRewards(config), [completion]);
    expect(scored).toMatchObject({ reward: 1.5, parts: { accuracy: 1, language: 1 } });
  });

  it('has every name create a reward of that name', () => {
    const options = { accuracy: {}, format: {}, language: {}, length: { limit: 10, margin: 5 } };
    const created = createRewards(rewardsSchema.parse(options));
    expect(created.map(({ reward }) => reward.name)).toEqual(REWARD_NAMES);
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
