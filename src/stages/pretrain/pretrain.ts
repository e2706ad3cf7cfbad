/**
 * @file Pre-training: next-token prediction on packed documents, from random weights or from a checkpoint.
 *
 * Documents are texts of your own files, those of the small world, or both (data/texts.ts). An end token closes each;
 * rows hold several, and attention stays inside a document. The artifact is a checkpoint with its tokenizer.
 */
import path from 'node:path';
import { openTexts, Packer, splitRows, type Texts, textFiles, utilisation } from '../../data/index.ts';
import {
  initModel,
  type LanguageModel,
  loadModel,
  type ModelConfig,
  modelSizes,
  numericsOf,
  parameterBytes,
  parseConfig,
  readConfig,
  requireRecompute,
  saveModel,
  storedDtype,
  tellLeftOut,
  useNumerics,
  withPredictors,
} from '../../models/index.ts';
import { firstThenOthers, onFirst } from '../../ranks.ts';
import { microBatchTokens } from '../../rl/settings.ts';
import { trainSteps } from '../../rl/training-loop.ts';
import { Learner } from '../../rl/update/index.ts';
import { STATE } from '../../run/artifact.ts';
import type { Estimate, EstimateContext, ModelSize, StageContext, StageDefinition } from '../../run/stage.ts';
import type { Tokenizer } from '../../text/index.ts';
import { estimateSeconds, memoryBasis } from '../common/cost.ts';
import { trainingLoad } from '../common/load.ts';
import { modelConfig, modelSize } from '../common/model-size.ts';
import { nextTokenMetrics, nextTokenStep } from '../common/next-token.ts';
import { requireLayers } from '../common/required-layers.ts';
import { withPass } from '../common/training-memory.ts';
import { type PretrainConfig, pretrainSchema, textsOf, WORLD } from './config.ts';
import { findTokenizer, loadTokenizer, prepareTokenizer, requireVocabulary } from './tokenizer.ts';

export const pretrain: StageDefinition<typeof pretrainSchema> = {
  kind: 'pretrain',
  schema: pretrainSchema,
  dataFiles: (config) => textFiles(textsOf(config)),
  estimate: async (config, context) => estimate(config, context),
  run: async (config, context) => {
    const { ranks } = context;
    const tokenizerDir = await firstThenOthers(ranks, () => prepareTokenizer(config, context));
    const tokenizer = loadTokenizer(tokenizerDir);
    const model = openModel(config, context, tokenizer);
    requireVocabulary(tokenizer, model.config.vocabSize, config);
    requireRecompute(model, config.recompute);
    const numerics = useNumerics(config.precision, context.device);
    const learner = new Learner(model, config.optimizer, config.steps, numerics.dtype, ranks);
    const { steps, checkpointEvery: every } = config;
    let texts: Texts | null = null;
    try {
      const { maxPositions } = model.config;
      texts = await firstThenOthers(ranks, () => open(config, context, tokenizer, maxPositions));
      const packer = new Packer(texts.source, { length: config.rowLength, padToken: tokenizer.padId ?? 0 });
      const microTokens = microBatchTokens(config.tokensPerMicroBatch, context.device);
      for await (const step of trainSteps(
        { context, learner, parts: { cursor: packer } },
        { steps, every },
      )) {
        const microBatches = splitRows(packer.next(config.rowsPerStep), microTokens);
        const result = nextTokenStep(learner, microBatches, config);
        step.report({
          ...nextTokenMetrics(result),
          num_tokens: result.targets,
          packing: utilisation(microBatches),
        });
      }
      const options = learner.saveOptions(storedDtype(config.checkpointPrecision, numerics));
      await onFirst(ranks, () => saveModel(model, context.dir, { tokenizerFrom: tokenizerDir, ...options }));
    } finally {
      texts?.close();
      learner.dispose();
    }
  },
};

