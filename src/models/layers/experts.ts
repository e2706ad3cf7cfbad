/**
 * @file A mixture of experts (Shazeer et al. 2017, arXiv 1701.06538): each token is read by a few of many feed-forward
 * blocks, and by the shared ones (DeepSeekMoE, arXiv 2401.06066) where the model has them.
 *
 * A router says which (router.ts). The tokens are sorted by expert, so that each expert reads all of its own in one product;
 * how many those are has to be known on the host. A static pass, which may not ask the device for numbers, has every expert
 * read every token and multiplies by 0 what was not chosen. Decoding reads a few tokens and is bound by the bytes of the
 * weights: from about experts / k rows on the chosen experts are most of all experts anyway.
 */
import { aten, cat, type DType, scope, type Tensor, zeros } from '../../torch/index.ts';
import { type Activation, GatedMLP } from './mlp.ts';
import { Module, type Placement } from './module.ts';
import type { LayerRouting, Router, Routes } from './router.ts';

export interface ExpertsOptions {
  readonly hiddenSize: number;
  /** Width of an expert. */
  readonly width: number;
  readonly experts: number;
  /** Width of all shared experts together, which are one block; 0 for none. */
  readonly sharedWidth: number;
  readonly activation: Activation;
}

const bincount = aten('bincount');
const floorDivide = aten('floor_divide.Scalar');
const scatter = aten('scatter.src');

/** Sends tokens to experts, and counts them. */
export abstract class Mixture extends Module {
  /** The share of the experts that read a token. */
  readonly share: number;
  /** Tokens that each expert has read in passes with a gradient. */
  #load: Float64Array;

  constructor(experts: number, perToken: number) {
    super();
    this.share = perToken / experts;
    this.#load = new Float64Array(experts);
  }

  /** Tokens that each expert has read in passes with a gradient since the last call: see expert-load.ts. */
  takeLoad(): Float64Array {
    const load = this.#load;
    this.#load = new Float64Array(load.length);
    return load;
  }

  /**
   * Each expert reads the tokens that were sent to it. [N, D] → [N, D]
   * @param read - the output of an expert, [n, D] → [n, D]
   */
  protected byExpert(
    x: Tensor,
    { experts, weights }: Routes,
    read: (expert: number, part: Tensor) => Tensor,
  ): Tensor {
    const [N, k] = experts.shape as [number, number];
    const targets = experts.flatten();
    const counts = (bincount(targets, null, this.#load.length) as Tensor).toArray().map(Number);
    // Recomputation reads the tokens twice, with a gradient once.
    if (weights.requiresGrad) for (const [i, count] of counts.entries()) this.#load[i]! += count;
    const reading = [...counts.keys()].filter((expert) => counts[expert]! > 0);
    const [, order] = targets.sort();
    const parts = x
      .indexSelect(0, floorDivide(order, k) as Tensor)
      .splitSizes(counts.filter((count) => count > 0));
    const outputs = cat(parts.map((part, i) => scope(() => read(reading[i]!, part))));
    const own = outputs.indexSelect(0, order.argsort()).view([N, k, x.size(1)]);
    return own.mul(weights.to(x.dtype).unsqueeze(2)).sum(1);
  }
}

/** What each of so many experts counts for each token, 0 where it was not chosen: [N, experts] of a dtype. */
export function sharesOf({ experts, weights }: Routes, count: number, dtype: DType): Tensor {
  const none = zeros([experts.size(0), count], { dtype, device: experts.device });
  return scatter(none, 1, experts, weights.to(dtype)) as Tensor;
}

/** The feed-forward block of a layer with experts; parameters are named as in checkpoints. */
export class MixtureOfExperts extends Mixture {
  gate: Router;
  experts: GatedMLP[];
  shared_experts: GatedMLP | null;

  constructor(options: ExpertsOptions, router: Router, placement: Placement) {
    super(options.experts, router.options.perToken);
    const { hiddenSize, width, experts, sharedWidth, activation } = options;
    const block = (intermediateSize: number): GatedMLP =>
      new GatedMLP({ hiddenSize, intermediateSize, activation, bias: false }, placement);
    this.gate = router;
    this.experts = Array.from({ length: experts }, () => block(width));
    this.shared_experts = sharedWidth > 0 ? block(sharedWidth) : null;
  }

  /**
   * [B, T, D] → [B, T, D]
   * @param isStatic - no number may be read from the device
   * @param routing - of this layer, where the pass balances, records or replays experts
   */
  forward(x: Tensor, isStatic: boolean, routing?: LayerRouting): Tensor {
    return scope(() => {
      const flat = x.flatten(0, 1);
      const routes = this.gate.forward(flat, routing);
      routing?.tell(routes);
      const mixed = isStatic
        ? this.#everyExpert(flat, routes)
        : this.byExpert(flat, routes, (expert, part) => this.experts[expert]!.forward(part));
      const shared = this.shared_experts?.forward(flat);
      return (shared === undefined ? mixed : mixed.add(shared)).view(x.shape);
    });
  }

  /** Every expert reads every token. [N, D] → [N, D] */
  #everyExpert(x: Tensor, routes: Routes): Tensor {
    const shares = sharesOf(routes, this.experts.length, x.dtype);
    let sum = zeros(x.shape, x);
    for (const [number, expert] of this.experts.entries()) {
      const next = scope(() => sum.add(expert.forward(x).mul(shares.narrow(1, number, 1))));
      sum.dispose();
      sum = next;
    }
    return sum;
  }
}
