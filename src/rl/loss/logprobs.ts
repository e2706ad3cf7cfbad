/**
 * @file Log π(token) of a micro-batch under a model: with history for a loss, or without for completions that are read
 * once.
 *
 * Above a budget logits are computed in chunks (chunks.ts): forward without history, then, once the gradient of the loss
 * in the log-probabilities is known, again chunk by chunk, each backpropagated into the hidden states and dropped: by
 * formula on a GPU (chunked-head.ts), by autograd on a CPU and for a head of another kind (head.ts).
 */
import { type MicroBatching, microBatchesOf } from '../../bucket.ts';
import { type LanguageModel, Routing } from '../../models/index.ts';
import { ALONE, type Ranks } from '../../ranks.ts';
import type { Completion } from '../../records.ts';
import { full, noGrad, scope, type Tensor } from '../../torch/index.ts';
import { weightHead } from './chunked-head.ts';
import { backwardChunks, chunkRows, chunksOf, joined } from './chunks.ts';
import { collateSequences, predictorStates, type SequenceTensors } from './collate.ts';
import { autogradHead, type Head, type HeadOptions, type Predicted, wholeHead } from './head.ts';
import { Pieces } from './pieces.ts';

export interface LogprobOptions extends Partial<HeadOptions> {
  /** Logits held at once, in elements; by the device unless given. */
  readonly budget?: number;
  /** Gradients of the logits by formula, where the head is a weight alone: on a GPU, unless given. */
  readonly formula?: boolean;
}

/** The log-probabilities of a batch, and the backward pass of a loss of them. */
export class LogprobPass {
  /** log π(target), float32 [N]; part of the graph, or a leaf when computed in chunks. */
  readonly logprobs: Tensor;
  /** Entropy of the distribution each target was taken from, float32 [N]; no history unless asked for. */
  readonly entropy: Tensor;
  /** Whether each target is the most probable token, bool [N]; null unless asked for. */
  readonly correct: Tensor | null;
  readonly #backward: (() => void) | null;

  /**
   * @param hidden - final hidden states [N, D] that predict the targets, with history
   * @param targets - int64 [N]
   * @param vocabulary - V
   */
  constructor(head: Head, hidden: Tensor, targets: Tensor, vocabulary: number, options: LogprobOptions = {}) {
    const { temperature = 1, entropyGradient = false, accuracy = false } = options;
    const { budget, formula = hidden.device !== 'cpu' } = options;
    const headOptions = { temperature, entropyGradient, accuracy };
    const weight = formula ? head.headWeight : undefined;
    const rows = chunkRows(hidden.device, vocabulary, budget);
    if (weight === undefined && hidden.size(0) <= rows) {
      const whole = wholeHead(head, hidden, targets, headOptions);
      ({ logprobs: this.logprobs, entropy: this.entropy, correct: this.correct } = whole);
      this.#backward = null;
      return;
    }
    const chunked = weight === undefined ? autogradHead(head, headOptions) : weightHead(weight, headOptions);
    const chunks = chunksOf(hidden, targets, rows);
    const predicted = chunks.map((chunk) => chunked.forward(chunk.hidden, chunk.targets));
    const all = joined(predicted);
    this.logprobs = all.logprobs.requiresGrad_();
    this.entropy = all.entropy.requiresGrad_(entropyGradient);
    this.correct = all.correct;
    this.#backward = () => {
      // A leaf the loss did not use has no gradient.
      const ofLogprobs = this.logprobs.grad?.split(rows);
      const ofEntropy = this.entropy.grad?.split(rows);
      backwardChunks(hidden, rows, (into, i) => {
        const chunk = chunks[i]!;
        const gradients = { logprobs: ofLogprobs?.[i] ?? null, entropy: ofEntropy?.[i] ?? null };
        chunked.backward(chunk.hidden, chunk.targets, predicted[i]!, gradients, into);
      });
    };
  }

  /** Backpropagates a scalar loss of `logprobs` (and `entropy`, where it has history) into the model. */
  backward(loss: Tensor): void {
    loss.backward();
    this.#backward?.();
  }
}

/**
 * What is known of predictions, with Σ log π(target) / `divisor` backpropagated into the model: the cross-entropy of as many
 * targets for a negative one. The gradient in a log-probability is known beforehand, so that on a GPU the logits of a chunk
 * are computed once.
 * @param hidden - as for LogprobPass
 */
export function backwardSum(
  head: Head,
  hidden: Tensor,
  targets: Tensor,
  vocabulary: number,
  divisor: number,
  { formula = hidden.device !== 'cpu', budget }: Pick<LogprobOptions, 'formula' | 'budget'> = {},
): Predicted {
  const options = { temperature: 1, entropyGradient: false, accuracy: true };
  const weight = formula ? head.headWeight : undefined;
  const both = weight === undefined ? undefined : weightHead(weight, options).both;
  if (both === undefined) {
    const pass = new LogprobPass(head, hidden, targets, vocabulary, {
      accuracy: true,
      formula,
      ...(budget && { budget }),
    });
    pass.backward(pass.logprobs.sum().div(divisor));
    return pass;
  }
  const rows = chunkRows(hidden.device, vocabulary, budget);
  const chunks = chunksOf(hidden, targets, rows);
  const predicted: Predicted[] = [];
  backwardChunks(hidden, rows, (into, i) => {
    const chunk = chunks[i]!;
    const logprobs = full([chunk.targets.size(0)], 1 / divisor, { device: hidden.device });
    predicted.push(both(chunk.hidden, chunk.targets, { logprobs, entropy: null }, into));
  });
  return joined(predicted);
}

