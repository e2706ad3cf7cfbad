/**
 * @file JointLinears: linear layers that read the same input, as one product while they are trained.
 *
 * Where the weights lie one behind the other in memory (see FlatParameters), a view of them all is a weight too, and so is
 * one of their gradients; biases likewise. One product in place of several reads the input once, and its gradient needs no
 * sum.
 */
import { linear, type Tensor } from '../../torch/index.ts';
import type { Linear } from './linear.ts';

/** Weight [Σ out, in] and bias [Σ out] over the memory of the layers' own. */
export interface JointWeights {
  readonly weight: Tensor;
  /** null where the layers have none. */
  readonly bias: Tensor | null;
}

export class JointLinears {
  readonly layers: readonly Linear[];
  #joined: JointWeights | null = null;
  /** The weights it is a view of: layers that have others since are apart. */
  #parts: readonly Tensor[] = [];

  constructor(layers: readonly Linear[]) {
    this.layers = layers;
  }

  /** Whether each layer is its weight alone, or each its weight and its bias. */
  get plain(): boolean {
    const biased = this.layers[0]!.bias !== null;
    return this.layers.every(
      ({ lora, quantised, bias }) => lora === null && quantised === null && (bias !== null) === biased,
    );
  }

  /** @param joined - null: the layers are computed apart from now on */
  join(joined: JointWeights | null): void {
    this.#joined = joined;
    this.#parts = this.layers.map((layer) => layer.weight);
  }

  /** Weight and bias of all layers; null where they are not joined. */
  get joined(): JointWeights | null {
    if (this.#joined === null || !this.plain) return null;
    return this.layers.every((layer, i) => layer.weight === this.#parts[i]) ? this.#joined : null;
  }

  /** The outputs one behind the other, [..., in] → [..., Σ out]; null where the layers are not joined. */
  forward(x: Tensor): Tensor | null {
    const { joined } = this;
    return joined === null ? null : linear(x, joined.weight, joined.bias);
  }
}
