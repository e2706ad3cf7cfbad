/**
 * @file The experts of gpt-oss: the k largest scores of a router with biases, their softmax, and blocks whose weights lie in one
 * tensor for all experts.
 *
 *   [g; u] = x W + b, in turn            gate and up of an expert, interleaved
 *   y = ((u' + 1) · g' σ(α g')) V + c     with g' = min(g, limit), u' = clamp(u, ±limit)
 *
 * No weight is a Linear: LoRA leaves experts and router as they are, and so does a quantised base.
 */
import { aten, empty, scope, type Tensor, widened } from '../../torch/index.ts';
import {
  type LayerRouting,
  Mixture,
  Module,
  type Placement,
  Router,
  type Routes,
  sharesOf,
} from '../layers/index.ts';

export interface GptOssExpertsConfig {
  readonly count: number;
  readonly perToken: number;
  /** I */
  readonly width: number;
  readonly alpha: number;
  readonly limit: number;
}

type Options = GptOssExpertsConfig & { readonly hiddenSize: number };

const addmm = aten('addmm');
const baddbmm = aten('baddbmm');
const unbind = aten('unbind.int');

class TopRouter extends Router {
  /** [experts] */
  bias: Tensor;
  readonly options: Router['options'];

  constructor({ hiddenSize, count, perToken }: Options, placement: Placement) {
    const options = { hiddenSize, experts: count, perToken, normalised: true };
    super(options, placement);
    const { dtype, device } = placement;
    this.bias = empty([count], { dtype: widened(dtype), device });
    this.options = options;
  }

  override forward(x: Tensor, routing?: LayerRouting): Routes {
    return scope(() => {
      const products = this.logits(x);
      const logits = products.add(this.bias.to(products.dtype));
      const [largest, chosen] = logits.topk(this.options.perToken);
      const experts = routing?.settle(chosen) ?? chosen;
      const own = experts === chosen ? largest : logits.gather(1, experts);
      return { experts, scores: logits.softmax(-1), weights: own.softmax(-1) };
    });
  }
}

class StackedExperts extends Module {
  /** [experts, D, 2 I] and [experts, 2 I] */
  gate_up_proj: Tensor;
  gate_up_proj_bias: Tensor;
  /** [experts, I, D] and [experts, D] */
  down_proj: Tensor;
  down_proj_bias: Tensor;

  constructor({ hiddenSize, count, width }: Options, placement: Placement) {
    super();
    this.gate_up_proj = empty([count, hiddenSize, 2 * width], placement);
    this.gate_up_proj_bias = empty([count, 2 * width], placement);
    this.down_proj = empty([count, width, hiddenSize], placement);
    this.down_proj_bias = empty([count, hiddenSize], placement);
  }
}

/** The feed-forward block of a layer; parameters are named as in checkpoints. */
export class GptOssMixture extends Mixture {
  router: TopRouter;
  experts: StackedExperts;
  readonly options: Options;

  constructor(options: Options, placement: Placement) {
    super(options.count, options.perToken);
    this.router = new TopRouter(options, placement);
    this.experts = new StackedExperts(options, placement);
    this.options = options;
  }

  /**
   * [B, T, D] → [B, T, D]
   * @param isStatic - no number may be read from the device
   * @param routing - of this layer, where the pass balances, records or replays experts
   */
  forward(x: Tensor, isStatic: boolean, routing?: LayerRouting): Tensor {
    return scope(() => {
      const flat = x.flatten(0, 1);
      const routes = this.router.forward(flat, routing);
      routing?.tell(routes);
      return (isStatic ? this.#everyExpert(flat, routes) : this.#byExpert(flat, routes)).view(x.shape);
    });
  }

  #byExpert(x: Tensor, routes: Routes): Tensor {
    const { gate_up_proj, gate_up_proj_bias, down_proj, down_proj_bias } = this.experts;
    // Taken apart at once: their gradients are put together in one piece, too.
    const [into, intoBias, out, outBias] = [gate_up_proj, gate_up_proj_bias, down_proj, down_proj_bias].map(
      (all) => unbind(all, 0) as Tensor[],
    ) as [Tensor[], Tensor[], Tensor[], Tensor[]];
    return this.byExpert(x, routes, (expert, part) => {
      const both = addmm(intoBias[expert], part, into[expert]) as Tensor;
      return addmm(outBias[expert], clampedSwiglu(both, this.options), out[expert]) as Tensor;
    });
  }

  /** Every expert reads every token. [N, D] → [N, D] */
  #everyExpert(x: Tensor, routes: Routes): Tensor {
    const { gate_up_proj, gate_up_proj_bias, down_proj, down_proj_bias } = this.experts;
    const { count } = this.options;
    const [N, D] = x.shape as [number, number];
    const all = x.unsqueeze(0).expand([count, N, D]);
    const both = baddbmm(gate_up_proj_bias.unsqueeze(1), all, gate_up_proj) as Tensor;
    const hidden = clampedSwiglu(both, this.options);
    const outputs = baddbmm(down_proj_bias.unsqueeze(1), hidden, down_proj) as Tensor;
    const shares = sharesOf(routes, count, x.dtype);
    return outputs.mul(shares.transpose(0, 1).unsqueeze(2)).sum(0);
  }
}

/** [..., 2 I] → [..., I] */
function clampedSwiglu(x: Tensor, { alpha, limit }: Options): Tensor {
  const pairs = x.view([...x.shape.slice(0, -1), x.size(-1) / 2, 2]);
  const [gate, up] = unbind(pairs, -1) as [Tensor, Tensor];
  const low = gate.clamp(null, limit);
  return up
    .clamp(-limit, limit)
    .add(1)
    .mul(low.mul(low.mul(alpha).sigmoid()));
}
