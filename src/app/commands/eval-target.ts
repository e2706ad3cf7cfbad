/** @file Target of `aha eval`: a checkpoint sampled here, or a model behind an endpoint; and the output directory. */
import path from 'node:path';
import { UsageError } from '../../errors.ts';
import {
  type Decoding,
  endpointTarget,
  PAPER_MAX_TOKENS,
  type QuestionSet,
  type Target,
} from '../../evaluation/index.ts';
import {
  createEndpoint,
  type Endpoint,
  type Limit,
  PRICES,
  readPrices,
  type Warn,
} from '../../remote/index.ts';
import { modelFingerprint } from '../../run/fingerprint.ts';
import { type PromptTemplate, Tokenizer } from '../../text/index.ts';
import { requireCheckpoint } from '../cli/require-checkpoint.ts';
import { hashJson } from '../recipes/index.ts';
import type { EvalOptions } from './eval-options.ts';
import { type MeasuredAs, PAPER_SAMPLING } from './eval-protocol.ts';
import { isAddress } from './is-address.ts';

/** Makes the target of each benchmark; one endpoint, and one limit on what it may cost, for all of them. */
export type TargetFor = (set: QuestionSet, how: MeasuredAs) => Promise<Target>;

/**
 * @param warn - told once of each thing that an endpoint does not do as it is asked
 * @throws UsageError where the target is neither a checkpoint nor an address, or the options do not fit it
 */
export function openTarget(target: string, options: EvalOptions, warn: Warn): TargetFor {
  if (isAddress(target)) {
    const endpoint = openEndpoint(target, options, warn);
    return async (set, how) => {
      refuseChoices(set);
      return endpointTarget(endpoint, decodingFor(how));
    };
  }
  requireCheckpoint(
    target,
    'Name the directory of a checkpoint, or an address that begins with http:// or https://.',
  );
  return (set, how) => local(target, options, set, how);
}

/** @throws UsageError for a form that reads the model's probabilities */
function refuseChoices({ name, form }: QuestionSet): void {
  if (form?.choices === undefined) return;
  throw new UsageError(
    `${name}: the form ${form.name} compares probabilities, which an endpoint does not tell`,
    'Give --form zero-shot, where the model writes its answer.',
  );
}

function openEndpoint(baseUrl: string, options: EvalOptions, warn: Warn): Endpoint {
  const { model, apiKeyEnv, concurrency, spendLimit, tokenLimit, timeout } = options;
  if (model === undefined) {
    throw new UsageError(
      'an endpoint serves models by name',
      'Name one with --model, such as deepseek-reasoner.',
    );
  }
  if (spendLimit !== undefined && tokenLimit !== undefined) {
    throw new UsageError('--spend-limit and --token-limit exclude each other', 'Give one of them.');
  }
  const tokens: Limit | null = tokenLimit === undefined ? null : { maxTokens: tokenLimit };
  return createEndpoint({
    baseUrl,
    model,
    apiKeyEnv,
    concurrency,
    limit: spendLimit === undefined ? tokens : { maxUsd: spendLimit },
    prices: options.prices === undefined ? PRICES : readPrices(options.prices),
    timeoutMs: timeout * 1000,
    warn,
  });
}

function decodingFor({ temperature, topP, maxTokens = PAPER_MAX_TOKENS }: MeasuredAs): Decoding {
  return { temperature, topP, maxTokens };
}

/** Loads libtorch, which an endpoint does not need. */
async function local(
  checkpoint: string,
  options: EvalOptions,
  set: QuestionSet,
  how: MeasuredAs,
): Promise<Target> {
  const [{ checkpointTarget }, { resolveDevice }, { useReadingNumerics }, { requireThinkingSwitch }] =
    await Promise.all([
      import('../../evaluation/checkpoint-target.ts'),
      import('../../torch/index.ts'),
      import('../../models/index.ts'),
      import('../../stages/common/chat-format.ts'),
    ]);
  const device = resolveDevice(options.device);
  const { rows } = options;
  const { thinking, temperature, topP, topK, maxTokens = null } = how;
  const template = templateFor(checkpoint, set, options);
  // What a card says of thinking is of its own template; what the command line says must be read.
  const asked = options.thinking === undefined ? undefined : thinking;
  const format = { name: '--thinking', model: checkpoint, template, thinking: asked };
  requireThinkingSwitch(format, () => checkpoint);
  return checkpointTarget(
    {
      checkpoint,
      fingerprint: modelFingerprint(checkpoint),
      name: options.label ?? nameOf(checkpoint),
      source: options.source,
      device,
      numerics: useReadingNumerics(options.precision, device),
      template,
      thinking,
      temperature: set.form?.choices === undefined ? temperature : 0,
      topP,
      topK,
      maxTokens: set.form?.choices === undefined ? maxTokens : 1,
      rows,
      called: { maxTokens: '--max-tokens', rows: '--rows' },
    },
    [{ kind: 'sampled', prompts: set.prompts, samples: 1 }],
  );
}

/** The model's chat template where it has one; the small world's questions are asked the way it was trained. */
function templateFor(
  checkpoint: string,
  set: Pick<QuestionSet, 'smallWorld' | 'form'>,
  { template }: EvalOptions,
): PromptTemplate {
  if (template !== undefined) return template;
  if (set.smallWorld) return 'plain';
  if (Tokenizer.load(checkpoint).chatTemplate !== undefined) return 'chat';
  return set.form === null ? 'r1-zero' : 'raw';
}

/** Whether the model is asked by a chat template, where a prompt form shows examples. */
export function isChat(target: string, { template }: EvalOptions): boolean {
  if (template !== undefined) return template === 'chat';
  return isAddress(target) || Tokenizer.load(target).chatTemplate !== undefined;
}

function nameOf(target: string): string {
  return path.basename(path.resolve(target));
}

/** A directory that the same command finds again, and another one does not. */
export function defaultDir(target: string, options: EvalOptions): string {
  const {
    json: _json,
    compare: _compare,
    concurrency: _concurrency,
    timeout: _timeout,
    ...decisive
  } = options;
  const {
    spendLimit: _dollars,
    tokenLimit: _tokens,
    bench: _bench,
    apiKeyEnv: _key,
    prices: _prices,
    source: _source,
    data = 'data',
    temperature = PAPER_SAMPLING.temperature,
    topP = PAPER_SAMPLING.topP,
    ...others
  } = decisive;
  const settings = { data, temperature, topP, ...others };
  const name = (options.label ?? options.model ?? nameOf(target)).replace(/[^\w.-]+/g, '-');
  const where = isAddress(target) ? target : path.resolve(target);
  return path.join('runs', `eval-${name}-${hashJson({ where, ...settings }).slice(0, 8)}`);
}
