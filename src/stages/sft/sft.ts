/**
 * @file Supervised fine-tuning: the cold start of R1, its second fine-tuning, and distillation.
 *
 * Cross-entropy on the replies only, normalised by the trained tokens of the step. Examples are padded, or packed
 * several to a row; either way the gradient is the same. With `lora` only the additions are trained; the artifact is
 * the merged checkpoint, with the adapter beside it in `adapter/`.
 */
import { z } from 'zod';
import { countTokens, exampleFiles, type Rows, utilisation } from '../../data/index.ts';
import {
  loadTrained,
  loraSchema,
  readConfig,
  requireRecompute,
  saveTrained,
  storedDtype,
  tellLeftOut,
  useNumerics,
} from '../../models/index.ts';
import { onFirst } from '../../ranks.ts';
import {
  checkpointEverySchema,
  checkpointPrecisionSchema,
  checkpointSchema,
  mtpSchema,
  precisionSchema,
  recomputeSchema,
} from '../../rl/settings.ts';
import { type Metrics, trainSteps } from '../../rl/training-loop.ts';
import { Learner, optimizerSchema } from '../../rl/update/index.ts';
import type { Estimate, EstimateContext, StageContext, StageDefinition } from '../../run/stage.ts';
import { Tokenizer } from '../../text/index.ts';
import type { DType } from '../../torch/index.ts';
import { reportChatFormat, requireChatFormat } from '../common/chat-format.ts';
import { trainingEstimate } from '../common/cost.ts';
import { trainingLoad } from '../common/load.ts';
import { modelConfig, modelSize } from '../common/model-size.ts';
import { type NextTokenResult, nextTokenMetrics, nextTokenStep } from '../common/next-token.ts';
import { requireLayers } from '../common/required-layers.ts';
import { withPass } from '../common/training-memory.ts';
import {
  expectedTokens,
  hasOneLength,
  measureSftData,
  openSftData,
  reportOverlong,
  type SftData,
  sftDataSettings,
  statedSize,
} from './sft-data.ts';

const schema = z
  .strictObject({
    stage: z.literal('sft'),
    name: z.string(),
    model: checkpointSchema.describe('The model to start from'),
    ...sftDataSettings,
    recompute: recomputeSchema,
    mtp: mtpSchema,
    lora: loraSchema.optional().describe('Train a low-rank addition in place of all weights'),
    optimizer: optimizerSchema,
    checkpointEvery: checkpointEverySchema.default(100),
    precision: precisionSchema,
    checkpointPrecision: checkpointPrecisionSchema,
  })
  .refine(hasOneLength, { message: 'give epochs or steps, one of the two', path: ['epochs'] });

type SftConfig = z.output<typeof schema>;

export const sft: StageDefinition<typeof schema> = {
  kind: 'sft',
  schema,
  dataFiles: ({ data, template }) => exampleFiles(data, template),
  checkInputs: async (config, find) => requireChatFormat(config, find),
  estimate: async (config, context) => estimate(config, context),
  run: async (config, context) => {
    const checkpoint = context.resolve(config.model);
    reportChatFormat(config, checkpoint, context.watcher);
    const data = await openData(config, checkpoint, context);
    const { batches, steps } = data;
    if (data.size !== null) reportOverlong(data.encoder, context.watcher);
    const numerics = useNumerics(config.precision, context.device);
    const learner = openLearner(config, checkpoint, { steps, dtype: numerics.dtype }, context);
    const every = config.checkpointEvery;
    try {
      for await (const step of trainSteps(
        { context, learner, parts: { cursor: batches } },
        { steps, every },
      )) {
        const microBatches = batches.next();
        const result = nextTokenStep(learner, microBatches, config);
        step.report(stepMetrics(result, microBatches, data));
      }
      // What is generated without end is only known to be too long once it is drawn.
      if (data.size === null) reportOverlong(data.encoder, context.watcher);
      const lora = config.lora !== undefined;
      const options = learner.saveOptions(storedDtype(config.checkpointPrecision, numerics));
      await onFirst(context.ranks, () =>
        saveTrained(learner.model, context.dir, { base: checkpoint, lora, ...options }),
      );
    } finally {
      learner.dispose();
    }
  },
};

/** The metrics of a step beside those of its time. */
function stepMetrics(result: NextTokenResult, microBatches: readonly Rows[], data: SftData): Metrics {
  return {
    ...nextTokenMetrics(result),
    ...(data.size === null ? {} : { epoch: data.batches.examples() / data.size }),
    num_tokens: countTokens(microBatches),
    num_trained_tokens: result.targets,
    packing: utilisation(microBatches),
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

/** The model to be trained: with `lora`, only the additions. */
function openLearner(
  { lora, optimizer, recompute, mtp }: SftConfig,
  checkpoint: string,
  { steps, dtype }: { readonly steps: number; readonly dtype: DType },
  { device, seed, ranks, watcher }: StageContext,
): Learner {
  const model = loadTrained(checkpoint, { device, dtype, lora, seed, predictors: mtp !== undefined });
  tellLeftOut(checkpoint, model.config, (text) => watcher.note(text));
  requireRecompute(model, recompute);
  return new Learner(model, optimizer, steps, dtype, ranks);
}

async function estimate(config: SftConfig, context: EstimateContext): Promise<Estimate> {
  const { device } = context;
  const size = modelSize(config.model, context);
  const { packing, batchSize } = config;
  const rows = packing?.rowsPerStep ?? batchSize;
  const stated = statedSize(config, context.assumed);
  if (stated !== undefined) {
    const { examples, tokens } = stated;
    const mean = packing?.rowLength ?? tokens / examples;
    const steps = Math.ceil(packing ? tokens / (rows * mean) : examples / rows);
    const longest = packing?.rowLength ?? config.maxLength ?? Math.ceil(mean);
    return {
      ...trainingEstimate(size, tokens, config, device),
      load: trainingLoad(config, { steps, rows, mean, longest }, true),
    };
  }
  const measured = await measuredData(config, context);
  const length = packing?.rowLength ?? Math.ceil(measured.meanLength);
  const estimated = {
    ...trainingEstimate(size, expectedTokens(config, measured), config, device),
    load: trainingLoad(config, { steps: measured.steps, rows, mean: length, longest: length }, true),
  };
  const shape = modelConfig(config.model, context);
  requireLayers(shape, config);
  return withPass(estimated, shape, config, { rows, length, head: {}, device });
}

async function measuredData(config: SftConfig, { resolve }: EstimateContext) {
  const checkpoint = resolve(config.model);
  const { maxPositions } = readConfig(checkpoint);
  const tokenizer = Tokenizer.load(checkpoint);
  return measureSftData(config, { seed: 0, resolve, tokenizer, maxPositions });
}
