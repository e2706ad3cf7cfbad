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
import type { CausalLM } from '../models/index.ts';
import type { Completion } from '../records.ts';
import { noGrad, scope } from '../tensor/index.ts';

/** Log-probabilities and entropies of the response tokens of a micro-batch, [N] each. */
export function logprobsOf(model: CausalLM, batch: SequenceTensors, options: LogprobOptions): LogprobPass {
  const hidden = predictorStates(model.hidden({ tokens: batch.tokens }), batch);
  return new LogprobPass(
    (states) => model.logits(states),
    hidden,
    batch.targets,
    model.config.vocabSize,
    options,
  );
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
  model: CausalLM,
  completions: readonly Completion[],
  options: PassOptions,
): TokenFacts[] {
  const sizes = completions.map(({ promptTokens, tokens }) => promptTokens.length + tokens.length);
  const facts = completions.map(
    (): TokenFacts => ({ logprobs: new Float32Array(), entropies: new Float32Array() }),
  );
  const present = completions.flatMap(({ tokens }, i) => (tokens.length > 0 ? [i] : []));
  const buckets = bucketByLength(
    present.map((i) => sizes[i]!),
    options.tokensPerMicroBatch,
  );
  for (const bucket of buckets) {
    const rows = bucket.map((k) => present[k]!);
    const own = inspectBatch(
      model,
      rows.map((i) => completions[i]!),
      options,
    );
    for (const [k, i] of rows.entries()) facts[i] = own[k]!;
  }
  return facts;
}

function inspectBatch(
  model: CausalLM,
  completions: readonly Completion[],
  { padToken, temperature }: PassOptions,
): TokenFacts[] {
  const { logprobs, entropies } = noGrad(() =>
    scope(() => {
      const pass = logprobsOf(model, collateSequences(completions, padToken, model.device), { temperature });
      return { logprobs: pass.logprobs.toFloat32Array(), entropies: pass.entropy.toFloat32Array() };
    }),
  );
  let end = 0;
  return completions.map(({ tokens }) => {
    const start = end;
    end += tokens.length;
    return { logprobs: logprobs.slice(start, end), entropies: entropies.slice(start, end) };
  });
}
