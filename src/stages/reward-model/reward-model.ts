/**
 * @file Training a reward model: a language model whose head says one number of a whole text.
 *
 * Pairwise (Bradley-Terry) for helpfulness, pointwise (safe or not) for harmlessness, as DeepSeek-R1 trains its two
 * (arXiv 2501.12948, supplement). The score is read at the end token. The artifact is a checkpoint with the head in place
 * of the one over the vocabulary, and `report.json` with the accuracy on held-out judgements. With `lora` the additions
 * and the head are trained, and the artifact is merged.
 */
import path from 'node:path';
import { judgedFiles } from '../../data/index.ts';
import {
  initHead,
  isQuantised,
  loadTrained,
  mergeLora,
  readConfig,
  requireRecompute,
  saveValueModel,
  storedDtype,
  tellLeftOut,
  useNumerics,
  ValueModel,
  withMergedWeights,
} from '../../models/index.ts';
import { onFirst } from '../../ranks.ts';
import { MODEL_REPORT } from '../../rl/reward/index.ts';
import { isPacked, microBatchTokens } from '../../rl/settings.ts';
import { type Metrics, trainSteps } from '../../rl/training-loop.ts';
import { Learner } from '../../rl/update/index.ts';
import { writeJsonAtomic } from '../../run/atomic.ts';
import type { Estimate, EstimateContext, StageContext, StageDefinition } from '../../run/stage.ts';
import { Tokenizer } from '../../text/index.ts';
import type { DType } from '../../torch/index.ts';
import { trainingEstimate } from '../common/cost.ts';
import { trainingLoad } from '../common/load.ts';
import { modelConfig, modelSize } from '../common/model-size.ts';
import { requireLayers } from '../common/required-layers.ts';
import { withPass } from '../common/training-memory.ts';
import { statedSize } from '../sft/sft-data.ts';
import { type RewardModelConfig, rewardModelSchema } from './config.ts';
import { type JudgedItem, openJudged, type RewardModelData } from './data.ts';
import { inWords, type RewardModelReport, reportOf } from './report.ts';
import { type JudgedResult, rewardModelStep } from './step.ts';

export const rewardModel: StageDefinition<typeof rewardModelSchema> = {
  kind: 'reward-model',
  schema: rewardModelSchema,
  dataFiles: ({ data, kind }) => judgedFiles(data, kind),
  estimate: async (config, context) => estimate(config, context),
  run: async (config, context) => {
    const checkpoint = context.resolve(config.model);
    const data = await openData(config, checkpoint, context);
    noteLeftOut(data, context.watcher);
    const { steps, judgements } = lengthOf(config, data);
    const numerics = useNumerics(config.precision, context.device);
    const learner = openLearner(config, checkpoint, { steps, dtype: numerics.dtype }, context);
    const passes = {
      tokensPerMicroBatch: microBatchTokens(config.tokensPerMicroBatch, context.device),
      padToken: Tokenizer.load(checkpoint).padId ?? 0,
      packed: isPacked(config.packing, learner.model.trunk),
      recompute: config.recompute,
    };
    const { batchSize, checkpointEvery: every } = config;
    try {
      const training = { context, learner, parts: { cursor: data.train } };
      for await (const step of trainSteps(training, { steps, every })) {
        const seen = step.index * batchSize;
        const items = data.train.next(Math.min(batchSize, judgements - seen));
        const result = rewardModelStep(learner, config.kind, items, passes);
        step.report(stepMetrics(result, items, (seen + items.length) / data.size));
      }
      const dtype = storedDtype(config.checkpointPrecision, numerics);
      await onFirst(context.ranks, async () => {
        const report = reportOf(config, data, steps, learner.model, passes);
        await finish(learner, report, { dtype, checkpoint }, context);
      });
    } finally {
      learner.dispose();
    }
  },
};

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

