/** @file The gated feed-forward block (SwiGLU; Shazeer 2020): down(act(gate(x)) · up(x)). */
import type { Tensor } from '../../torch/index.ts';
import { Linear } from './linear.ts';
import { Module, type Placement } from './module.ts';

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
  }

  /** [..., D] → [..., D] */
  forward(x: Tensor): Tensor {
    const gate = activations[this.activation](this.gate_proj.forward(x));
    return this.down_proj.forward(gate.mul(this.up_proj.forward(x)));
  }
}
