/**
 * @file Supervised fine-tuning: the cold start of R1, its second fine-tuning, and distillation.
 *
 * Cross-entropy on the replies only, normalised by the trained tokens of the step. Examples are padded, or packed
 * several to a row; either way the gradient is the same. With `lora` only the additions are trained; the artifact is
 * the merged checkpoint, with the adapter beside it in `adapter/`.
 */
import path from 'node:path';
import { z } from 'zod';
import { countTokens, type Rows, utilisation } from '../data/index.ts';
import { loadModel, loraSchema, readConfig, withLora } from '../models/index.ts';
import type { Json, StepReport } from '../records.ts';
import { STATE } from '../run/artifact.ts';
import { explainOutOfMemory } from '../tensor/index.ts';
import { Tokenizer } from '../text/index.ts';
import { Learner, loadState, optimizerSchema, saveState } from '../update/index.ts';
import { breathe } from './breathe.ts';
import { estimateSeconds } from './cost.ts';
import { checkpointEverySchema, checkpointSchema, microBatchTokens } from './knobs.ts';
import { modelSize } from './model-size.ts';
import { type NextTokenResult, nextTokenStep } from './next-token.ts';
import { saveTrained } from './save-trained.ts';
import {
  expectedTokens,
  hasOneLength,
  openSftData,
  reportOverlong,
  type SftData,
  sftDataKnobs,
  statedTokens,
} from './sft-data.ts';
import type { Estimate, EstimateContext, StageContext, StageDefinition } from './stage.ts';

const schema = z
  .strictObject({
    stage: z.literal('sft'),
    name: z.string(),
    model: checkpointSchema.describe('The model to start from'),
    ...sftDataKnobs,
    lora: loraSchema.optional().describe('Train a low-rank addition in place of all weights'),
    optimizer: optimizerSchema,
    checkpointEvery: checkpointEverySchema.default(100),
  })
  .refine(hasOneLength, { message: 'give epochs or steps, one of the two', path: ['epochs'] });

type SftConfig = z.output<typeof schema>;

export const sft: StageDefinition<typeof schema> = {
  kind: 'sft',
  schema,
  estimate: async (config, context) => estimate(config, context),
  run: async (config, context) => {
    const checkpoint = context.resolve(config.model);
    const run = await open(config, checkpoint, context);
    try {
      await train(run, config, context);
      await saveTrained(run.learner.model, context.dir, checkpoint, config.lora !== undefined);
    } finally {
      run.learner.dispose();
    }
  },
};

/** What the loop works with. */
interface Run {
  readonly learner: Learner;
  readonly data: SftData;
  /** First step not yet taken. */
  readonly start: number;
}

async function train({ learner, data, start }: Run, config: SftConfig, context: StageContext): Promise<void> {
  const { batches, steps } = data;
  for (let step = start; step < steps; step++) {
    const clock = performance.now();
    const microBatches = batches.next();
    const result = explainOutOfMemory('lower `tokensPerMicroBatch`', () =>
      nextTokenStep(learner, microBatches),
    );
    const seconds = (performance.now() - clock) / 1000;
    const report = stepReport({ step: step + 1, result, microBatches, data, seconds });
    context.record(report);
    context.watcher.step(report, steps);
    await breathe();
    if ((step + 1) % config.checkpointEvery === 0 || context.signal.aborted) {
      const progress = { step: step + 1, cursor: batches.cursor() };
      await saveState(path.join(context.dir, STATE), learner, progress);
    }
    context.signal.throwIfAborted();
  }
  // What is generated without end is only known to be too long once it is drawn.
  if (data.size === null) reportOverlong(data.encoder, context.watcher);
}

interface StepFacts {
  readonly step: number;
  readonly result: NextTokenResult;
  readonly microBatches: readonly Rows[];
  readonly data: SftData;
  readonly seconds: number;
}

/** One line of metrics.jsonl. */
function stepReport({ step, result, microBatches, data, seconds }: StepFacts): StepReport {
  const tokens = countTokens(microBatches);
  return {
    step,
    loss: result.loss,
    grad_norm: result.gradNorm,
    learning_rate: result.learningRate,
    mean_token_accuracy: result.accuracy,
    entropy: result.entropy,
    ...(data.size === null ? {} : { epoch: data.batches.examples() / data.size }),
    num_tokens: tokens,
    num_trained_tokens: result.targets,
    packing: utilisation(microBatches),
    tokens_per_second: tokens / seconds,
    seconds,
  };
}

async function openData(
  config: SftConfig,
  checkpoint: string,
  { resolve, seed, device }: Pick<StageContext, 'resolve' | 'seed' | 'device'>,
): Promise<SftData> {
  const { maxPositions } = readConfig(checkpoint);
  const tokenizer = Tokenizer.load(checkpoint);
  return openSftData(config, { seed, resolve, device, tokenizer, maxPositions });
}

/** Loads everything, and goes on from an interrupted run's state where the directory holds one. */
async function open(config: SftConfig, checkpoint: string, context: StageContext): Promise<Run> {
  const data = await openData(config, checkpoint, context);
  if (data.size !== null) reportOverlong(data.encoder, context.watcher);
  const model = loadModel(checkpoint, { device: context.device, dtype: 'float32' });
  if (config.lora) withLora(model, config.lora, context.seed);
  const learner = new Learner(model, config.optimizer, data.steps);
  const progress = loadState(path.join(context.dir, STATE), learner, new Map(), context.watcher) as {
    step: number;
    cursor: Json;
  } | null;
  if (progress !== null) {
    data.batches.seek(progress.cursor);
    context.watcher.note(`resuming after step ${progress.step} of ${data.steps}`);
  }
  return { learner, data, start: progress?.step ?? 0 };
}

async function estimate(config: SftConfig, context: EstimateContext): Promise<Estimate> {
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

async function countedTokens(config: SftConfig, context: EstimateContext): Promise<number> {
  const checkpoint = context.resolve(config.model);
  return expectedTokens(config, await openData(config, checkpoint, { ...context, seed: 0 }));
}
