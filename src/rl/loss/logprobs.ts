/**
 * @file Log π(token) of a micro-batch under a model: with history for a loss, or without for completions that are read
 * once.
 *
 * Logits are float32 [N, V]: at 16k tokens and a vocabulary of 152k they would take 10 GB, and again for their
 * gradient. Above a budget they are computed in chunks: forward without history, then, once the gradient of the loss
 * in the log-probabilities is known, again chunk by chunk, each backpropagated into the hidden states and dropped.
 */
import { bucketByLength } from '../../bucket.ts';
import type { LanguageModel } from '../../models/index.ts';
import type { Completion } from '../../records.ts';
import { backward, cat, noGrad, scope, type Tensor } from '../../torch/index.ts';
import { collateSequences, predictorStates, type SequenceTensors } from './collate.ts';

/** Logits held at once, in elements: 64 MiB of float32. */
const DEFAULT_BUDGET = 1 << 24;

export interface LogprobOptions {
  /** Divides the logits, as the sampler does. */
  readonly temperature?: number;
  /** Logits held at once, in elements. */
  readonly budget?: number;
  /** Keeps the entropy differentiable, at the price of its backward pass. */
  readonly entropyGradient?: boolean;
  /** Tells which targets are the most probable token. */
  readonly accuracy?: boolean;
}

/** Final hidden states [N, D] → float32 logits [N, V]. */
export type Head = (hidden: Tensor) => Tensor;

interface Chunk {
  readonly logprobs: Tensor;
  readonly entropy: Tensor;
  readonly correct: Tensor | null;
}

type ChunkOptions = Required<Omit<LogprobOptions, 'budget'>>;

function chunkLogprobs(head: Head, hidden: Tensor, targets: Tensor, options: ChunkOptions): Chunk {
  const { temperature, entropyGradient, accuracy } = options;
  return scope(() => {
    const logits = head(hidden);
    const all = (temperature === 1 ? logits : logits.div(temperature)).logSoftmax(-1);
    const entropyOf = (): Tensor => all.exp().mul(all).sum(-1).neg();
    return {
      logprobs: all.gather(1, targets.unsqueeze(1)).squeeze(1),
      entropy: entropyGradient ? entropyOf() : noGrad(entropyOf),
      correct: accuracy ? noGrad(() => all.argmax(-1).eq(targets)) : null,
    };
  });
}

/** The log-probabilities of a batch, and the way back from a loss of them. */
export class LogprobPass {
  /** log π(target), float32 [N]; part of the graph, or a leaf when computed in chunks. */
  readonly logprobs: Tensor;
  /** Entropy of the distribution each target was taken from, float32 [N]; no history unless asked for. */
  readonly entropy: Tensor;
  /** Whether each target is the most probable token, bool [N]; null unless asked for. */
  readonly correct: Tensor | null;
  readonly #recompute: (() => void) | null;

  /**
   * @param hidden - final hidden states [N, D] that predict the targets, with history
   * @param targets - int64 [N]
   * @param vocabulary - V
   */
  constructor(head: Head, hidden: Tensor, targets: Tensor, vocabulary: number, options: LogprobOptions = {}) {
    const { temperature = 1, budget = DEFAULT_BUDGET, entropyGradient = false, accuracy = false } = options;
    const chunkOptions = { temperature, entropyGradient, accuracy };
    const rows = Math.max(1, Math.floor(budget / vocabulary));
    if (hidden.size(0) <= rows) {
      const chunk = chunkLogprobs(head, hidden, targets, chunkOptions);
      ({ logprobs: this.logprobs, entropy: this.entropy, correct: this.correct } = chunk);
      this.#recompute = null;
      return;
    }
    const targetChunks = targets.split(rows);
    const chunks = noGrad(() =>
      hidden.split(rows).map((chunk, i) => chunkLogprobs(head, chunk, targetChunks[i]!, chunkOptions)),
    );
    this.logprobs = cat(chunks.map((chunk) => chunk.logprobs)).requiresGrad_();
    this.entropy = cat(chunks.map((chunk) => chunk.entropy)).requiresGrad_(entropyGradient);
    this.correct = accuracy ? cat(chunks.map((chunk) => chunk.correct!)) : null;
    const leaves = entropyGradient ? [this.logprobs, this.entropy] : [this.logprobs];
    this.#recompute = () => {
      const leaf = hidden.detach().requiresGrad_();
      const hiddenChunks = leaf.split(rows);
      // A leaf the loss did not use has no gradient.
      const used = leaves.filter(({ grad }) => grad !== null);
      const gradientChunks = used.map(({ grad }) => grad!.split(rows));
      for (const [i, chunk] of hiddenChunks.entries()) {
        scope(() => {
          const { logprobs, entropy } = chunkLogprobs(head, chunk, targetChunks[i]!, chunkOptions);
          backward(
            used.map((one) => (one === this.logprobs ? logprobs : entropy)),
            gradientChunks.map((split) => split[i]!),
          );
        });
      }
      hidden.backward(leaf.grad!);
    };
  }

  /** Backpropagates a scalar loss of `logprobs` (and `entropy`, where it has history) into the model. */
  backward(loss: Tensor): void {
    loss.backward();
    this.#recompute?.();
  }
}

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

/** Of one completion: log π(token) and the entropy of the distribution each token was drawn from. */
export interface TokenLogprobs {
  readonly logprobs: Float32Array;
  readonly entropies: Float32Array;
}

/** Log-probabilities and entropies of the response tokens of completions under a model, without history. */
export function computeLogprobs(
  model: LanguageModel,
  completions: readonly Completion[],
  options: PassOptions,
): TokenLogprobs[] {
  const { temperature } = options;
  const rows = perToken(completions, 2, { ...options, device: model.device }, (batch) => {
    const { logprobs, entropy } = logprobsOf(model, batch, { temperature });
    return [logprobs, entropy];
  });
  return rows.map(([logprobs, entropies]) => ({ logprobs: logprobs!, entropies: entropies! }));
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