/** Log-probabilities and entropies of the response tokens of a micro-batch, [N] each. */
export function logprobsOf(
  model: LanguageModel,
  batch: SequenceTensors,
  options: LogprobOptions,
): LogprobPass {
  return logprobsFrom(model, responseStates(model, batch), batch, options);
}

/** The states that predict the response tokens, [N, D]; differentiable. The sampler's experts are replayed where the batch has them. */
export function responseStates(model: Pick<LanguageModel, 'hidden'>, batch: SequenceTensors): Tensor {
  const routing = batch.experts && new Routing({ sampled: { layers: batch.experts, replay: true } });
  const states = predictorStates(model.hidden({ ...batch.input, routing }), batch);
  routing?.takeDiffering();
  return states;
}

/** As logprobsOf, of states already computed. */
export function logprobsFrom(
  model: LanguageModel,
  states: Tensor,
  batch: SequenceTensors,
  options: LogprobOptions,
): LogprobPass {
  return new LogprobPass(model, states, batch.targets, model.config.vocabSize, options);
}

export interface PassOptions extends MicroBatching {
  /** Sampling temperature of the rollout: the trainer divides logits by it too. */
  readonly temperature: number;
  readonly padToken: number;
  /** Tokens go to the experts that the sampler sent them to; false: they are compared alone. Not recorded unless given. */
  readonly routerReplay?: boolean | undefined;
  /** Processes that share out the completions; ALONE unless given. */
  readonly ranks?: Ranks;
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
  return logprobPieces(model, completions, options).finish();
}

/** As computeLogprobs, a micro-batch a piece. */
export function logprobPieces(
  model: LanguageModel,
  completions: readonly Completion[],
  options: PassOptions,
): Pieces<TokenLogprobs[]> {
  const { temperature } = options;
  const of = (batch: SequenceTensors): Tensor[] => {
    const { logprobs, entropy } = logprobsOf(model, batch, { temperature });
    return [logprobs, entropy];
  };
  const places = { ...options, device: model.device, experts: options.routerReplay === true };
  return perToken(completions, 2, places, of, ([logprobs, entropies]) => ({
    logprobs: logprobs!,
    entropies: entropies!,
  }));
}

/** How numbers of tokens are computed. */
type TokenOptions = Omit<PassOptions, 'temperature' | 'routerReplay'> & {
  readonly device: string;
  readonly experts?: boolean;
};

/**
 * Numbers of the response tokens of completions, computed in micro-batches without history: each rank's are pieces, and the
 * result is that of all ranks.
 * @param count - how many for each token
 * @param of - gives `count` tensors [N] of a micro-batch
 * @param as - makes of a completion's `count` rows, each as long as its response, an element of the result
 */
export function perToken<T>(
  completions: readonly Completion[],
  count: number,
  options: TokenOptions,
  of: (batch: SequenceTensors) => readonly Tensor[],
  as: (rows: readonly Float32Array[]) => T,
): Pieces<T[]> {
  const { ranks = ALONE } = options;
  function* work(): Generator<void, () => T[]> {
    const own = yield* ownRows(completions, count, options, of);
    return () => together(ranks.gather(own)).map(as);
  }
  return new Pieces(work());
}

/** The rows of each completion, from the rank where they are not empty. */
function together([first, ...others]: readonly Float32Array[][][]): Float32Array[][] {
  return first!.map((rows, i) => others.find((other) => other[i]![0]!.length > 0)?.[i] ?? rows);
}

/** The rows of the completions of this rank; empty ones of the others. */
function* ownRows(
  completions: readonly Completion[],
  count: number,
  options: TokenOptions,
  of: (batch: SequenceTensors) => readonly Tensor[],
): Generator<void, Float32Array[][]> {
  const rows = completions.map(() => Array.from({ length: count }, () => new Float32Array()));
  const present = completions.flatMap(({ tokens }, i) => (tokens.length > 0 ? [i] : []));
  const sizes = present.map((i) => completions[i]!.promptTokens.length + completions[i]!.tokens.length);
  for (const bucket of microBatchesOf(options.ranks ?? ALONE, sizes, options)) {
    const own = bucket.map((k) => present[k]!);
    const batch = own.map((i) => completions[i]!);
    const found = noGrad(() =>
      scope(() => of(collateSequences(batch, options)).map((one) => one.toFloat32Array())),
    );
    let start = 0;
    for (const i of own) {
      const end = start + completions[i]!.tokens.length;
      rows[i] = found.map((values) => values.slice(start, end));
      start = end;
    }
    yield;
  }
  return rows;
}
