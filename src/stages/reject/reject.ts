/**
 * @file Rejection sampling: several responses to each prompt, of which only what is right and readable is kept.
 *
 * It makes R1's cold-start data (of R1-Zero), its 600,000 reasoning samples (of the checkpoint before), and what a smaller
 * model is distilled from. The artifact is `data.jsonl`, which a later stage names `@name/data.jsonl`, with `stats.json`
 * and `dropped.jsonl`. A batch of prompts is sampled, graded and kept durably at a time: an interrupted stage goes on
 * behind the last whole batch, to the same files. Leaves out sampling until a wanted number is kept.
 */
import path from 'node:path';
import {
  ContaminationIndex,
  type Overlap,
  openHeldOut,
  openPrompts,
  promptFiles,
  requirePromptFiles,
} from '../../data/index.ts';
import { UsageError } from '../../errors.ts';
import { type Numerics, numericsOf, parameterBytes, useNumerics } from '../../models/index.ts';
import { firstThenOthers, interruption, onFirst } from '../../ranks.ts';
import type { Prompt, StepReport } from '../../records.ts';
import { type EndpointConfig, openEndpoint } from '../../remote/index.ts';
import {
  createRewards,
  disposeRewards,
  firstRight,
  readsAnswers,
  requireRewardFiles,
  rewardsSaying,
} from '../../rl/reward/index.ts';
import { STATE } from '../../run/artifact.ts';
import type { Estimate, EstimateContext, StageContext, StageDefinition } from '../../run/stage.ts';
import { yieldToEventLoop } from '../../run/yield-to-event-loop.ts';
import { estimateSeconds } from '../common/cost.ts';
import { meanResponse, modelSize } from '../common/model-size.ts';
import { requirePayableRewards } from '../common/payable-rewards.ts';
import { gradedPromptFiles } from '../common/prompt-files.ts';
import { type BatchContext, makeBatch, type Outcome } from './batch.ts';
import { BatchStore } from './batch-store.ts';
import { type RejectConfig, rejectSchema } from './config.ts';
import { statsTable, writeResult } from './result.ts';
import { openSampler, repliesDir, type Sampler } from './sampler.ts';

export const reject: StageDefinition<typeof rejectSchema> = {
  kind: 'reject',
  schema: rejectSchema,
  dataFiles: ({ prompts, rewards, decontaminate, template, endpoint }) => [
    ...gradedPromptFiles(prompts, rewards, endpoint === undefined ? template : undefined),
    ...promptFiles(decontaminate?.prompts ?? [], { requireAnswers: false }),
  ],
  checkInputs: async (config, find) => {
    const { name: stage, prompts, template, model } = config;
    const graded = { stage, setting: 'rewards', prompts, template, model } as const;
    await requirePayableRewards({ ...graded, rewards: requiredRewards(config) }, find);
  },
  estimate: async (config, context) => estimate(config, context),
  run: async (config, context) => {
    const drawn = await drawPrompts(config, context);
    const { dtype } = useNumerics(config.precision, context.device);
    const sampler = openSampler(config, dtype, context);
    try {
      sampler.require(drawn.prompts);
      const batchContext = openBatches(config, sampler, drawn.index, { ...context, dtype });
      const outcomes = await sampleAll(batchContext, drawn.prompts, context).finally(() =>
        disposeRewards(batchContext.rewards),
      );
      const made = { ...drawn, outcomes, fingerprint: sampler.fingerprint };
      const stats = await onFirst(context.ranks, () => writeResult(context.dir, made, config));
      context.watcher.note(statsTable(stats));
    } finally {
      sampler.close();
    }
  },
};

/** The rewards that must be able to score: not those that a judge stands in for, or that `unscored` lets be absent. */
function requiredRewards({ rewards, judge, unscored }: RejectConfig): RejectConfig['rewards'] {
  if (judge === undefined && unscored === 'drop') return rewards;
  const right: readonly string[] = rewardsSaying('right');
  return Object.fromEntries(Object.entries(rewards).filter(([name]) => !right.includes(name)));
}

/** What will be sampled. */
interface Drawn {
  readonly prompts: readonly Prompt[];
  readonly overlaps: readonly ({ readonly id: string } & Overlap)[];
  readonly index: ContaminationIndex | null;
}

async function drawPrompts(config: RejectConfig, context: StageContext): Promise<Drawn> {
  const { seed, resolve, watcher } = context;
  const source = await openPrompts(config.prompts, {
    seed,
    resolve,
    note: (text) => watcher.note(text),
    requireAnswers: readsAnswers(config.rewards),
  });
  const count = config.promptCount ?? source.size;
  if (count === null) {
    throw new UsageError(
      `${config.name}: promptCount is missing, and some of the prompts are generated without end`,
      'Say how many prompts are to be drawn.',
    );
  }
  const index = await evaluationIndex(config, context);
  const overlaps: ({ id: string } & Overlap)[] = [];
  const prompts = source.next(count).filter(({ id, text }) => {
    const overlap = index?.find(text) ?? null;
    if (overlap !== null) overlaps.push({ id, ...overlap });
    return overlap === null;
  });
  return { prompts, overlaps, index };
}

async function evaluationIndex(
  { decontaminate }: RejectConfig,
  { resolve, watcher }: StageContext,
): Promise<ContaminationIndex | null> {
  if (decontaminate === undefined) return null;
  const { prompts, count, problemSeed, ngram } = decontaminate;
  const note = (text: string) => watcher.note(text);
  const options = { seed: problemSeed, resolve, note, requireAnswers: false };
  const sets = await Promise.all(
    prompts.map(async (task) => {
      const heldOut = await openHeldOut([task], options);
      const taken = heldOut.take(Math.min(count, heldOut.size ?? count));
      return { name: task.task, questions: taken.map(({ id, text }) => ({ id, question: text })) };
    }),
  );
  return new ContaminationIndex(sets, ngram);
}

