/**
 * @file What a model says of sampled tokens: with history for a loss, or without for a rollout that is looked at once.
 */
import { bucketByLength } from '../data/index.ts';
import {
  collateSequences,
  type LogprobOptions,
  LogprobPass,
  predictorStates,
  type SequenceTensors,
} from '../loss/index.ts';
import type { LanguageModel } from '../models/index.ts';
import type { Completion } from '../records.ts';
import { noGrad, scope, type Tensor } from '../tensor/index.ts';

/** Log-probabilities and entropies of the response tokens of a micro-batch, [N] each. */
export function logprobsOf(
  model: LanguageModel,
  batch: SequenceTensors,
  options: LogprobOptions,
): LogprobPass {
  return logprobsFrom(model, responseStates(model, batch), batch, options);
}

/** The states that predict the response tokens, [N, D]; differentiable. */
export function responseStates(model: Pick<LanguageModel, 'hidden'>, batch: SequenceTensors): Tensor {
  return predictorStates(model.hidden({ tokens: batch.tokens }), batch);
}

/** As logprobsOf, of states already computed. */
export function logprobsFrom(
  model: LanguageModel,
  states: Tensor,
  batch: SequenceTensors,
  options: LogprobOptions,
): LogprobPass {
  const head = (some: Tensor): Tensor => model.logits(some);
  return new LogprobPass(head, states, batch.targets, model.config.vocabSize, options);
}

export interface PassOptions {
  /** Sampling temperature of the rollout: the trainer divides logits by it too. */
  readonly temperature: number;
  /** Padded tokens in one pass. */
  readonly tokensPerMicroBatch: number;
  readonly padToken: number;
}

/** What a model says of one completion's tokens. */
export interface TokenFacts {
  readonly logprobs: Float32Array;
  readonly entropies: Float32Array;
}

/** Looks at completions once, without history. */
export function inspect(
  model: LanguageModel,
  completions: readonly Completion[],
  options: PassOptions,
): TokenFacts[] {
  const { temperature } = options;
  const facts = perToken(completions, 2, { ...options, device: model.device }, (batch) => {
    const { logprobs, entropy } = logprobsOf(model, batch, { temperature });
    return [logprobs, entropy];
  });
  return facts.map(([logprobs, entropies]) => ({ logprobs: logprobs!, entropies: entropies! }));
}

/**
 * Numbers of the response tokens of completions, computed in micro-batches without history.
 * @param count - how many for each token
 * @param of - gives `count` tensors [N] of a micro-batch
 * @returns of each completion `count` rows as long as its response
 */
export function perToken(
  completions: readonly Completion[],
  count: number,
  options: Omit<PassOptions, 'temperature'> & { readonly device: string },
  of: (batch: SequenceTensors) => readonly Tensor[],
): Float32Array[][] {
  const rows = completions.map(() => Array.from({ length: count }, () => new Float32Array()));
  const present = completions.flatMap(({ tokens }, i) => (tokens.length > 0 ? [i] : []));
  const sizes = present.map((i) => completions[i]!.promptTokens.length + completions[i]!.tokens.length);
  for (const bucket of bucketByLength(sizes, options.tokensPerMicroBatch)) {
    const own = bucket.map((k) => present[k]!);
    const batch = own.map((i) => completions[i]!);
    const found = noGrad(() =>
      scope(() =>
        of(collateSequences(batch, options.padToken, options.device)).map((one) => one.toFloat32Array()),
      ),
    );
    let start = 0;
    for (const i of own) {
      const end = start + completions[i]!.tokens.length;
      rows[i] = found.map((values) => values.slice(start, end));
      start = end;
    }
  }
  return rows;
}
