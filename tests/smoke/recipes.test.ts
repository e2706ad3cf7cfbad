/** The recipes of the small worlds, read and priced: each names settings, models and stages that exist. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { aha } from '../../src/app/cli/testing.ts';

/** Their models are those of models/, or made in the recipe; recipes for other models have tests of their own. */
const SMALL_WORLDS = [
  'aha-base',
  'aha-tiny',
  'algorithms-tiny',
  'language-reward-tiny',
  'ppo-against-grpo',
  'r1-tiny',
  'r1-tiny-v3',
  'r1-zero-tiny',
  'reward-hacking',
  'tiny-base',
  'tiny-students',
  'tiny-v3-base',
].map((name) => `recipes/${name}.ts`);

/** The settings they share. */
const SHARED = 'settings.ts';
const STUDIES = readdirSync('recipes/aha').filter((file) => file !== SHARED);

describe('recipes of the small worlds', () => {
  it.each([...SMALL_WORLDS, ...STUDIES.map((file) => path.join('recipes/aha', file))])(
    '%s',
    async (recipe) => {
      const { code, stdout, stderr } = await aha('run', recipe, '--dry-run', '--device', 'cpu');
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^total /m);
    },
  );
});
