/**
 * @file Training a reward model: a language model whose head says one number of a whole text.
 *
 * Pairwise (Bradley-Terry) for helpfulness, pointwise (safe or not) for harmlessness, as DeepSeek-R1 trains its two
 * (arXiv 2501.12948, supplement). The score is read at the end token. The artifact is a checkpoint with the head in place
 * of the one over the vocabulary, and `report.json` with the accuracy on held-out judgements. With `lora` the additions
 * and the head are trained, and the artifact is merged.
 */
import path from 'node:path';
import {
  initHead,
  loadModel,
  mergeLora,
  readConfig,
  type ScoringOptions,
  saveValueModel,
  ValueModel,
  withLora,
} from '../models/index.ts';
import type { Json, StepReport } from '../records.ts';
import { MODEL_REPORT } from '../reward/index.ts';
import { STATE } from '../run/artifact.ts';
import { writeJsonAtomic } from '../run/atomic.ts';
import { explainOutOfMemory } from '../tensor/index.ts';
import { Tokenizer } from '../text/index.ts';
import { Learner, loadState, saveState } from '../update/index.ts';
import { breathe } from './breathe.ts';
import { estimateSeconds } from './cost.ts';
import { microBatchTokens } from './knobs.ts';
import { modelSize } from './model-size.ts';
import { type RewardModelConfig, rewardModelSchema } from './reward-model/config.ts';
import { openJudged, type RewardModelData } from './reward-model/data.ts';
import { inWords, reportOf } from './reward-model/report.ts';
import { type JudgedResult, rewardModelStep } from './reward-model/step.ts';
import { statedTokens } from './sft-data.ts';
import type { Estimate, EstimateContext, StageContext, StageDefinition } from './stage.ts';

export const rewardModel: StageDefinition<typeof rewardModelSchema> = {
  kind: 'reward-model',
  schema: rewardModelSchema,
  estimate: async (config, context) => estimate(config, context),
  run: async (config, context) => {
    const checkpoint = context.resolve(config.model);
    const run = await open(config, checkpoint, context);
    try {
      await train(run, config, context);
      await finish(run, config, checkpoint, context);
    } finally {
      run.learner.dispose();
    }
  },
};

/** What the loop works with. */
interface Run {
  readonly learner: Learner<ValueModel>;
  readonly data: RewardModelData;
  readonly passes: ScoringOptions;
  /** Optimiser steps in all. */
  readonly steps: number;
  /** First step not yet taken. */
  readonly start: number;
}

/** Judgements in all steps; with `epochs` the last step has what is left. */
function lengthOf(
  config: RewardModelConfig,
  { size }: RewardModelData,
): { steps: number; judgements: number } {
  if (config.steps !== undefined) {
    return { steps: config.steps, judgements: config.steps * config.batchSize };
  }
  const judgements = Math.ceil(config.epochs! * size);
  return { steps: Math.ceil(judgements / config.batchSize), judgements };
}

async function train(run: Run, config: RewardModelConfig, context: StageContext): Promise<void> {
  const { learner, data, passes, steps, start } = run;
  const { judgements } = lengthOf(config, data);
  for (let step = start; step < steps; step++) {
    const clock = performance.now();
    const items = data.train.next(Math.min(config.batchSize, judgements - step * config.batchSize));
    const result = explainOutOfMemory('lower `tokensPerMicroBatch`', () =>
      rewardModelStep(learner, config.kind, items, passes),
    );
    const tokens = items.reduce(
      (sum, { sequences }) => sum + sequences.reduce((n, { length }) => n + length, 0),
      0,
    );
    const seconds = (performance.now() - clock) / 1000;
    const seen = step * config.batchSize + items.length;
    const report = stepReport(step + 1, result, {
      items: items.length,
      tokens,
      seconds,
      epoch: seen / data.size,
    });
    context.record(report);
    context.watcher.step(report, steps);
    await breathe();
    if ((step + 1) % config.checkpointEvery === 0 || context.signal.aborted) {
      const progress = { step: step + 1, cursor: data.train.cursor() };
      await saveState(path.join(context.dir, STATE), learner, progress);
    }
    context.signal.throwIfAborted();
  }
}

