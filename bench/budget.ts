/**
 * @file Accuracy against the thinking budget: at inference the length of the thought is the dial.
 *
 *   npm run bench -- budget [checkpoint]
 *
 * Held-out problems of the world that the checkpoint was trained in, greedily, through the server's own engine, with
 * `max_thinking_tokens` from nothing to no bound. The checkpoint is the newest R1-Zero in runs/ unless one is named.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { openHeldOut, promptsSchema } from '../src/data/index.ts';
import { UsageError } from '../src/errors.ts';
import type { Completion, Prompt } from '../src/records.ts';
import { accuracyReward, accuracySchema } from '../src/rl/reward/accuracy.ts';
import type { Reward } from '../src/rl/reward/reward.ts';
import type { Backend } from '../src/serving/backend.ts';
import { MODEL_DEFAULTS, startBackend } from '../src/serving/process/index.ts';
import { readResponse } from '../src/text/index.ts';
import { searchReward } from '../src/world/search/reward.ts';
import { ask, question, type WholeReply } from './serving.ts';

const PROBLEMS = 256;
const BUDGETS = [0, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 64, 96, 128, null];

/** Prints a row for each budget: share of right answers, mean tokens of thought and of reply, thoughts cut short. */
export async function budget(named?: string): Promise<void> {
  const checkpoint = named ?? newestZero();
  const world = worldOf(checkpoint);
  const source = await openHeldOut(promptsSchema.parse([{ task: world }]), {
    seed: 0,
    resolve: (name) => name,
    note: console.log,
  });
  const problems = source.take(Math.min(PROBLEMS, source.size ?? PROBLEMS));
  const right = REWARDS[world]();
  const model = {
    ...MODEL_DEFAULTS,
    id: 'policy',
    checkpoint,
    precision: 'fp32',
    maxRows: 64,
    maxQueue: 512,
  } as const;
  const backend = await startBackend([model]);
  console.log(`${checkpoint}: ${problems.length} held-out problems, greedy`);
  console.log('budget | right | thought tokens | reply tokens | at the budget');
  try {
    for (const most of BUDGETS) {
      console.log(await measure(backend, problems, most, right));
    }
  } finally {
    await backend.close();
  }
}

type World = 'chain' | 'search';

/** The reward that says right or wrong in each world. */
const REWARDS: { readonly [world in World]: () => Reward } = {
  chain: () => accuracyReward(accuracySchema.parse({})),
  search: searchReward,
};

/** The world of the stage that made a checkpoint, as the recipe of its run has it; that of chains where there is none. */
function worldOf(checkpoint: string): World {
  const recipe = path.join(checkpoint, '../recipe.json');
  const about = existsSync(recipe) ? readFileSync(recipe, 'utf8') : '';
  return about.includes('"task": "search"') ? 'search' : 'chain';
}

function newestZero(): string {
  const found = existsSync('runs')
    ? readdirSync('runs')
        .map((run) => path.join('runs', run, 'R1-Zero'))
        .filter((dir) => existsSync(path.join(dir, 'config.json')))
    : [];
  const newest = found.toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
  if (newest !== undefined) return newest;
  throw new UsageError('no R1-Zero in runs/', 'Run `npm run demo` first, or name a checkpoint.');
}

/** How one budget did. */
async function measure(
  backend: Backend,
  problems: readonly Prompt[],
  most: number | null,
  reward: Reward,
): Promise<string> {
  const replies = await Promise.all(
    problems.map(({ text }) => ask(backend, question(text, { maxThinkingTokens: most }))),
  );
  const right = replies.filter((reply, i) => reward.score(completionOf(problems[i]!, reply)) === 1);
  const share = (count: number): string => `${((100 * count) / problems.length).toFixed(1)} %`;
  const mean = (of: (reply: WholeReply) => number): string =>
    (replies.reduce((sum, reply) => sum + of(reply), 0) / replies.length).toFixed(1);
  return [
    most ?? 'none',
    share(right.length),
    mean(({ reasoningTokens }) => reasoningTokens),
    mean(({ completionTokens }) => completionTokens),
    share(replies.filter(({ reasoningTokens }) => most !== null && reasoningTokens > most).length),
  ].join(' | ');
}

/** The record a reward reads. */
function completionOf(prompt: Prompt, { reasoning, content }: WholeReply): Completion {
  const response = readResponse(`<think> ${reasoning} </think> <answer> ${content} </answer>`);
  return {
    prompt,
    promptTokens: new Int32Array(0),
    tokens: new Int32Array(0),
    logprobs: new Float32Array(0),
    text: response.text,
    response,
    finish: 'stop',
    policyVersion: 0,
  };
}
