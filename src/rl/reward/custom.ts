/**
 * @file A reward of the user's own: the default export of a script, called with each completion.
 *
 * The script is read as a recipe is (src/run/load-script.ts). It runs in this process, unguarded and without a time
 * limit: code of others belongs in a sandbox (the reward `code`).
 */
import { z } from 'zod';
import { UsageError } from '../../errors.ts';
import type { Completion } from '../../records.ts';
import { loadScript } from '../../run/load-script.ts';
import { defineReward } from './definition.ts';
import type { Reward, RewardContext } from './reward.ts';

/** What a script of a reward exports: the score of a completion, or null where it cannot tell. */
export type RewardFunction = (completion: Completion) => number | null | Promise<number | null>;

/** Knobs of the reward `custom`. */
export const customSchema = z.strictObject({
  file: z
    .string()
    .min(1)
    .describe('Script whose default export scores a completion: (completion) => number | null'),
});

const EXAMPLE = 'export default ({ prompt, text }) => (text.includes(prompt.answer) ? 1 : 0)';

/**
 * Reads the script and those it imports relatively.
 *
 * @param file - as the recipe has it, for messages
 * @param resolve - gives the path of a file; called for every one that has a part in the reward
 * @throws UsageError for a script that cannot be read or run, or that exports no function
 */
export async function loadRewardFunction(
  file: string,
  resolve: (reference: string) => string,
): Promise<RewardFunction> {
  const options = { what: 'reward function', example: EXAMPLE };
  const { exported, files } = await loadScript(resolve(file), options);
  for (const part of files) resolve(part);
  if (typeof exported === 'function') return exported as RewardFunction;
  throw new UsageError(`${file}: its default export is ${typeof exported}`, `Write: ${EXAMPLE}.`);
}

/** The reward `custom`. A score names the script where it throws or returns what is no score. */
export function customReward(
  { file }: z.output<typeof customSchema>,
  { resolve = (reference) => reference }: RewardContext,
): Reward {
  const loading = loadRewardFunction(file, resolve);
  // Told by the first score, which waits for it.
  loading.catch(() => undefined);
  return {
    name: 'custom',
    async score(completion) {
      const scoreOf = await loading;
      let score: unknown;
      try {
        score = await scoreOf(completion);
      } catch (cause) {
        const message = cause instanceof Error ? cause.message : String(cause);
        throw new Error(`${file} throws: ${message}`, { cause });
      }
      if (score === null || (typeof score === 'number' && Number.isFinite(score))) return score;
      const found = typeof score === 'number' ? String(score) : typeof score;
      throw new Error(`${file} returns ${found}, which is neither a finite number nor null`);
    },
  };
}

/** What a script's numbers mean is its author's: 1 alone says that a response is right. */
export const custom = defineReward({
  name: 'custom',
  about: 'What a script of yours returns',
  says: 'right',
  schema: customSchema,
  files: async ({ file }, resolve) => void (await loadRewardFunction(file, resolve)),
  create: customReward,
});
