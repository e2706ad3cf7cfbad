/** @file The gated feed-forward block (SwiGLU; Shazeer 2020): down(act(gate(x)) · up(x)). */
import type { Tensor } from '../../torch/index.ts';
import { swigluOnCpu } from './cpu-operators.ts';
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
    const both = this.joint.forward(x);
    if (both !== null) return this.down_proj.forward(gatedHalves(both, this.activation));
    return this.down_proj.forward(
      gatedProduct(this.gate_proj.forward(x), this.up_proj.forward(x), this.activation),
    );
  }
}

/** As GatedMLP, with the weights of gate and up one behind the other in one layer (phi3). */
export class FusedMLP extends Module {
  gate_up_proj: Linear;
  down_proj: Linear;
  readonly activation: Activation;

  constructor(
    options: { hiddenSize: number; intermediateSize: number; activation: Activation },
    placement: Placement,
  ) {
    super();
    const { hiddenSize, intermediateSize } = options;
    this.gate_up_proj = new Linear(hiddenSize, 2 * intermediateSize, false, placement);
    this.down_proj = new Linear(intermediateSize, hiddenSize, false, placement);
    this.activation = options.activation;
  }

  /** [..., D] → [..., D] */
  forward(x: Tensor): Tensor {
    return this.down_proj.forward(gatedHalves(this.gate_up_proj.forward(x), this.activation));
  }
}

function isSilu(activation: Activation): boolean {
  return activation === 'silu' || activation === 'swish';
}

/** activation(gate) · up of gate and up side by side: [..., 2 I] → [..., I] */
function gatedHalves(both: Tensor, activation: Activation): Tensor {
  const kernel = isSilu(activation) ? mergedSwigluKernel(both) : null;
  if (kernel !== null) return kernel;
  const [gate, up] = both.chunk(2, -1);
  return gatedProduct(gate!, up!, activation);
}

/** activation(gate) · up, [..., I] each */
function gatedProduct(gate: Tensor, up: Tensor, activation: Activation): Tensor {
  const kernel = isSilu(activation) ? (swigluKernel(gate, up) ?? swigluOnCpu(gate, up)) : null;
  return kernel ?? activations[activation](gate).mul(up);
}