/** The metrics of a step beside those of its time. */
function stepMetrics(result: JudgedResult, items: readonly JudgedItem[], epoch: number): Metrics {
  const { loss, right, margin, meanScore, gradNorm, learningRate } = result;
  const lengths = items.flatMap(({ sequences }) => sequences.map(({ length }) => length));
  return {
    loss,
    accuracy: right / items.length,
    ...(margin !== null && { margin }),
    mean_reward: meanScore,
    grad_norm: gradNorm,
    learning_rate: learningRate,
    epoch,
    num_tokens: lengths.reduce((sum, length) => sum + length, 0),
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

function noteLeftOut({ leftOut }: RewardModelData, watcher: StageContext['watcher']): void {
  const { overlong, unreadable, unbalanced } = leftOut;
  if (overlong + unreadable + unbalanced === 0) return;
  watcher.note(
    `left out: ${overlong} judgements too long, ${unreadable} without an answer or difference, ${unbalanced} to balance lengths`,
  );
}

/** A language model with a new head; with `lora`, the additions and the head are trained. */
function openLearner(
  config: RewardModelConfig,
  checkpoint: string,
  { steps, dtype }: { readonly steps: number; readonly dtype: DType },
  { device, seed, ranks, watcher }: StageContext,
): Learner<ValueModel> {
  const trunk = loadTrained(checkpoint, { device, dtype, lora: config.lora, seed });
  tellLeftOut(checkpoint, trunk.config, (text) => watcher.note(text));
  requireRecompute(trunk, config.recompute);
  const model = new ValueModel(trunk, initHead(trunk));
  if (config.lora) model.score.requiresGrad_();
  return new Learner(model, config.optimizer, steps, dtype, ranks);
}

/** Leaves the checkpoint and its report. */
async function finish(
  learner: Learner<ValueModel>,
  report: RewardModelReport,
  { dtype, checkpoint: tokenizerFrom }: { readonly dtype: DType; readonly checkpoint: string },
  { dir, watcher }: StageContext,
): Promise<void> {
  await writeJsonAtomic(path.join(dir, MODEL_REPORT), report);
  const line = inWords(report);
  if (line !== null) watcher.note(line);
  const { model } = learner;
  const options = learner.saveOptions(dtype);
  if (!isQuantised(model)) {
    return saveValueModel(mergeLora(model, dtype), dir, { tokenizerFrom, ...options });
  }
  await withMergedWeights(model.trunk, tokenizerFrom, (shapes, values) =>
    saveValueModel(new ValueModel(shapes, model.score), dir, {
      tokenizerFrom,
      dtype,
      source: (name, own) => values(name) ?? own,
    }),
  );
}

async function estimate(config: RewardModelConfig, context: EstimateContext): Promise<Estimate> {
  const { device } = context;
  const size = modelSize(config.model, context);
  const stated = statedSize(config, context.assumed);
  const sequences = config.kind === 'pairwise' ? 2 : 1;
  const rows = config.batchSize * sequences;
  if (stated !== undefined) {
    const { examples, tokens } = stated;
    const mean = tokens / examples / sequences;
    const longest = config.maxLength ?? Math.ceil(mean);
    const steps = Math.ceil(examples / config.batchSize);
    return {
      ...trainingEstimate(size, tokens, config, device),
      load: trainingLoad(config, { steps, rows, mean, longest }, false),
    };
  }
  const data = await openData(config, context.resolve(config.model), { ...context, seed: 0 });
  const { steps, judgements } = lengthOf(config, data);
  const length = Math.ceil(data.meanTokens / sequences);
  const estimated = {
    ...trainingEstimate(size, Math.round(judgements * data.meanTokens), config, device),
    load: trainingLoad(config, { steps, rows, mean: length, longest: length }, false),
  };
  const shape = modelConfig(config.model, context);
  requireLayers(shape, config);
  return withPass(estimated, shape, config, {
    rows,
    length,
    head: null,
    device,
  });
}