function openBatches(
  config: RejectConfig,
  sampler: Sampler,
  index: ContaminationIndex | null,
  { dir, seed, signal, ranks, resolve, device, dtype, watcher }: StageContext & Pick<Numerics, 'dtype'>,
): BatchContext {
  const replies = repliesDir(dir);
  const { judge, rewrite, sampling } = config;
  const warn = (id: string, text: string) => watcher.warn(id, text);
  const open = (settings: { readonly endpoint: EndpointConfig } | undefined) =>
    settings === undefined || ranks.rank > 0 ? null : openEndpoint(settings.endpoint, warn, replies);
  return {
    config,
    sampler,
    index,
    rewards: createRewards(config.rewards, {
      maxTokens: sampling.maxTokens,
      resolve,
      device,
      dtype,
      warn,
    }),
    judge: open(judge),
    rewriter: open(rewrite),
    seed,
    signal,
    ranks,
  };
}

/** All outcomes, batch after batch; batches kept before are not sampled again. */
async function sampleAll(
  batchContext: BatchContext,
  prompts: readonly Prompt[],
  context: StageContext,
): Promise<Outcome[]> {
  const { dir, watcher, signal, ranks } = context;
  const size = promptsPerBatch(batchContext.config);
  const batches = Math.ceil(prompts.length / size);
  const store = await firstThenOthers(ranks, () => new BatchStore<Outcome>(path.join(dir, STATE)));
  if (store.length > 0) watcher.note(`resuming after batch ${store.length} of ${batches}`);
  const outcomes = Array.from({ length: store.length }, (_, batch) => store.at(batch)!).flat();
  for (let batch = store.length; batch < batches; batch++) {
    const clock = performance.now();
    const first = batch * size;
    const made = await makeBatch(batchContext, prompts.slice(first, first + size), batch, first);
    outcomes.push(...made);
    const seconds = (performance.now() - clock) / 1000;
    if (ranks.rank === 0) await keepBatch(store, made, { number: batch + 1, of: batches, seconds }, context);
    await yieldToEventLoop();
    const stop = interruption(ranks, signal);
    if (stop !== null) throw stop.reason;
  }
  return outcomes;
}

/** Reports a batch and keeps it. */
async function keepBatch(
  store: BatchStore<Outcome>,
  made: readonly Outcome[],
  { number, of, seconds }: { readonly number: number; readonly of: number; readonly seconds: number },
  { record, watcher }: StageContext,
): Promise<void> {
  const report = batchReport(number, made, seconds);
  // Before the batch is kept: one that is not is sampled again, and its line written anew.
  record(report);
  await store.add(made);
  watcher.step(report, of);
}

function promptsPerBatch({ samples, sampling }: RejectConfig): number {
  return Math.max(1, Math.floor(sampling.maxRows / samples));
}

function batchReport(step: number, outcomes: readonly Outcome[], seconds: number): StepReport {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const accuracies = outcomes.flatMap(({ parts }) => firstRight(parts)?.score ?? []);
  const tokens = outcomes.map((outcome) => outcome.tokens);
  const sampled = tokens.reduce((sum, count) => sum + count, 0);
  return {
    step,
    kept_share: mean(outcomes.map(({ dropped }) => (dropped === null ? 1 : 0))),
    ...(accuracies.length > 0 && { accuracy: mean(accuracies) }),
    'completions/mean_length': mean(tokens),
    num_tokens: sampled,
    tokens_per_second: sampled / seconds,
    seconds,
  };
}

async function estimate(config: RejectConfig, context: EstimateContext): Promise<Estimate> {
  requirePromptFiles([...config.prompts, ...(config.decontaminate?.prompts ?? [])], context.resolve);
  await requireRewardFiles(config.rewards, context.resolve);
  const { samples, sampling } = config;
  const response = meanResponse(sampling.maxTokens, context);
  const rows = (await promptCount(config, context)) * samples;
  const tokens = rows * response.tokens;
  const calls = [config.endpoint && 'sampling', config.judge && 'judge', config.rewrite && 'rewriting'];
  const remote = calls.filter((call) => call !== undefined);
  const basis = [
    response.basis,
    ...(remote.length > 0 ? [`${remote.join(', ')} at an endpoint not counted in the time`] : []),
  ].join('; ');
  if (config.model === undefined) return { tokens, basis };
  const { parameters, active, layers } = modelSize(config.model, context);
  const seconds = estimateSeconds(
    { parameters: active, layers, sampled: tokens, rows: sampling.maxRows },
    context.device,
  );
  const bytes = parameters * parameterBytes(numericsOf(config.precision, context.device).dtype).frozen;
  const drawn = { rollouts: 1, rows, mean: response.tokens, longest: sampling.maxTokens };
  const load = { model: config.model, precision: config.precision, sampling: drawn };
  return { parameters, tokens, bytes, seconds, work: { active, sampled: tokens }, load, basis };
}

/** How many prompts will be drawn; 0 where that is not said. */
async function promptCount(config: RejectConfig, { resolve }: EstimateContext): Promise<number> {
  if (config.promptCount !== undefined) return config.promptCount;
  const source = await openPrompts(config.prompts, {
    seed: 0,
    resolve,
    requireAnswers: readsAnswers(config.rewards),
  });
  return source.size ?? 0;
}
