/**
 * @file Routing: balance loss, recording and replay of the experts that routers choose, for one forward pass.
 *
 * The balance loss of a sequence of T tokens (DeepSeek-V3, arXiv 2412.19437, eq. 17 to 20) is summed over layers:
 *
 *   α Σᵢ fᵢ Pᵢ      fᵢ = E / (k T) Σₜ 1(sᵢ,ₜ is among the k largest of token t)      Pᵢ = 1 / T Σₜ sᵢ,ₜ / Σⱼ sⱼ,ₜ
 *
 * E experts, k of them a token, s the scores of a router without its biases. It is α where each expert has the same load and
 * grows with the scores of those that have more. A step takes the mean over its sequences, each counted by its tokens.
 *
 * A sampler's choices can be recorded, and compared with those of a later pass or replayed in it (rollout routing replay, arXiv
 * 2510.11370): numerics that differ a little send some tokens to other experts, which moves their log-probabilities far. The
 * weights of the experts are computed again, so gradients are those of the fixed choice.
 */
import { aten, indices, keep, scope, type Tensor, tensor, where, zeros } from '../../torch/index.ts';
import type { LayerRouting, Routes } from './router.ts';

export interface BalanceOptions {
  /** Of each row the lengths of its sequences, which lie end to end; padding follows them. */
  readonly sequences: readonly (readonly number[])[];
  /** Tokens of a row, padding counted. */
  readonly length: number;
  /** α over the tokens of the whole step. */
  readonly weight: number;
  readonly device: string;
}

/** The experts that a sampler has sent tokens to. */
export interface SampledExperts {
  /** By the number of a layer, int64 [N, k]; −1 for tokens of which nothing is known. */
  readonly layers: ReadonlyMap<number, Tensor>;
  /** true: tokens go to these experts; false: they are only compared with the router's own choice. */
  readonly replay: boolean;
}

/** What a pass does beside routing; nothing for options that are left out. */
export interface RoutingOptions {
  readonly balance?: BalanceOptions | undefined;
  readonly sampled?: SampledExperts | undefined;
  /** The choices are kept, see takeChoices. */
  readonly record?: boolean;
}

export class Routing {
  readonly #sequences: Sequences | null;
  readonly #weight: number;
  readonly #sampled: SampledExperts | undefined;
  readonly #record: boolean;
  #losses: Tensor[] = [];
  readonly #choices = new Map<number, Tensor>();
  /** Tokens that another expert than the sampler's was chosen for in some layer, bool [N]. */
  #differing: Tensor | null = null;

  constructor({ balance, sampled, record = false }: RoutingOptions) {
    this.#sequences = balance === undefined ? null : sequencesOf(balance);
    this.#weight = balance?.weight ?? 0;
    this.#sampled = sampled;
    this.#record = record;
  }

  /** @param number - of the layer */
  layer(number: number): LayerRouting {
    return {
      settle: (chosen) => {
        if (this.#record) this.#choices.set(number, keep(chosen.clone()));
        const sampled = this.#sampled?.layers.get(number);
        return sampled === undefined ? chosen : this.#compare(chosen, sampled);
      },
      tell: (routes) => this.#tell(routes),
    };
  }

  #compare(chosen: Tensor, sampled: Tensor): Tensor {
    const known = sampled.narrow(1, 0, 1).ge(0);
    const differing = keep(
      scope(() => {
        const apart = chosen.sort(1)[0].ne(sampled.sort(1)[0]).to('int64').sum(1).gt(0);
        const own = apart.logicalAnd(known.squeeze(1));
        return this.#differing === null ? own : own.logicalOr(this.#differing);
      }),
    );
    this.#differing?.dispose();
    this.#differing = differing;
    return this.#sampled!.replay ? where(known, sampled, chosen) : chosen;
  }

  #tell({ experts, scores }: Routes): void {
    // Recomputation reads the tokens twice, with a gradient once.
    if (this.#sequences === null || !scores.requiresGrad) return;
    const sequences = this.#sequences;
    const loss = scope(() => balanceLoss(scores, experts.size(1), sequences).mul(this.#weight));
    this.#losses.push(keep(loss));
  }

  /** The losses of the routers since the last call, a scalar each. The caller frees them. */
  takeLosses(): Tensor[] {
    const losses = this.#losses;
    this.#losses = [];
    return losses;
  }

  /** The recorded choices by layer, int64 [N, k]. The caller frees them. */
  takeChoices(): Map<number, Tensor> {
    const choices = new Map(this.#choices);
    this.#choices.clear();
    return choices;
  }

  /** Tokens for which some layer chose other experts than the sampler; 0 where there is nothing to compare. */
  takeDiffering(): number {
    if (this.#differing === null) return 0;
    const count = scope(() => this.#differing!.to('int64').sum().item());
    this.#differing.dispose();
    this.#differing = null;
    return count;
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
