/**
 * @file Routing: what a training pass asks of the routers of its layers beside their choice, and what they tell. One object
 * serves one pass.
 *
 * The balance loss of a sequence of T tokens (DeepSeek-V3, arXiv 2412.19437, eq. 17 to 20) is summed over layers:
 *
 *   α Σᵢ fᵢ Pᵢ      fᵢ = E / (k T) Σₜ 1(sᵢ,ₜ is among the k largest of token t)      Pᵢ = 1 / T Σₜ sᵢ,ₜ / Σⱼ sⱼ,ₜ
 *
 * E experts, k of them a token, s the scores of a router without its biases. It is α where each expert has the same load and
 * grows with the scores of those that have more. A step takes the mean over its sequences, each counted by its tokens.
 */
import { aten, indices, keep, scope, type Tensor, tensor, zeros } from '../../torch/index.ts';
import type { Routes } from './router.ts';

export interface BalanceOptions {
  /** Of each row the lengths of its sequences, which lie end to end; padding follows them. */
  readonly sequences: readonly (readonly number[])[];
  /** Tokens of a row, padding counted. */
  readonly length: number;
  /** α over the tokens of the whole step. */
  readonly weight: number;
  readonly device: string;
}

export class Routing {
  readonly #balance: Sequences;
  readonly #weight: number;
  #losses: Tensor[] = [];

  constructor(options: BalanceOptions) {
    this.#balance = sequencesOf(options);
    this.#weight = options.weight;
  }

  /** A router tells where it sends the tokens of the pass. */
  tell({ experts, scores }: Routes): void {
    // Recomputation reads the tokens twice, with a gradient once.
    if (!scores.requiresGrad) return;
    const loss = scope(() => balanceLoss(scores, experts.size(1), this.#balance).mul(this.#weight));
    this.#losses.push(keep(loss));
  }

  /** The losses of the routers since the last call, a scalar each. The caller frees them. */
  takeLosses(): Tensor[] {
    const losses = this.#losses;
    this.#losses = [];
    return losses;
  }
}

/** Where the sequences of a pass lie. */
interface Sequences {
  /** The sequence of each token, int64 [N]; padding is of one more. */
  readonly of: Tensor;
  /** 1 / T of each, 0 for padding, float32 [S + 1, 1]. */
  readonly shares: Tensor;
}

function sequencesOf({ sequences, length, device }: Omit<BalanceOptions, 'weight'>): Sequences {
  const lengths = sequences.flat();
  const of = new Int32Array(sequences.length * length).fill(lengths.length);
  let number = 0;
  for (const [row, own] of sequences.entries()) {
    let at = row * length;
    for (const tokens of own) {
      of.fill(number, at, at + tokens);
      at += tokens;
      number += 1;
    }
  }
  const shares = Float32Array.from([...lengths.map((tokens) => 1 / tokens), 0]);
  return { of: indices(of, undefined, device), shares: tensor(shares, [shares.length, 1], { device }) };
}

const indexAdd = aten('index_add');
const scatter = aten('scatter.value');

/**
 * Σ T · Σᵢ fᵢ Pᵢ over the sequences of a pass, a scalar.
 * @param scores - [N, E], above 0, differentiable
 * @param perToken - k
 */
function balanceLoss(scores: Tensor, perToken: number, { of, shares }: Sequences): Tensor {
  const experts = scores.size(1);
  const none = zeros([shares.size(0), experts], scores.detach());
  const [, best] = scores.detach().topk(perToken);
  const chosen = scatter(zeros(scores.shape, none), 1, best, 1) as Tensor;
  const counts = indexAdd(none, 0, of, chosen) as Tensor;
  const relative = scores.div(scores.sum(-1, true).add(1e-20));
  const sums = indexAdd(none, 0, of, relative) as Tensor;
  return counts
    .mul(sums)
    .mul(shares.to(scores.dtype))
    .sum()
    .mul(experts / perToken);
}