/** The model to be trained, in float32: of random weights, or as the checkpoint has it. */
function openModel(
  { model, tokenizer: name, mtp }: PretrainConfig,
  { seed, device, resolve, watcher }: StageContext,
  tokenizer: Tokenizer,
): LanguageModel {
  const predictors = mtp !== undefined;
  if (typeof model === 'string') {
    const loaded = loadModel(resolve(model), { device, dtype: 'float32', predictors });
    tellLeftOut(resolve(model), loaded.config, (text) => watcher.note(text));
    return loaded;
  }
  // Other libraries look for the end token in config.json. The small world's checkpoints stay as they are.
  const keys = name === WORLD ? model : { ...tokenIds(tokenizer), ...model };
  const config = parseConfig(keys, 'model');
  const shape = predictors ? withPredictors(config, 'mtp') : config;
  return initModel(shape, seed, { device, scheme: 'scaled' });
}

/** The tokenizer's special tokens as the keys of a config.json. */
function tokenIds({ bosId, eosId, padId }: Tokenizer): { readonly [key: string]: number | null } {
  return { bos_token_id: bosId ?? null, eos_token_id: eosId, pad_token_id: padId ?? null };
}

/** The texts, in pieces that fit a row and the model's context. */
async function open(
  config: PretrainConfig,
  { seed, dir, resolve, signal, watcher }: StageContext,
  tokenizer: Tokenizer,
  maxPositions: number,
): Promise<Texts> {
  const texts = await openTexts(textsOf(config), {
    seed,
    resolve,
    tokenizer,
    length: Math.min(config.rowLength, maxPositions),
    dir: path.join(dir, STATE, 'tokens'),
    signal,
    note: (text) => watcher.note(text),
  });
  if (texts.tokens !== null) {
    const epochs = (placesOf(config) / texts.tokens).toFixed(1);
    watcher.note(
      `${config.steps} steps are about ${epochs} passes over ${texts.tokens.toLocaleString('en')} tokens`,
    );
  }
  return texts;
}

/** Places in all rows of the training. */
function placesOf({ steps, rowsPerStep, rowLength }: PretrainConfig): number {
  return steps * rowsPerStep * rowLength;
}

async function estimate(config: PretrainConfig, context: EstimateContext): Promise<Estimate> {
  const { resolve, device } = context;
  for (const entry of textsOf(config)) if ('path' in entry) resolve(entry.path);
  const { parameters, active, layers } = checkedSize(config, context);
  const tokens = placesOf(config);
  const tokensPerPass = microBatchTokens(config.tokensPerMicroBatch, device);
  const numerics = numericsOf(config.precision, device);
  const { precision } = numerics;
  const work = { parameters: active, layers, trained: tokens, tokensPerPass, precision };
  const seconds = estimateSeconds(work, device);
  const basis = `every place of a row filled; ${memoryBasis(undefined, numerics)}`;
  const bytes = parameters * parameterBytes(numerics.dtype).trained;
  const { rowsPerStep: rows, rowLength: length, steps } = config;
  const load = trainingLoad(config, { steps, rows, mean: length, longest: length }, true);
  const estimated = { parameters, tokens, bytes, seconds, basis, load };
  const shape = shapeOf(config, context);
  requireLayers(shape, config);
  return withPass(estimated, shape, config, { rows, length, head: {}, device });
}

/** The configuration of the model; null where the recipe states its size alone. */
function shapeOf({ model }: PretrainConfig, context: EstimateContext): ModelConfig | null {
  return typeof model === 'string' ? modelConfig(model, context) : parseConfig(model, 'model');
}

/** The size of a model that the tokenizer fits. Of a checkpoint that is not at hand only the size may be stated. */
function checkedSize(config: PretrainConfig, context: EstimateContext): ModelSize {
  const { model } = config;
  if (typeof model === 'string' && context.assumed?.model(model) !== undefined)
    return modelSize(model, context);
  const shape = typeof model === 'string' ? readConfig(context.resolve(model)) : parseConfig(model, 'model');
  requireVocabulary(findTokenizer(config, context.resolve), shape.vocabSize, config);
  const { parameters, active } = modelSizes(shape);
  return { parameters, active, layers: shape.layers };
}
