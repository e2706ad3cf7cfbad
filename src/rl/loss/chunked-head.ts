/**
 * @file The head in chunks with its gradient by formula, where logits are hidden states times one weight.
 *
 * With z = h Wᵀ / τ, p = softmax(z), H = −Σ pⱼ log pⱼ and target t:
 *
 *   log p_t = (z_t − z_top) + log p_top, with the most probable token: a sum of small numbers where p_t is near 1
 *   ∂ log p_t / ∂zⱼ = 1[j = t] − pⱼ
 *   ∂ H / ∂zⱼ = −pⱼ (log pⱼ + H)
 *
 * So with the incoming gradients d of log p_t and e of H, gⱼ = d (1[j = t] − pⱼ) − e pⱼ (log pⱼ + H), and
 * ∂h = g W / τ, ∂W = gᵀ h / τ. A chunk is one product forward, and three backward: the logits again, ∂h, ∂W. Where d
 * and e are known beforehand, the logits are still there.
 *
 * On a GPU each of the two passes over the logits is one kernel (head-kernel.ts); elsewhere they are composed below.
 *
 * Sums and what is returned are float32. In bfloat16 p is rounded once by softmax and once by d; the target's own entry,
 * d (1 − p_t), is computed in float32 from log p_t, since near p_t = 1 the rounding of p_t would be all that is left.
 */
import {
  aten,
  hasOperator,
  linear,
  noGrad,
  scope,
  type Tensor,
  widened,
  zerosLike,
} from '../../torch/index.ts';
import type { ChunkedHead, HeadOptions, Predicted, PredictedGradients } from './head.ts';
import { headBackward, headForward } from './head-kernel.ts';

/** @param weight - [V, D], a parameter */
export function weightHead(weight: Tensor, { temperature, accuracy }: HeadOptions): ChunkedHead {
  const apart = (predicted: Predicted): Predicted => (accuracy ? predicted : { ...predicted, correct: null });
  const spread = (ofLogits: Tensor, hidden: Tensor, into: Tensor): void => {
    product(into, ofLogits, weight, 0);
    if (weight.requiresGrad) accumulate(gradientOf(weight), ofLogits.transpose(), hidden);
  };
  const forward = (hidden: Tensor, targets: Tensor): Predicted =>
    scope(() => {
      const logits = linear(hidden, weight);
      return apart(
        headForward(logits, targets, temperature) ?? composedForward(logits, targets, temperature),
      );
    });
  const backward: ChunkedHead['backward'] = (hidden, targets, predicted, gradients, into) =>
    scope(() => {
      const logits = linear(hidden, weight);
      const inPlace = headBackward(logits, targets, predicted, gradients, temperature);
      const composed = () => logitsGradient(logits, targets, predicted, gradients, temperature);
      spread(inPlace ? logits : composed(), hidden, into);
    });
  const both: NonNullable<ChunkedHead['both']> = (hidden, targets, gradients, into) =>
    scope(() => {
      const logits = linear(hidden, weight);
      const predicted = headForward(logits, targets, temperature);
      if (predicted !== null && headBackward(logits, targets, predicted, gradients, temperature)) {
        spread(logits, hidden, into);
        return apart(predicted);
      }
      // The composed form takes several times the memory of the logits, which are freed in between.
      logits.dispose();
      const again = forward(hidden, targets);
      backward(hidden, targets, again, gradients, into);
      return again;
    });
  return {
    forward: (...args) => noGrad(() => forward(...args)),
    backward: (...args) => noGrad(() => backward(...args)),
    both: (...args) => noGrad(() => both(...args)),
  };
}

/** The same as headForward, of torch's operators; disposes of the logits as soon as it can. */
function composedForward(logits: Tensor, targets: Tensor, temperature: number): Predicted {
  const top = logits.argmax(-1, true);
  const z = (places: Tensor): Tensor => wide(logits.gather(1, places)).div(temperature);
  const [ofTop, ofTarget] = [z(top), z(targets.unsqueeze(1))];
  const p = wideSoftmax(logits, temperature);
  logits.dispose();
  return {
    logprobs: ofTarget.sub(ofTop).add(p.gather(1, top).log()).squeeze(1),
    entropy: (entr(p) as Tensor).sum(-1),
    correct: top.squeeze(1).eq(targets),
  };
}

