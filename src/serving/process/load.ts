/** @file A checkpoint made ready to serve: model, tokenizer, engine. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../errors.ts';
import { isGguf } from '../../gguf/index.ts';
import { Engine } from '../../inference/engine/index.ts';
import {
  type LanguageModel,
  loadReader,
  modelSizes,
  readGenerationConfig,
  replaceWeights,
  sampledPositions,
  tellLeftOut,
  useReadingNumerics,
} from '../../models/index.ts';
import { type PromptTemplate, Tokenizer, toolSyntaxOf } from '../../text/index.ts';
import { explainOutOfMemory, resolveDevice, setThreads } from '../../torch/index.ts';
import { RECOMMENDED } from '../backend.ts';
import { Generations } from '../generation/index.ts';
import { exampleQuestions } from './examples.ts';
import type { ModelOptions } from './messages.ts';
import type { ServedModel } from './model-server.ts';

/** Memory the cache takes unless told otherwise. */
const CACHE_BYTES = { cpu: 2 ** 29, cuda: 2 ** 33 };
/** Prompt tokens read between two tokens of the replies that already grow. */
const PREFILL_TOKENS = { cpu: 256, cuda: 4096 };

/** A checkpoint made ready to serve. */
export interface ServedCheckpoint extends ServedModel {
  readonly engine: Engine;
}

/** @throws UserError where the checkpoint, the device or the sizes do not do */
export function loadServed(options: ModelOptions): ServedCheckpoint {
  const { checkpoint, blockSize } = options;
  if (options.threads !== null) setThreads(options.threads);
  const device = resolveDevice(options.device);
  const kind = device.startsWith('cuda') ? 'cuda' : 'cpu';
  const numerics = useReadingNumerics(options.precision, device);
  const warnings: string[] = [];
  const own = readGenerationConfig(checkpoint, (message) => void warnings.push(message));
  const tokenizer = Tokenizer.load(checkpoint);
  const template = templateOf(tokenizer, options.promptTemplate);
  const examples = exampleQuestions(checkpoint, tokenizer);
  const { speculate } = options;
  const model = loadReader(checkpoint, device, numerics, { predictors: speculate });
  tellLeftOut(checkpoint, model.config, (text) => void warnings.push(text));
  // A kernel of its own for few rows has other last digits: replies of a rollout must not depend on how many there are.
  if (!options.updatable) model.readFewRows?.();
  const context = contextOf(model, options);
  const cacheTokens =
    options.cacheTokens ?? cacheTokensOf(model, context, options.maxRows, CACHE_BYTES[kind]);
  const prefillTokens = PREFILL_TOKENS[kind];
  const engine = new Engine(model, {
    maxRows: options.maxRows,
    context,
    blockSize,
    cacheTokens,
    prefillTokens,
    favours: 'latency',
    speculate,
  });
  explainOutOfMemory('lower --max-rows or --cache-tokens', () => engine.warm());
  const { vocabSize } = model.config;
  const generations = new Generations(engine, {
    tokenizer,
    template,
    thinking: options.thinking,
    context,
    vocabSize,
  });
  const info = {
    created: Math.floor(
      statSync(isGguf(checkpoint) ? checkpoint : path.join(checkpoint, 'config.json')).mtimeMs / 1000,
    ),
    context,
    vocabSize,
    parameters: modelSizes(model.config).parameters,
    architecture: model.config.modelType,
    dtype: numerics.base ?? numerics.dtype,
    device,
    sampling: { ...RECOMMENDED, ...own, ...options.sampling },
    toolSyntax: toolSyntaxOf(tokenizer.chatTemplate?.source ?? ''),
    examples,
    graphs: engine.stats.graphsRecorded,
  };
  const updateWeights = (from: string): void => {
    replaceWeights(model, from);
    engine.forget();
  };
  return { info, engine, generations, updateWeights, warnings };
}

function templateOf(tokenizer: Tokenizer, asked: PromptTemplate | null): PromptTemplate {
  const own = tokenizer.chatTemplate === undefined ? 'r1-zero' : 'chat';
  if (asked !== 'chat' || own === 'chat') return asked ?? own;
  throw new UserError(
    'the checkpoint has no chat template (tokenizer_config.json or chat_template.jinja)',
    'Use another --template, such as r1-zero, or add a chat template to the checkpoint.',
  );
}

function contextOf(model: LanguageModel, { context, id }: ModelOptions): number {
  const maxPositions = sampledPositions(model.config);
  if (context === null) return maxPositions;
  if (context <= maxPositions) return context;
  throw new UserError(
    `--context ${context} is longer than the ${maxPositions} positions ${id} was made for`,
    `Use --context ${maxPositions} or less.`,
  );
}

/** As many as all rows can hold, within the memory; the engine sees to it that one context always fits. */
function cacheTokensOf(model: LanguageModel, context: number, rows: number, bytes: number): number {
  const { cacheBytesPerToken, stateBytesPerRow = 0 } = model;
  const most = rows * context;
  if (stateBytesPerRow === 0) return Math.min(most, Math.floor(bytes / cacheBytesPerToken));
  // Whole rows, each with its state.
  return Math.min(most, Math.floor(bytes / (context * cacheBytesPerToken + stateBytesPerRow)) * context);
}
