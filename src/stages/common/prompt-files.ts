/** @file Data files of prompts whose responses are graded by rewards. */
import { promptFiles, type TaskConfig } from '../../data/index.ts';
import { checkPrompt, type RewardsConfig, readsAnswers } from '../../rl/reward/index.ts';
import type { DataFile } from '../../run/stage.ts';

/** The files that tasks read, checked for what the rewards read of each row. */
export function gradedPromptFiles(tasks: readonly TaskConfig[], rewards: RewardsConfig): DataFile[] {
  const files = promptFiles(tasks, {
    requireAnswers: readsAnswers(rewards),
    checkPrompt: (prompt) => checkPrompt(rewards, prompt),
  });
  return files.map((file) => ({ ...file, key: JSON.stringify([file.key, rewards]) }));
}
