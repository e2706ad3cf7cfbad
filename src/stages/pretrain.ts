/**
 * @file Pre-training: next-token prediction on packed documents, from random weights.
 */
import path from 'node:path';
import { z } from 'zod';
import { chainDocuments, documentsSchema, mapSource, Packer, splitRows, utilisation } from '../data/index.ts';
import { UsageError } from '../errors.ts';
import { initModel, modelSizes, parseConfig, saveModel } from '../models/index.ts';
import type { Json } from '../records.ts';
import { STATE } from '../run/artifact.ts';
import { explainOutOfMemory } from '../tensor/index.ts';
import { Tokenizer, type TokenSequence, writeWorldTokenizer } from '../text/index.ts';
import { Learner, loadState, optimizerSchema, saveState } from '../update/index.ts';
import { breathe } from './breathe.ts';
import { estimateSeconds } from './cost.ts';
import { checkpointEverySchema, microBatchTokens, tokensPerMicroBatchSchema } from './knobs.ts';
import { nextTokenStep } from './next-token.ts';
import type { StageContext, StageDefinition } from './stage.ts';

const schema = z.strictObject({
  stage: z.literal('pretrain'),
  name: z.string(),
  model: z
    .record(z.string(), z.json())
    .describe('The architecture, as the keys of a Hugging Face config.json: model_type, hidden_size …'),
  tokenizer: z
    .string()
    .default('world')
    .describe('Folder with a tokenizer.json, or `world` for the small world'),
  documents: documentsSchema.prefault({}).describe('The corpus of the small world'),
  steps: z.number().int().positive().describe('Optimiser steps'),
  rowLength: z.number().int().positive().default(192).describe('Tokens in a packed row'),
  rowsPerStep: z.number().int().positive().default(64).describe('Rows in an optimiser step'),
  optimizer: optimizerSchema,
  tokensPerMicroBatch: tokensPerMicroBatchSchema,
  checkpointEvery: checkpointEverySchema.default(200),
});

type PretrainConfig = z.output<typeof schema>;

export const pretrain: StageDefinition<typeof schema> = {
  kind: 'pretrain',
  schema,
  estimate: async (config, { device }) => {
    const model = parseConfig(config.model, 'model');
    const { parameters } = modelSizes(model);
    const tokens = config.steps * config.rowsPerStep * config.rowLength;
    const tokensPerPass = microBatchTokens(config.tokensPerMicroBatch, device);
    const work = { parameters, layers: model.layers, trained: tokens, tokensPerPass };
    const seconds = estimateSeconds(work, device);
    const basis = 'every place of a row filled; weights, gradients and two moments in float32';
    return { parameters, tokens, bytes: parameters * 16, seconds, basis };
  },
  run: async (config, context) => {
    const tokenizerDir = prepareTokenizer(config, context);
    const tokenizer = Tokenizer.load(tokenizerDir);
    const model = initModel(parseConfig(config.model, 'model'), context.seed, {
      device: context.device,
      scheme: 'scaled',
    });
    requireVocabulary(tokenizer, model.config.vocabSize);
    const learner = new Learner(model, config.optimizer, config.steps);
    try {
      await train(learner, tokenizer, config, context);
      await saveModel(model, context.dir, { tokenizerFrom: tokenizerDir });
    } finally {
      learner.dispose();
    }
  },
};

/** A token without an embedding would be an index out of range in the middle of a step. */
function requireVocabulary(tokenizer: Tokenizer, rows: number): void {
  if (tokenizer.vocabSize <= rows) return;
  throw new UsageError(
    `model.vocab_size: ${rows}, but the tokenizer has ${tokenizer.vocabSize} tokens`,
    `Set model.vocab_size to ${tokenizer.vocabSize} or more.`,
  );
}

function prepareTokenizer(config: PretrainConfig, context: StageContext): string {
  if (config.tokenizer !== 'world') return context.resolve(config.tokenizer);
  const dir = path.join(context.dir, STATE, 'tokenizer');
  // Written again when the stage is resumed: it may have been cut short.
  writeWorldTokenizer(dir);
  return dir;
}

async function train(
  learner: Learner,
  tokenizer: Tokenizer,
  config: PretrainConfig,
  context: StageContext,
): Promise<void> {
  const documents = chainDocuments({ seed: context.seed, config: config.documents });
  const packer = new Packer(
    mapSource(documents, (text) => wholly(tokenizer.encode(text))),
    { length: config.rowLength, padToken: tokenizer.padId ?? 0 },
  );
  const progress = loadState(path.join(context.dir, STATE), learner, new Map(), context.watcher) as {
    step: number;
    cursor: Json;
  } | null;
  if (progress !== null) {
    packer.seek(progress.cursor);
    context.watcher.note(`resuming after step ${progress.step} of ${config.steps}`);
  }
  const microTokens = microBatchTokens(config.tokensPerMicroBatch, context.device);
  for (let step = progress?.step ?? 0; step < config.steps; step++) {
    const clock = performance.now();
    const microBatches = splitRows(packer.next(config.rowsPerStep), microTokens);
    const result = explainOutOfMemory('lower `tokensPerMicroBatch`', () =>
      nextTokenStep(learner, microBatches),
    );
    const seconds = (performance.now() - clock) / 1000;
    const report = {
      step: step + 1,
      loss: result.loss,
      grad_norm: result.gradNorm,
      learning_rate: result.learningRate,
      num_tokens: result.targets,
      mean_token_accuracy: result.accuracy,
      entropy: result.entropy,
      packing: utilisation(microBatches),
      tokens_per_second: result.targets / seconds,
      seconds,
    };
    context.record(report);
    context.watcher.step(report, config.steps);
    await breathe();
    if ((step + 1) % config.checkpointEvery === 0 || context.signal.aborted) {
      await saveState(path.join(context.dir, STATE), learner, { step: step + 1, cursor: packer.cursor() });
    }
    context.signal.throwIfAborted();
  }
}

/** A document of which every token is trained on. */
function wholly(tokens: Int32Array): TokenSequence {
  return { tokens, trained: new Uint8Array(tokens.length).fill(1) };
}
