/**
 * @file log π(token) of given tokens, without holding a batch's vocabulary-sized logits.
 *
 * Logits are float32 [N, V]: at 16k tokens and a vocabulary of 152k they would take 10 GB, and again for their
 * gradient. Above a budget they are computed in chunks: forward without history, then, once the gradient of the loss
 * in the log-probabilities is known, again chunk by chunk, each backpropagated into the hidden states and dropped.
 */
import { backward, cat, noGrad, scope, type Tensor } from '../tensor/index.ts';

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
