/**
 * @file Routers of a mixture of experts: which experts each token goes to, and how much each of them counts.
 *
 * - SoftmaxRouter (Qwen3-MoE): the k largest of softmax(W x), divided by their sum where the model says so.
 * - SigmoidRouter (DeepSeek-V3; arXiv 2412.19437, section 2.1.2): s = sigmoid(W x). The experts are in groups. A group's
 *   score is the sum of its two largest s + b; the k largest s + b of the best groups are chosen. b balances the load and
 *   only chooses: an expert counts by its s.
 *
 * Scores are float32 at least, whatever the model computes in: a rounded score may choose another expert.
 */
import { aten, empty, linear, ones, scope, type Tensor, widened } from '../../torch/index.ts';
import { Module, type Placement } from './module.ts';

/** Where N tokens go: k experts each. */
export interface Routes {
  /** int64 [N, k], the experts of a token differ. */
  readonly experts: Tensor;
  /** [N, k], what the output of each is multiplied by; float32 at least. */
  readonly weights: Tensor;
  /** [N, experts], what the weights are made of: softmax or sigmoid of W x, without biases. */
  readonly scores: Tensor;
}

/** Routing of one layer: see routing.ts. */
export interface LayerRouting {
  /** Where tokens go, by where the router would send them: int64 [N, k] both. */
  settle(chosen: Tensor): Tensor;
  /** A router tells where it sends the tokens of the pass. */
  tell(routes: Routes): void;
}

interface RouterOptions {
  readonly hiddenSize: number;
  readonly experts: number;
  /** k */
  readonly perToken: number;
  /** The weights of a token are divided by their sum. */
  readonly normalised: boolean;
}

/** Not a Linear: LoRA and quantisation leave it as it is. */
export abstract class Router extends Module {
  /** [experts, D] */
  weight: Tensor;
  abstract readonly options: RouterOptions;

  constructor({ hiddenSize, experts }: RouterOptions, { dtype, device }: Placement) {
    super();
    this.weight = empty([experts, hiddenSize], { dtype: widened(dtype), device });
  }

  override get keepsFloat32(): boolean {
    return true;
  }

  /** W x, float32 at least: [N, D] → [N, experts] */
  protected logits(x: Tensor): Tensor {
    const dtype = widened(x.dtype);
    return scope(() => linear(x.to(dtype), this.weight.to(dtype)));
  }

  /**
   * @param x - [N, D]
   * @param routing - of the pass, where it may send tokens elsewhere
   */
  abstract forward(x: Tensor, routing?: LayerRouting): Routes;
}

export class SoftmaxRouter extends Router {
  readonly options: RouterOptions;

  constructor(options: RouterOptions, placement: Placement) {
    super(options, placement);
    this.options = options;
  }

  override forward(x: Tensor, routing?: LayerRouting): Routes {
    const { perToken, normalised } = this.options;
    return scope(() => {
      const scores = this.logits(x).softmax(-1);
      const [largest, chosen] = scores.topk(perToken);
      const experts = routing?.settle(chosen) ?? chosen;
      const own = experts === chosen ? largest : scores.gather(1, experts);
      return { experts, scores, weights: normalised ? own.div(own.sum(-1, true)) : own };
    });
  }
}

export interface SigmoidRouterOptions extends RouterOptions {
  readonly groups: number;
  /** Groups that a token may choose from. */
  readonly groupsPerToken: number;
  /** The weights are multiplied by it. */
  readonly scale: number;
}

/** Experts of a group whose scores make up that of the group. */
const BEST_OF_GROUP = 2;

const scatter = aten('scatter.value');

export class SigmoidRouter extends Router {
  /** b, [experts]: moved by the load, not by a gradient. */
  e_score_correction_bias: Tensor;
  readonly options: SigmoidRouterOptions;

  constructor(options: SigmoidRouterOptions, placement: Placement) {
    super(options, placement);
    const { dtype, device } = placement;
    this.e_score_correction_bias = empty([options.experts], { dtype: widened(dtype), device });
    this.options = options;
  }

  override get buffers(): readonly string[] {
    return ['e_score_correction_bias'];
  }

  override forward(x: Tensor, routing?: LayerRouting): Routes {
    const { perToken, normalised, scale } = this.options;
    return scope(() => {
      const scores = this.logits(x).sigmoid();
      const [, chosen] = this.#eligible(scores.detach()).topk(perToken);
      const experts = routing?.settle(chosen) ?? chosen;
      const own = scores.gather(1, experts);
      // As transformers has it: scores that are all 0 give weights of 0.
      const weights = normalised ? own.div(own.sum(-1, true).add(1e-20)) : own;
      return { experts, scores, weights: weights.mul(scale) };
    });
  }

  /**
   * s + b, −∞ outside of the best groups. transformers 5 has 0 there, which an expert of a best group with a negative
   * s + b loses against; DeepSeek's own code has −∞.
   */
  #eligible(scores: Tensor): Tensor {
    const { experts, groups, groupsPerToken } = this.options;
    const biased = scores.add(this.e_score_correction_bias.to(scores.dtype));
    if (groups === 1) return biased;
    const grouped = biased.view([-1, groups, experts / groups]);
    const [best] = grouped.topk(BEST_OF_GROUP);
    const [, chosen] = best.sum(-1).topk(groupsPerToken);
    const all = ones([scores.size(0), groups], { dtype: 'bool', device: scores.device });
    const outside = scatter(all, 1, chosen, 0) as Tensor;
    return grouped.maskedFill(outside.unsqueeze(2), -Infinity).view(biased.shape);
  }
}
