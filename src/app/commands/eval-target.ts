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
import type { ReadingPrecision } from '../../precision.ts';
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

export interface EvalOptions {
  readonly bench: readonly string[];
  readonly data: string;
  readonly k?: number;
  readonly problems?: number;
  readonly level?: number;
  readonly temperature: number;
  readonly topP: number;
  readonly maxTokens?: number;
  readonly seed: number;
  readonly template?: PromptTemplate;
  readonly rows: number;
  readonly device: string;
  readonly precision: ReadingPrecision;
  readonly label?: string;
  /** Where the checkpoint comes from: its name on the hub at a commit. */
  readonly source?: string;
  readonly model?: string;
  readonly apiKeyEnv?: string;
  readonly concurrency: number;
  readonly spendLimit?: number;
  readonly tokenLimit?: number;
  readonly prices?: string;
  readonly timeout: number;
  readonly compare?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** Makes the target of each benchmark; one endpoint, and one limit on what it may cost, for all of them. */
export type TargetFor = (set: QuestionSet) => Promise<Target>;

/**
 * @param warn - told once of each thing that an endpoint does not do as it is asked
 * @throws UsageError where the target is neither a checkpoint nor an address, or the options do not fit it
 */
export function openTarget(target: string, options: EvalOptions, warn: Warn): TargetFor {
  if (isAddress(target)) {
    if (options.precision !== 'auto') {
      throw new UsageError(
        `--precision ${options.precision}: an endpoint computes in a precision of its own`,
        'Leave --precision out; it is for checkpoints that this command loads.',
      );
    }
    const endpoint = openEndpoint(target, options, warn);
    return async () => endpointTarget(endpoint, decodingFor(options));
  }
  requireCheckpoint(
    target,
    'Name the directory of a checkpoint, or an address that begins with http:// or https://.',
  );
  return (set) => local(target, options, set);
}

/** Whether the target is a model elsewhere, and not a checkpoint that this process samples. */
export function isAddress(target: string): boolean {
  return /^https?:\/\//i.test(target);
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

function decodingFor({ temperature, topP, maxTokens = PAPER_MAX_TOKENS }: EvalOptions): Decoding {
  return { temperature, topP, maxTokens };
}

/** Loads libtorch, which an endpoint does not need. */
async function local(checkpoint: string, options: EvalOptions, set: QuestionSet): Promise<Target> {
  const [{ checkpointTarget }, { resolveDevice }, { useReadingNumerics }] = await Promise.all([
    import('../../evaluation/checkpoint-target.ts'),
    import('../../torch/index.ts'),
    import('../../models/index.ts'),
  ]);
  const device = resolveDevice(options.device);
  const { temperature, topP, rows, maxTokens = null } = options;
  return checkpointTarget(
    {
      checkpoint,
      fingerprint: modelFingerprint(checkpoint),
      name: options.label ?? nameOf(checkpoint),
      source: options.source,
      device,
      numerics: useReadingNumerics(options.precision, device),
      template: options.template ?? templateFor(checkpoint, set),
      temperature,
      topP,
      topK: 0,
      maxTokens,
      rows,
      called: { maxTokens: '--max-tokens', rows: '--rows' },
    },
    [{ kind: 'sampled', prompts: set.prompts, samples: 1 }],
  );
}

/** The model's chat template where it has one; the small world's questions are asked the way it was trained. */
function templateFor(checkpoint: string, set: QuestionSet): PromptTemplate {
  if (set.smallWorld) return 'plain';
  return Tokenizer.load(checkpoint).chatTemplate === undefined ? 'r1-zero' : 'chat';
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
    ...settings
  } = decisive;
  const name = (options.label ?? options.model ?? nameOf(target)).replace(/[^\w.-]+/g, '-');
  const where = isAddress(target) ? target : path.resolve(target);
  return path.join('runs', `eval-${name}-${hashJson({ where, ...settings }).slice(0, 8)}`);
}
