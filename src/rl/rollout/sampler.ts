/**
 * @file The batched sampler: prompts in, groups of responses out, over one KV cache.
 *
 * Each prompt is prefilled once and its keys and values are then repeated for the responses of its group. Rows that
 * have finished leave the batch as soon as they are a quarter of it, and attention reads only as far as the longest
 * row has got. Left out: refilling a running batch with waiting prompts.
 */
import { UserError } from '../../errors.ts';
import { choose, type SamplingOptions } from '../../inference/choose.ts';
import type { LanguageModel } from '../../models/index.ts';
import type { FinishReason } from '../../records.ts';
import { dispose, type Generator, indices, noGrad, scope, type Tensor } from '../../torch/index.ts';
import { Decoder } from './decoder.ts';

export interface SampleOptions extends SamplingOptions {
  /** Responses per prompt. */
  readonly groupSize: number;
  /** Longest response in tokens. */
  readonly maxTokens: number;
  /** Tokens that end a response (and belong to it); empty to run to `maxTokens`. */
  readonly stopTokens: readonly number[];
  /** Responses decoded together: whole groups, at least one. 512 unless given. */
  readonly maxRows?: number;
  /** The random stream, on the model's device; needed unless the temperature is 0. */
  readonly generator?: Generator;
  /** Called with each new token, for streaming; `row` counts responses prompt after prompt. */
  readonly onToken?: (row: number, token: number) => void;
  /** Stops sampling early: what is unfinished counts as cut by length. */
  readonly signal?: AbortSignal;
}

/** One sampled response. */
export interface Response {
  readonly tokens: Int32Array;
  /** One per token, see choose.ts. */
  readonly logprobs: Float32Array;
  readonly finish: FinishReason;
}

/**
 * The policy's responses to each prompt: `result[prompt][response]`.
 *
 * @throws UserError when the model's logits are NaN
 */
export function sample(
  model: LanguageModel,
  prompts: readonly Int32Array[],
  options: SampleOptions,
): Response[][] {
  const perWave = Math.max(1, Math.floor((options.maxRows ?? 512) / options.groupSize));
  // Prompts of like length share a wave, so that little of the prefill is padding.
  const order = prompts.map((_, index) => index).sort((a, b) => prompts[a]!.length - prompts[b]!.length);
  const responses = Array.from<Response[]>({ length: prompts.length });
  for (let start = 0; start < order.length; start += perWave) {
    const wave = order.slice(start, start + perWave);
    const rows = wave.flatMap((prompt) => rowsOf(prompt, options.groupSize));
    noGrad(() =>
      sampleWave(
        model,
        wave.map((index) => prompts[index]!),
        rows,
        options,
      ),
    );
    for (const [i, prompt] of wave.entries()) {
      responses[prompt] = rows.slice(i * options.groupSize, (i + 1) * options.groupSize).map(toResponse);
    }
  }
  return responses;
}

/** A response while it grows. */
interface Row {
  readonly index: number;
  readonly tokens: number[];
  readonly logprobs: number[];
  finish: FinishReason;
}

function rowsOf(prompt: number, groupSize: number): Row[] {
  return Array.from({ length: groupSize }, (_, i) => ({
    index: prompt * groupSize + i,
    tokens: [],
    logprobs: [],
    finish: 'length',
  }));
}

function toResponse(row: Row): Response {
  return {
    tokens: Int32Array.from(row.tokens),
    logprobs: Float32Array.from(row.logprobs),
    finish: row.finish,
  };
}

function sampleWave(
  model: LanguageModel,
  prompts: readonly Int32Array[],
  rows: readonly Row[],
  options: SampleOptions,
): void {
  const longest = Math.max(...prompts.map((prompt) => prompt.length));
  const decoder = new Decoder(model, prompts.length, longest + options.maxTokens);
  try {
    const first = Int32Array.from(rows, (_, i) => Math.floor(i / options.groupSize));
    let logits = scope(() =>
      decoder.prefill(prompts).indexSelect(0, indices(first, undefined, model.device)),
    );
    decoder.selectRows(first);
    /** The response each row of the batch belongs to; finished ones stay until enough of them leave at once. */
    let batch = rows;
    for (let length = 1; ; length++) {
      const tokens = scope(() => chooseInto(batch, logits, options));
      dispose(logits);
      const open = batch.filter((row) => row.finish === 'length');
      if (open.length === 0 || length >= options.maxTokens || options.signal?.aborted) {
        dispose(tokens);
        return;
      }
      const next = open.length <= 0.75 * batch.length ? leave(decoder, batch, tokens) : tokens;
      if (next !== tokens) batch = open;
      logits = decoder.step(next);
      dispose([tokens, next]);
    }
  } finally {
    decoder.dispose();
  }
}

/** Chooses a token for every row of the batch and appends it to the open ones. Returns int64 [B]. */
function chooseInto(batch: readonly Row[], logits: Tensor, options: SampleOptions): Tensor {
  const choice = choose(logits, options, options.generator);
  const tokens = choice.tokens.toInt32Array();
  const logprobs = choice.logprobs.toFloat32Array();
  for (const [i, row] of batch.entries()) {
    if (row.finish === 'stop') continue;
    // argmax takes the first NaN for the largest number: without this the model would seem to repeat token 0.
    if (Number.isNaN(logprobs[i])) throw notFinite();
    row.tokens.push(tokens[i]!);
    row.logprobs.push(logprobs[i]!);
    options.onToken?.(row.index, tokens[i]!);
    if (options.stopTokens.includes(tokens[i]!)) row.finish = 'stop';
  }
  return choice.tokens;
}

function notFinite(): UserError {
  return new UserError(
    'the model gives logits that are not finite (NaN)',
    'its weights are damaged or diverged: use an earlier checkpoint, a lower learning rate or a higher temperature',
  );
}

/** Takes the finished rows out of the batch; returns the tokens of those that stay. */
function leave(decoder: Decoder, batch: readonly Row[], tokens: Tensor): Tensor {
  const staying = Int32Array.from(batch.keys()).filter((i) => batch[i]!.finish === 'length');
  decoder.selectRows(staying);
  return scope(() => tokens.indexSelect(0, indices(staying, undefined, tokens.device)));
}
