/**
 * @file Accuracy against the thinking budget: how a bound on the thought's length changes the share of right answers.
 *
 *   npm run bench -- budget [checkpoint]
 *
 * The small world's held-out problems, greedily, through the server's own engine, with `max_thinking_tokens` from
 * nothing to no bound. The checkpoint is the newest R1-Zero of `recipes/r1-zero-tiny.ts` unless one is named.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { openHeldOut, promptsSchema } from '../src/data/index.ts';
import { UsageError } from '../src/errors.ts';
import type { Completion, Prompt } from '../src/records.ts';
import { accuracyReward, accuracySchema } from '../src/rl/reward/accuracy.ts';
import type { Backend } from '../src/serving/backend.ts';
import { MODEL_DEFAULTS, startBackend } from '../src/serving/process/index.ts';
import { readResponse } from '../src/text/index.ts';
import { ask, question, type WholeReply } from './serving.ts';

const PROBLEMS = 256;
const BUDGETS = [0, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 64, null];

/** Prints a row for each budget: share of right answers, mean tokens of thought and of reply, thoughts cut short. */
export async function budget(named?: string): Promise<void> {
  const checkpoint = named ?? newest();
  const source = await openHeldOut(promptsSchema.parse([{ task: 'chain' }]), {
    seed: 0,
    resolve: (name) => name,
    note: console.log,
  });
  const problems = source.take(PROBLEMS);
  const model = {
    ...MODEL_DEFAULTS,
    id: 'policy',
    checkpoint,
    dtype: 'float32',
    maxRows: 64,
    maxQueue: 512,
  } as const;
  const backend = await startBackend([model]);
  console.log(`${checkpoint}: ${problems.length} held-out problems, greedy`);
  console.log('budget | right | thought tokens | reply tokens | at the budget');
  try {
    for (const most of BUDGETS) console.log(await measure(backend, problems, most));
  } finally {
    await backend.close();
  }
}

/** Runs of other recipes have an R1-Zero of another world. */
function newest(): string {
  const found = existsSync('runs')
    ? readdirSync('runs')
        .filter((run) => run.startsWith('r1-zero-tiny-'))
        .map((run) => path.join('runs', run, 'R1-Zero'))
        .filter((dir) => existsSync(path.join(dir, 'config.json')))
    : [];
  const [last] = found.toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  if (last !== undefined) return last;
  throw new UsageError(
    'no R1-Zero of recipes/r1-zero-tiny.ts in runs/',
    'Run `./bin/aha run recipes/r1-zero-tiny.ts` first, or name a checkpoint.',
  );
}

const accuracy = accuracyReward(accuracySchema.parse({}));

/** How one budget did. */
async function measure(backend: Backend, problems: readonly Prompt[], most: number | null): Promise<string> {
  const replies = await Promise.all(
    problems.map(({ text }) => ask(backend, question(text, { maxThinkingTokens: most }))),
  );
  const right = replies.filter((reply, i) => accuracy.score(completionOf(problems[i]!, reply)) === 1);
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
