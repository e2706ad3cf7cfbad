/**
 * @file The head: hidden states → log-probabilities of targets and the entropy of each prediction, with autograd.
 *
 * The whole form keeps the history of the logits. The chunked form keeps nothing: a chunk is computed once without
 * history, and again when the gradient in its log-probabilities is known.
 */
import type { LanguageModel } from '../../models/index.ts';
import { backward, noGrad, scope, type Tensor } from '../../torch/index.ts';

/** What the head needs of a language model. */
export type Head = Pick<LanguageModel, 'logits' | 'headWeight'>;

export interface HeadOptions {
  /** Divides the logits, as the sampler does. */
  readonly temperature: number;
  /** Keeps the entropy differentiable, at the price of its backward pass. */
  readonly entropyGradient: boolean;
  /** Tells which targets are the most probable token. */
  readonly accuracy: boolean;
}

/** What is known of n predictions. */
export interface Predicted {
  /** log π(target), float32 [n] */
  readonly logprobs: Tensor;
  /** float32 [n] */
  readonly entropy: Tensor;
  /** Whether the target is the most probable token, bool [n]; null unless asked for. */
  readonly correct: Tensor | null;
}

/** Gradients of a loss in what a chunk predicted, [n] each; null where the loss did not use it. */
export interface PredictedGradients {
  readonly logprobs: Tensor | null;
  readonly entropy: Tensor | null;
}

/** A head that is computed without history, and computed again to be backpropagated. */
export interface ChunkedHead {
  /** @param hidden - [n, D]; the result has no history */
  forward(hidden: Tensor, targets: Tensor): Predicted;
  /**
   * Adds to the gradients of the head's parameters.
   * @param predicted - what `forward` gave for these states
   * @param into - [n, D], gets the gradient in `hidden`
   */
  backward(
    hidden: Tensor,
    targets: Tensor,
    predicted: Pick<Predicted, 'logprobs' | 'entropy'>,
    gradients: PredictedGradients,
    into: Tensor,
  ): void;
  /** `forward` and `backward` at once for gradients that are known beforehand, where that saves something. */
  both?(hidden: Tensor, targets: Tensor, gradients: PredictedGradients, into: Tensor): Predicted;
}

/** log π over the vocabulary, [n, V]. */
function logprobsOver(head: Head, hidden: Tensor, temperature: number): Tensor {
  const logits = head.logits(hidden);
  return (temperature === 1 ? logits : logits.div(temperature)).logSoftmax(-1);
}

function ofTargets(all: Tensor, targets: Tensor): Tensor {
  return all.gather(1, targets.unsqueeze(1)).squeeze(1);
}

function entropyOf(all: Tensor): Tensor {
  return all.exp().mul(all).sum(-1).neg();
}

/** All predictions at once. The history holds [n, V] several times. */
export function wholeHead(head: Head, hidden: Tensor, targets: Tensor, options: HeadOptions): Predicted {
  const { temperature, entropyGradient, accuracy } = options;
  return scope(() => {
    const all = logprobsOver(head, hidden, temperature);
    return {
      logprobs: ofTargets(all, targets),
      entropy: entropyGradient ? entropyOf(all) : noGrad(() => entropyOf(all)),
      correct: accuracy ? noGrad(() => all.argmax(-1).eq(targets)) : null,
    };
  });
}

/** The head in chunks, for a model that says no more of it than `logits`. */
export function autogradHead(head: Head, options: HeadOptions): ChunkedHead {
  return {
    forward: (hidden, targets) => noGrad(() => wholeHead(head, hidden, targets, options)),
    backward: (hidden, targets, _, gradients, into) =>
      scope(() => {
        const leaf = hidden.detach().requiresGrad_();
        const all = logprobsOver(head, leaf, options.temperature);
        const used: (readonly [output: Tensor, gradient: Tensor])[] = [];
        if (gradients.logprobs !== null) used.push([ofTargets(all, targets), gradients.logprobs]);
        if (gradients.entropy !== null) used.push([entropyOf(all), gradients.entropy]);
        backward(
          used.map(([output]) => output),
          used.map(([, gradient]) => gradient),
        );
        into.copy_(leaf.grad!);
      }),
  };
}