interface StepFacts {
  readonly items: number;
  readonly tokens: number;
  readonly seconds: number;
  readonly epoch: number;
}

/** One line of metrics.jsonl. */
function stepReport(step: number, result: JudgedResult, facts: StepFacts): StepReport {
  const { loss, right, margin, meanScore, gradNorm, learningRate } = result;
  const { items, tokens, seconds, epoch } = facts;
  return {
    step,
    loss,
    accuracy: right / items,
    ...(margin !== null && { margin }),
    mean_reward: meanScore,
    grad_norm: gradNorm,
    learning_rate: learningRate,
    epoch,
    num_tokens: tokens,
    tokens_per_second: tokens / seconds,
    seconds,
  };
}

async function openData(
  config: RewardModelConfig,
  checkpoint: string,
  { resolve, seed }: Pick<StageContext, 'resolve' | 'seed'>,
): Promise<RewardModelData> {
  const { maxPositions } = readConfig(checkpoint);
  return openJudged(config, { seed, resolve, tokenizer: Tokenizer.load(checkpoint), maxPositions });
}

/** Loads everything, and goes on from an interrupted run's state where the directory holds one. */
async function open(config: RewardModelConfig, checkpoint: string, context: StageContext): Promise<Run> {
  const data = await openData(config, checkpoint, context);
  const { overlong, unreadable, unbalanced } = data.leftOut;
  if (overlong + unreadable + unbalanced > 0) {
    context.watcher.note(
      `left out: ${overlong} judgements too long, ${unreadable} without an answer or difference, ${unbalanced} to balance lengths`,
    );
  }
  const trunk = loadModel(checkpoint, { device: context.device, dtype: 'float32' });
  if (config.lora) withLora(trunk, config.lora, context.seed);
  const model = new ValueModel(trunk, initHead(trunk));
  if (config.lora) model.score.requiresGrad_();
  const { steps } = lengthOf(config, data);
  const learner = new Learner(model, config.optimizer, steps);
  const state = path.join(context.dir, STATE);
  const progress = loadState(state, learner, new Map(), context.watcher) as {
    step: number;
    cursor: Json;
  } | null;
  if (progress !== null) {
    data.train.seek(progress.cursor);
    context.watcher.note(`resuming after step ${progress.step} of ${steps}`);
  }
  const passes = {
    tokensPerMicroBatch: microBatchTokens(config.tokensPerMicroBatch, context.device),
    padToken: Tokenizer.load(checkpoint).padId ?? 0,
  };
  return { learner, data, passes, steps, start: progress?.step ?? 0 };
}

/** Leaves the checkpoint and its report. */
async function finish(
  { learner, data, passes, steps }: Run,
  config: RewardModelConfig,
  checkpoint: string,
  { dir, watcher }: StageContext,
): Promise<void> {
  const report = reportOf(config, data, steps, learner.model, passes);
  await writeJsonAtomic(path.join(dir, MODEL_REPORT), report);
  const line = inWords(report);
  if (line !== null) watcher.note(line);
  await saveValueModel(mergeLora(learner.model), dir, { tokenizerFrom: checkpoint });
}

async function estimate(config: RewardModelConfig, context: EstimateContext): Promise<Estimate> {
  const { parameters, active, layers } = modelSize(config.model, context);
  const tokens = statedTokens(config, context.assumed) ?? (await countedTokens(config, context));
  const tokensPerPass = microBatchTokens(config.tokensPerMicroBatch, context.device);
  return {
    parameters,
    tokens,
    bytes: parameters * (config.lora ? 4 : 16),
    seconds: estimateSeconds({ parameters: active, layers, trained: tokens, tokensPerPass }, context.device),
    work: { active, trained: tokens },
    basis: config.lora
      ? 'frozen weights in float32; the additions are small'
      : 'weights, gradients and two moments in float32',
  };
}

async function countedTokens(config: RewardModelConfig, context: EstimateContext): Promise<number> {
  const data = await openData(config, context.resolve(config.model), { ...context, seed: 0 });
  return Math.round(lengthOf(config, data).judgements * data.meanTokens);
}