const entr = aten('special_entr');
const expm1 = aten('expm1');
const softmaxIn = aten('softmax.int');
const scatter_ = aten('scatter_.src');
const addmm_ = aten('addmm_');

/** Gradient of the loss in h Wᵀ, [n, V] in its dtype; overwrites `logits` where it can. */
function logitsGradient(
  logits: Tensor,
  targets: Tensor,
  { logprobs, entropy }: Pick<Predicted, 'logprobs' | 'entropy'>,
  gradients: PredictedGradients,
  temperature: number,
): Tensor {
  const { dtype } = logits;
  const column = (values: Tensor): Tensor => values.unsqueeze(1);
  const d = column((gradients.logprobs ?? zerosLike(logprobs)).div(temperature));
  const logTarget = column(logprobs);
  const setTarget = (gradient: Tensor, entry: Tensor): Tensor => {
    scatter_(gradient, 1, column(targets), entry.to(gradient.dtype));
    return gradient;
  };
  const ownEntry = d.mul(expm1(logTarget) as Tensor).neg();
  if (gradients.entropy === null) {
    return setTarget(probabilities(logits, temperature).mul_(d.neg()), ownEntry);
  }
  const e = column(gradients.entropy.div(temperature));
  const H = column(entropy);
  const all = tempered(logits, temperature).logSoftmax(-1);
  const factor = all.add(H).mul_(e.neg()).sub_(d);
  const ofEntropy = logTarget.exp().mul(logTarget.add(H)).mul(e);
  return setTarget(all.exp().mul_(factor), ownEntry.sub(ofEntropy)).to(dtype);
}

/** softmax(logits / temperature) in their dtype, summed in float32. */
function probabilities(logits: Tensor, temperature: number): Tensor {
  if (temperature === 1) return logits.softmax(-1);
  return tempered(logits, temperature).softmax(-1).to(logits.dtype);
}

/** softmax(logits / temperature), float32 at least. */
function wideSoftmax(logits: Tensor, temperature: number): Tensor {
  // torch widens inside and frees the copy at once.
  if (temperature === 1) return softmaxIn(logits, -1, widened(logits.dtype)) as Tensor;
  return scope(() => tempered(logits, temperature).softmax(-1));
}

/** logits / temperature, float32 at least: a quotient of bfloat16 would be off by some percent of a probability. */
function tempered(logits: Tensor, temperature: number): Tensor {
  const all = wide(logits);
  return temperature === 1 ? all : all.div_(temperature);
}

function wide(x: Tensor): Tensor {
  const dtype = widened(x.dtype);
  return x.dtype === dtype ? x : x.to(dtype);
}

/** into ← keep · into + a b, in place. */
function product(into: Tensor, a: Tensor, b: Tensor, keep: 0 | 1): void {
  addmm_(into, a, b, { beta: keep });
}

/** Adds products of bfloat16 to float32 numbers, on CUDA. */
const addmmOut = hasOperator('addmm.dtype_out') ? aten('addmm.dtype_out') : null;

/** gradient += a b, where the gradient may be float32 and the product of bfloat16. */
function accumulate(gradient: Tensor, a: Tensor, b: Tensor): void {
  if (gradient.dtype === a.dtype) product(gradient, a, b, 1);
  else if (addmmOut !== null && gradient.device !== 'cpu')
    addmmOut(gradient, a, b, gradient.dtype, { out: gradient });
  // Elsewhere the product of a chunk is rounded before it is added.
  else gradient.add_(a.matmul(b));
}

/** The parameter's gradient, made where there is none yet. */
function gradientOf(weight: Tensor): Tensor {
  if (weight.grad === null) weight.setGrad(zerosLike(weight));
  return weight.grad!;
}
