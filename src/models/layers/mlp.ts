/** @file The gated feed-forward block (SwiGLU; Shazeer 2020): down(act(gate(x)) · up(x)). */
import type { Tensor } from '../../torch/index.ts';
import { JointLinears } from './joint-linear.ts';
import { Linear } from './linear.ts';
import { Module, type Placement } from './module.ts';
import { mergedSwigluKernel, swigluKernel } from './swiglu-kernel.ts';

/** Activations by their names in config.json. */
export const activations = {
  silu: (x: Tensor) => x.silu(),
  swish: (x: Tensor) => x.silu(),
  gelu: (x: Tensor) => x.gelu('none'),
  gelu_new: (x: Tensor) => x.gelu('tanh'),
  gelu_pytorch_tanh: (x: Tensor) => x.gelu('tanh'),
  relu: (x: Tensor) => x.relu(),
} as const;

export type Activation = keyof typeof activations;

/** The feed-forward block of one layer: down(activation(gate(x)) · up(x)). */
export class GatedMLP extends Module {
  gate_proj: Linear;
  up_proj: Linear;
  down_proj: Linear;
  readonly activation: Activation;
  readonly joint: JointLinears;

  constructor(
    options: { hiddenSize: number; intermediateSize: number; activation: Activation; bias: boolean },
    placement: Placement,
  ) {
    super();
    const { hiddenSize, intermediateSize, bias } = options;
    this.gate_proj = new Linear(hiddenSize, intermediateSize, bias, placement);
    this.up_proj = new Linear(hiddenSize, intermediateSize, bias, placement);
    this.down_proj = new Linear(intermediateSize, hiddenSize, bias, placement);
    this.activation = options.activation;
    this.joint = new JointLinears([this.gate_proj, this.up_proj]);
  }

  /** [..., D] → [..., D] */
  forward(x: Tensor): Tensor {
    const { activation } = this;
    const gated = activation === 'silu' || activation === 'swish';
    const both = this.joint.forward(x);
    const product = both !== null && gated ? mergedSwigluKernel(both) : null;
    if (product !== null) return this.down_proj.forward(product);
    const [gate, up] = both?.chunk(2, -1) ?? [this.gate_proj.forward(x), this.up_proj.forward(x)];
    const kernel = gated ? swigluKernel(gate!, up!) : null;
    return this.down_proj.forward(kernel ?? activations[activation](gate!).mul(up!));
  }
}
