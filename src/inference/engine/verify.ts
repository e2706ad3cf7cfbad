/**
 * @file Speculative sampling (Leviathan et al. 2023, arXiv 2211.17192; Chen et al. 2023, arXiv 2302.01318): a drafted token is
 * accepted or replaced.
 *
 * A token x was drawn from q, and p is the distribution it should have: x is taken with probability min(1, p(x) / q(x)), else
 * another is drawn from the positive part of p − q. What comes out has the distribution p, whatever q is.
 */
import { indices, stack, type Tensor, tensor, where } from '../../torch/index.ts';
import { byInverse, uniformOf } from './inverse.ts';
import type { Draft, SamplingRow } from './sequence.ts';

/** A row with a draft. */
export interface Drafted {
  readonly sampling: SamplingRow;
  readonly draft: Draft & { readonly probabilities: Tensor };
}

/**
 * The tokens of rows with drafts, int64 [n]: the draft where it is accepted.
 * @param logits - log-probabilities of p, of any constant more, [n, V]; −∞ for tokens that are cut off
 */
export function verified(logits: Tensor, rows: readonly Drafted[]): Tensor {
  const { device } = logits;
  const n = rows.length;
  const p = logits.softmax(-1);
  const q = stack(rows.map(({ draft }) => draft.probabilities));
  const drafts = indices(
    rows.map(({ draft }) => draft.token),
    [n, 1],
    device,
  );
  const uniforms = rows.map(({ sampling }) => [uniformOf(sampling), uniformOf(sampling)] as const);
  const column = (which: 0 | 1) =>
    tensor(
      Float32Array.from(uniforms, (pair) => pair[which]),
      [n, 1],
      { device },
    );
  const accepted = column(0).mul(q.gather(1, drafts)).lt(p.gather(1, drafts));
  const rest = p.sub(q).clamp(0, null);
  // Where p is q nothing is left over, and only rounding rejects the draft.
  const isAccepted = accepted.logicalOr(rest.sum(-1, true).le(0));
  return where(isAccepted.squeeze(1), drafts.squeeze(1), byInverse(rest, column(1)));
}
