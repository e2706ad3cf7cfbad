/** @file Data files of prompts whose responses are graded by rewards. */
import { promptFiles, type TaskConfig } from '../../data/index.ts';
import { checkPrompt, type RewardsConfig, readsAnswers } from '../../rl/reward/index.ts';
import type { DataFile } from '../../run/stage.ts';
import { type PromptTemplate, questionOf, requireForm } from '../../text/index.ts';

/** The files that tasks read, checked for what the rewards read of each row, and for what the template can write. */
export function gradedPromptFiles(
  tasks: readonly TaskConfig[],
  rewards: RewardsConfig,
  template?: PromptTemplate,
): DataFile[] {
  const files = promptFiles(tasks, {
    requireAnswers: readsAnswers(rewards),
    checkPrompt: (prompt) => {
      checkPrompt(rewards, prompt);
      if (template !== undefined) requireForm(template, questionOf(prompt));
    },
  });
  return files.map((file) => ({ ...file, key: JSON.stringify([file.key, rewards, template]) }));
}
