/**
 * @file JointLinears: linear layers that read the same input, as one product while they are trained.
 *
 * Where the weights lie one behind the other in memory (see FlatParameters), a view of them all is a weight too, and so is
 * one of their gradients. One product in place of several reads the input once, and its gradient needs no sum.
 */
import { linear, type Tensor } from '../../torch/index.ts';
import type { Linear } from './linear.ts';

export class JointLinears {
  readonly layers: readonly Linear[];
  /** [Σ out, in], over the memory of the layers' own. */
  #weight: Tensor | null = null;
  /** The weights it is a view of: layers that have others since are apart. */
  #parts: readonly Tensor[] = [];

  constructor(layers: readonly Linear[]) {
    this.layers = layers;
  }

  /** Whether each layer is its weight alone. */
  get plain(): boolean {
    return this.layers.every(
      ({ lora, quantised, bias }) => lora === null && quantised === null && bias === null,
    );
  }

  /** @param weight - null: the layers are computed apart from now on */
  join(weight: Tensor | null): void {
    this.#weight = weight;
    this.#parts = this.layers.map((layer) => layer.weight);
  }

  /** The outputs one behind the other, [..., in] → [..., Σ out]; null where the layers are not joined. */
  forward(x: Tensor): Tensor | null {
    const weight = this.#weight;
    if (weight === null || !this.plain) return null;
    return this.layers.every((layer, i) => layer.weight === this.#parts[i]) ? linear(x, weight) : null;
  }
}
