/**
 * @file Pre-training: next-token prediction on packed documents, from random weights or a checkpoint.
 *
 * Attention stays inside a document and positions restart with each, so that packing changes nothing but speed.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { chainDocuments, documentsSchema, mapSource, type Packed, Packer } from '../data/index.ts';
import { LogprobPass } from '../loss/index.ts';
import { type CausalLM, initModel, modelSizes, parseConfig, saveModel } from '../models/index.ts';
import type { Json } from '../records.ts';
import { STATE } from '../run/artifact.ts';
import { explainOutOfMemory, indices, scope, type Tensor, tensor } from '../tensor/index.ts';
import { Tokenizer, writeWorldTokenizer } from '../text/index.ts';
import { Learner, loadState, optimizerSchema, saveState } from '../update/index.ts';
import { breathe } from './breathe.ts';
import { estimateSeconds } from './cost.ts';
import { checkpointEverySchema, microBatchTokens, tokensPerMicroBatchSchema } from './knobs.ts';
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
    const { parameters } = modelSizes(parseConfig(config.model, 'model'));
    const tokens = config.steps * config.rowsPerStep * config.rowLength;
    const seconds = estimateSeconds({ parameters, trained: tokens }, device);
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
    const learner = new Learner(model, config.optimizer, config.steps);
    try {
      await train(learner, tokenizer, config, context);
      await saveModel(model, context.dir, { tokenizerFrom: tokenizerDir });
    } finally {
      learner.dispose();
    }
  },
};

function prepareTokenizer(config: PretrainConfig, context: StageContext): string {
  if (config.tokenizer !== 'world') return context.resolve(config.tokenizer);
  const dir = path.join(context.dir, STATE, 'tokenizer');
  if (!existsSync(dir)) writeWorldTokenizer(dir);
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
    mapSource(documents, (text) => tokenizer.encode(text)),
    { length: config.rowLength, padToken: tokenizer.padId ?? 0 },
  );
  const progress = loadState(path.join(context.dir, STATE), learner) as { step: number; cursor: Json } | null;
  if (progress !== null) {
    packer.seek(progress.cursor);
    context.watcher.note(`resuming after step ${progress.step} of ${config.steps}`);
  }
  for (let step = progress?.step ?? 0; step < config.steps; step++) {
    const clock = performance.now();
    const rows = packer.next(config.rowsPerStep);
    const result = explainOutOfMemory('lower `tokensPerMicroBatch`', () => trainOn(learner, rows, config));
    const seconds = (performance.now() - clock) / 1000;
    const report = {
      step: step + 1,
      loss: result.loss,
      grad_norm: result.gradNorm,
      learning_rate: result.learningRate,
      num_tokens: result.tokens,
      packing: rows.utilisation,
      tokens_per_second: result.tokens / seconds,
      seconds,
    };
    context.record(report);
    context.watcher.step(report, config.steps);
    if ((step + 1) % config.checkpointEvery === 0 || context.signal.aborted) {
      await saveState(path.join(context.dir, STATE), learner, { step: step + 1, cursor: packer.cursor() });
    }
    await breathe(context.signal);
  }
}

/** One optimiser step on packed rows: mean cross-entropy over every token that has a predecessor in its document. */
function trainOn(learner: Learner, rows: Packed, config: PretrainConfig) {
  const tokens = countTargets(rows);
  const rowsPerMicroBatch = Math.max(
    1,
    Math.floor(microBatchTokens(config.tokensPerMicroBatch, learner.model.device) / rows.length),
  );
  const starts = Array.from(
    { length: Math.ceil(rows.rows / rowsPerMicroBatch) },
    (_, i) => i * rowsPerMicroBatch,
  );
  let loss = 0;
  const step = learner.step(starts, (start) => {
    const count = Math.min(rowsPerMicroBatch, rows.rows - start);
    loss += scope(() => backwardRows(learner.model, rows, start, count, tokens));
  });
  return { ...step, loss, tokens };
}

/** A place is a target when the place before it holds the same document. */
function isTarget(rows: Packed, place: number): boolean {
  const inRow = place % rows.length > 0;
  return inRow && rows.segments[place]! >= 0 && rows.segments[place] === rows.segments[place - 1];
}

function countTargets(rows: Packed): number {
  let count = 0;
  for (let place = 0; place < rows.tokens.length; place++) if (isTarget(rows, place)) count++;
  return count;
}

/** Accumulates the gradient of `count` rows from `start`; returns their part of the step's loss. */
function backwardRows(
  model: CausalLM,
  rows: Packed,
  start: number,
  count: number,
  normaliser: number,
): number {
  const { length } = rows;
  const [from, to] = [start * length, (start + count) * length];
  const shape = [count, length];
  const targetPlaces: number[] = [];
  for (let place = from; place < to; place++) if (isTarget(rows, place)) targetPlaces.push(place);
  const device = model.device;
  const hidden = model.hidden({
    tokens: indices(rows.tokens.subarray(from, to), shape, device),
    positions: indices(rows.positions.subarray(from, to), shape, device),
    blockMask: sameDocument(tensor(rows.segments.slice(from, to), shape, { device })),
  });
  const predictors = indices(
    Int32Array.from(targetPlaces, (place) => place - from - 1),
    undefined,
    device,
  );
  const targets = indices(
    Int32Array.from(targetPlaces, (place) => rows.tokens[place]!),
    undefined,
    device,
  );
  const states = hidden.flatten(0, 1).indexSelect(0, predictors);
  const pass = new LogprobPass((x) => model.logits(x), states, targets, model.config.vocabSize);
  const loss = pass.logprobs.sum().div(-normaliser);
  pass.backward(loss);
  return loss.item();
}

/** Which places a place may attend to: earlier ones of its document and itself. int32 [B, T] → bool [B, 1, T, T] */
function sameDocument(segments: Tensor): Tensor {
  return segments.unsqueeze(2).eq(segments.unsqueeze(1)).tril().unsqueeze(1);
}
