/**
 * @file Rewards that can never be paid, refused before anything runs: no prompt has what the reward needs, or the model
 * cannot write what it pays for. Where only some prompts lack it, as in a mixture, nothing is refused.
 */
import { examplePrompts, type TaskConfig } from '../../data/index.ts';
import { UsageError } from '../../errors.ts';
import { type PaidReward, paidRewards, type RewardsConfig } from '../../rl/reward/index.ts';
import type { FindInput } from '../../run/stage.ts';
import { type PromptTemplate, renderPrompt, Tokenizer, thinkingOptions } from '../../text/index.ts';

/** Prompts whose responses are graded, and the rewards that grade them. */
export interface Graded {
  /** Name of the stage. */
  readonly stage: string;
  /** The setting that lists the rewards. */
  readonly setting: 'rewards' | 'general.rewards';
  readonly prompts: readonly TaskConfig[];
  readonly rewards: RewardsConfig;
  readonly template: PromptTemplate;
  readonly thinking?: boolean | undefined;
  /** The checkpoint that responds; none where an endpoint does. */
  readonly model?: string | undefined;
  /** Whether one payable reward is enough, because the first that can score a response decides. */
  readonly oneIsEnough?: boolean;
}

/**
 * Refuses rewards that can never be paid. Files and checkpoints that are not there yet are not looked at: where
 * prompts come from one, no reward is refused for what prompts lack.
 * @throws UsageError naming stage, reward, prompts and remedy
 */
export async function requirePayableRewards(graded: Graded, find: FindInput): Promise<void> {
  const rewards = paidRewards(graded.rewards);
  const unpayable = [...(await withoutPrompts(rewards, graded, find)), ...unwritable(rewards, graded, find)];
  const first = unpayable[0];
  if (first === undefined || (graded.oneIsEnough && unpayable.length < rewards.length)) return;
  throw first;
}

/** An error for each reward that no prompt has what it needs for. */
async function withoutPrompts(
  rewards: readonly PaidReward[],
  { stage, setting, prompts }: Graded,
  find: FindInput,
): Promise<UsageError[]> {
  if (prompts.some((task) => 'path' in task && find(task.path) === null)) return [];
  let open = rewards.filter(({ need }) => need !== null);
  for (const task of prompts) {
    if (open.length === 0) return [];
    for await (const prompt of examplePrompts(task, (reference) => find(reference)!)) {
      open = open.filter(({ need }) => !need!.has(prompt));
      if (open.length === 0) break;
    }
  }
  return open.map(({ name, need }) =>
    refusal(stage, name, `no prompt of ${prompts.map(sourceName).join(', ')} has ${need!.what}`, [
      need!.remedy,
      `Or leave "${name}" out of ${setting}.`,
    ]),
  );
}

/** The prompts of a task, as a recipe names them. */
function sourceName(task: TaskConfig): string {
  if ('path' in task) return task.path;
  return task.task === 'generated' ? `the generated task "${task.family}"` : `the task "${task.task}"`;
}

/** An error for each reward that pays for a text the model cannot write. */
function unwritable(rewards: readonly PaidReward[], graded: Graded, find: FindInput): UsageError[] {
  const { stage, setting, model, template, thinking } = graded;
  const checkpoint = model === undefined ? null : find(model);
  const written = rewards.filter(({ writes }) => writes(false).length > 0);
  if (checkpoint === null || written.length === 0) return [];
  const tokenizer = Tokenizer.load(checkpoint);
  const opened = renderPrompt(template, 'a', tokenizer, thinkingOptions(thinking)).prefilledThinking;
  return written.flatMap(({ name, writes }) => {
    const missing = writes(opened).find((text) => !canWrite(tokenizer, text));
    if (missing === undefined) return [];
    const why = `with the tokenizer of ${model}, no response can hold ${missing}`;
    return [
      refusal(stage, name, why, [
        `Add ${missing} to the vocabulary in its tokenizer.json, or use another checkpoint.`,
        `Or leave "${name}" out of ${setting}.`,
      ]),
    ];
  });
}

/** Whether a text can stand in a response: unknown words and special tokens are left out of it. */
function canWrite(tokenizer: Tokenizer, text: string): boolean {
  return tokenizer.decode(tokenizer.encode(text), { skipSpecial: true }).includes(text);
}

function refusal(stage: string, reward: string, why: string, remedies: readonly string[]): UsageError {
  return new UsageError(`${stage}: the reward "${reward}" can never be paid: ${why}`, remedies.join('\n  '));
}
