/**
 * @file Losses of reward models: of pairs (Bradley & Terry 1952, as in arXiv 2203.02155, eq. 1) and of single judgements.
 *
 * Leaves out margins that judges give, and ties.
 */
import { type Tensor, where } from '../../torch/index.ts';

/**
 * −log σ(r_chosen − r_rejected) for each pair: how unlikely the judgement is where a reply is preferred to another with
 * the odds exp(r) to exp(r').
 * @param chosen - [N]
 * @param rejected - [N]
 * @returns [N], nats
 */
export function pairwiseLoss(chosen: Tensor, rejected: Tensor): Tensor {
  return rejected.sub(chosen).softplus();
}

/**
 * Binary cross-entropy of σ(score): −log σ(r) where a response was called good, −log σ(−r) where it was not.
 * @param scores - [N]
 * @param good - bool [N]
 * @returns [N], nats
 */
export function pointwiseLoss(scores: Tensor, good: Tensor): Tensor {
  return where(good, scores.neg(), scores).softplus();
}
