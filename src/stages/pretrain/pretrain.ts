/**
 * @file Pre-training: next-token prediction on packed documents, from random weights.
 */
import path from 'node:path';
import { z } from 'zod';
import { mapSource, Packer, splitRows, utilisation } from '../../data/index.ts';
import { UsageError } from '../../errors.ts';
import { initModel, modelSizes, parseConfig, saveModel } from '../../models/index.ts';
import { checkpointEverySchema, microBatchTokens, tokensPerMicroBatchSchema } from '../../rl/settings.ts';
import { trainSteps } from '../../rl/training-loop.ts';
import { Learner, optimizerSchema } from '../../rl/update/index.ts';
import { STATE } from '../../run/artifact.ts';
import type { StageContext, StageDefinition } from '../../run/stage.ts';
import { Tokenizer, type TokenSequence } from '../../text/index.ts';
import { chainDocuments, documentsSchema, writeWorldTokenizer } from '../../world/index.ts';
import { estimateSeconds } from '../common/cost.ts';
import { nextTokenMetrics, nextTokenStep } from '../common/next-token.ts';

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
    const packer = openRows(tokenizer, config, context);
    const microTokens = microBatchTokens(config.tokensPerMicroBatch, context.device);
    const { steps, checkpointEvery: every } = config;
    try {
      for await (const step of trainSteps(
        { context, learner, parts: { cursor: packer } },
        { steps, every },
      )) {
        const microBatches = splitRows(packer.next(config.rowsPerStep), microTokens);
        const result = nextTokenStep(learner, microBatches);
        step.report({
          ...nextTokenMetrics(result),
          num_tokens: result.targets,
          packing: utilisation(microBatches),
        });
      }
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

/** The corpus as packed rows. */
function openRows(tokenizer: Tokenizer, config: PretrainConfig, { seed }: StageContext): Packer {
  const documents = chainDocuments({ seed, config: config.documents });
  return new Packer(
    mapSource(documents, (text) => wholly(tokenizer.encode(text))),
    { length: config.rowLength, padToken: tokenizer.padId ?? 0 },
  );
}

/** A document of which every token is trained on. */
function wholly(tokens: Int32Array): TokenSequence {
  return { tokens, trained: new Uint8Array(tokens.length).fill(1) };
}
