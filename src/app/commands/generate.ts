/** @file `aha generate`: a continuation of a prompt. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from '../../errors.ts';
import { isGguf } from '../../gguf/index.ts';
import { sample } from '../../inference/engine/index.ts';
import { loadReader, sampledPositions, useReadingNumerics } from '../../models/index.ts';
import type { ReadingPrecision } from '../../precision.ts';
import { requireContext } from '../../rl/rollout/index.ts';
import { StreamDecoder, Tokenizer } from '../../text/index.ts';
import { resolveDevice } from '../../torch/index.ts';
import { checkVocabulary, tokensOf } from './score.ts';

export interface GenerateOptions {
  /** Token ids, or a text to be tokenised: one of the two. */
  readonly ids?: readonly number[];
  readonly prompt?: string;
  /** Unless given, as many as the model's context holds behind the prompt, at most DEFAULT_TOKENS. */
  readonly maxTokens?: number;
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly seed: number;
  /** Go on after an end-of-sequence token, to `maxTokens`. */
  readonly ignoreEos: boolean;
  readonly device: string;
  /** auto unless given. */
  readonly precision?: ReadingPrecision;
  /** Called with each piece of text as it comes. */
  readonly onText?: (text: string) => void;
}

const DEFAULT_TOKENS = 256;

export interface GenerateResult {
  /** The new tokens. */
  readonly tokens: readonly number[];
  readonly text: string;
  readonly finish: 'stop' | 'length';
}

/**
 * A checkpoint without a tokenizer can be run on ids; its text is then empty.
 *
 * @throws UsageError when neither or both of ids and prompt are given, the prompt is empty, or an id is no token;
 *   UserError when prompt and new tokens do not fit the model's context
 */
export function generate(checkpoint: string, options: GenerateOptions): GenerateResult {
  const device = resolveDevice(options.device);
  let opened: Tokenizer | undefined;
  const open = (): Tokenizer => (opened ??= Tokenizer.load(checkpoint));
  const prompt = tokensOf(open, { ids: options.ids, text: options.prompt }, '--prompt');
  const model = loadReader(checkpoint, device, useReadingNumerics(options.precision ?? 'auto', device));
  model.readFewRows?.();
  checkVocabulary(prompt, model.config.vocabSize);
  if (prompt.length === 0)
    throw new UsageError('the prompt has no token', 'give a text or ids to go on from');
  const maxPositions = sampledPositions(model.config);
  const maxTokens = options.maxTokens ?? Math.max(1, Math.min(DEFAULT_TOKENS, maxPositions - prompt.length));
  const encoded = [Int32Array.from(prompt)];
  requireContext(encoded, { maxPositions, maxTokens, setting: '--max-tokens' });
  const hasTokenizer = isGguf(checkpoint) || existsSync(path.join(checkpoint, 'tokenizer.json'));
  const tokenizer = hasTokenizer ? open() : null;
  const stopTokens = options.ignoreEos ? [] : (tokenizer?.eosIds ?? model.config.eosIds);
  const stream = tokenizer && options.onText ? new StreamDecoder(tokenizer, { skipSpecial: true }) : null;
  const [response] = sample(model, encoded, {
    ...options,
    maxTokens,
    groupSize: 1,
    stopTokens,
    ...(stream && { onToken: (_row: number, token: number) => options.onText?.(stream.push(token)) }),
  })[0]!;
  if (stream) options.onText?.(stream.flush());
  return {
    tokens: Array.from(response!.tokens),
    text: tokenizer?.decode(response!.tokens, { skipSpecial: true }) ?? '',
    finish: response!.finish,
  };
}
