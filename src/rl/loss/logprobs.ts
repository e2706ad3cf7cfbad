/**
 * @file Samples → tensors → log π(token) under a model: with history for a loss, or without for completions that are read
 * once.
 *
 * Sequences are padded on the right, and everything per token is aligned with the response. Right padding needs no
 * attention mask: a causal model never looks at what follows. Row i holds prompt and response; the hidden state at column
 * p−1+j predicts response token j.
 *
 * Logits are float32 [N, V]: at 16k tokens and a vocabulary of 152k they would take 10 GB, and again for their
 * gradient. Above a budget they are computed in chunks: forward without history, then, once the gradient of the loss
 * in the log-probabilities is known, again chunk by chunk, each backpropagated into the hidden states and dropped.
 */
import { bucketByLength } from '../../bucket.ts';
import type { LanguageModel } from '../../models/index.ts';
import type { Completion, Sample } from '../../records.ts';
import { backward, cat, indices, noGrad, scope, type Tensor, tensor, zeros } from '../../torch/index.ts';

/** Sequences. B of them, T tokens in the longest, R in the longest response, N response tokens in all. */
export interface SequenceTensors {
  /** int64 [B, T] */
  readonly tokens: Tensor;
  /** Places in [B·T] whose hidden state predicts a response token, int64 [N] */
  readonly predictors: Tensor;
  /** The response tokens, int64 [N] */
  readonly targets: Tensor;
  /** Their places in [B·R], int64 [N] */
  readonly places: Tensor;
  readonly responseShape: readonly [batch: number, longest: number];
}

/** A micro-batch of samples. */
export interface PolicyTensors extends SequenceTensors {
  /** 1 on response tokens, float32 [B, R] */
  readonly mask: Tensor;
  /** log π_old, float32 [B, R]: the trainer's where a sample has them, else the sampler's */
  readonly oldLogprobs: Tensor;
  /** The sampler's log-probabilities, float32 [B, R] */
  readonly samplerLogprobs: Tensor;
  /** float32 [B, R] */
  readonly advantages: Tensor;
  /** Weight of each token in the step's loss, float32 [B, R] */
  readonly weights: Tensor;
  /** 1 on tokens the policy loss learns from, float32 [B, R]; all where left out */
  readonly selected?: Tensor;
  /** V when the rollout was first looked at, and what it should have been, float32 [B, R]; only with a critic */
  readonly oldValues?: Tensor;
  readonly returns?: Tensor;
}

export interface CollateOptions {
  /** Weight of each sample's tokens, see sequenceWeights. */
  readonly weights: ArrayLike<number>;
  /** 1 on each sample's tokens that the policy loss learns from; all unless given. */
  readonly selected?: readonly Float32Array[] | undefined;
  /** Any id of the vocabulary: nothing depends on it. */
  readonly padToken: number;
  readonly device: string;
}

export function collate(samples: readonly Sample[], options: CollateOptions): PolicyTensors {
  const { weights, selected, padToken, device } = options;
  const completions = samples.map(({ scored }) => scored.completion);
  const sequences = collateSequences(completions, padToken, device);
  const laidOut = (rowOf: (sample: Sample, i: number) => ArrayLike<number> | number): Tensor =>
    responseTensor(
      samples.map(rowOf),
      completions.map(({ tokens }) => tokens.length),
      sequences.responseShape,
      device,
    );
  return {
    ...sequences,
    mask: laidOut(() => 1),
    oldLogprobs: laidOut(({ oldLogprobs, scored }) => oldLogprobs ?? scored.completion.logprobs),
    samplerLogprobs: laidOut(({ scored }) => scored.completion.logprobs),
    advantages: laidOut(({ advantages }) => advantages),
    weights: laidOut((_, i) => weights[i]!),
    ...(selected && { selected: laidOut((_, i) => selected[i]!) }),
    ...(samples[0]?.values && {
      oldValues: laidOut(({ values }) => values!),
      returns: laidOut(({ returns }) => returns!),
    }),
  };
}

/** Prompts and responses as a model reads them. */
export function collateSequences(
  completions: readonly Completion[],
  padToken: number,
  device: string,
): SequenceTensors {
  const B = completions.length;
  const T = Math.max(...completions.map(({ promptTokens, tokens }) => promptTokens.length + tokens.length));
  const R = Math.max(...completions.map(({ tokens }) => tokens.length));
  const total = completions.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const rows = new Int32Array(B * T).fill(padToken);
  const predictors = new Int32Array(total);
  const targets = new Int32Array(total);
  const places = new Int32Array(total);
  let n = 0;
  for (const [i, { promptTokens: prompt, tokens: response }] of completions.entries()) {
    rows.set(prompt, i * T);
    rows.set(response, i * T + prompt.length);
    for (let j = 0; j < response.length; j++, n++) {
      predictors[n] = i * T + prompt.length - 1 + j;
      targets[n] = response[j]!;
      places[n] = i * R + j;
    }
  }
  return {
    tokens: indices(rows, [B, T], device),
    predictors: indices(predictors, undefined, device),
    targets: indices(targets, undefined, device),
    places: indices(places, undefined, device),
    responseShape: [B, R],
  };
}

/** Rows of numbers, or one number for a whole row, as float32 [B, R] with 0 on padding. */
function responseTensor(
  rows: readonly (ArrayLike<number> | number)[],
  lengths: readonly number[],
  [B, R]: readonly [number, number],
  device: string,
): Tensor {
  const data = new Float32Array(B * R);
  for (const [i, row] of rows.entries()) {
    if (typeof row === 'number') data.fill(row, i * R, i * R + lengths[i]!);
    else data.set(row, i * R);
  }
  return tensor(data, [B, R], { device });
}

/** Values of response tokens [N] laid out as [B, R], 0 on padding; differentiable. */
export function toResponses(values: Tensor, batch: SequenceTensors): Tensor {
  const [B, R] = batch.responseShape;
  return scope(() =>
    zeros([B * R], { device: values.device, dtype: values.dtype })
      .indexCopy(0, batch.places, values)
      .view([B, R]),
  );
}

/** Hidden states [B, T, D] at the places that predict response tokens → [N, D]. */
export function predictorStates(hidden: Tensor, batch: SequenceTensors): Tensor {
  return scope(() => hidden.flatten(0, 1).indexSelect(0, batch.predictors));
}

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
