/** @file Linear layers that read the same input, merged: one product in place of several, for decoding a few rows at a time. */
import { cat, dispose, keep, linear, noGrad, scope, type Tensor } from '../../torch/index.ts';
import type { Linear } from './linear.ts';

/** Copies of weights: they do not follow the layers' own, which must not change while these are in use. */
export class MergedLinears {
  readonly #merged = new Map<Linear, { readonly weight: Tensor; readonly bias: Tensor | null }>();

  /** The outputs of the layers, one behind the other: [..., in] → [..., Σ out]. null where one has more than weights. */
  forward(x: Tensor, layers: readonly Linear[]): Tensor | null {
    const [first] = layers as readonly [Linear, ...Linear[]];
    let merged = this.#merged.get(first);
    if (merged === undefined) {
      const hasBias = first.bias !== null;
      if (layers.some((layer) => !isPlain(layer) || (layer.bias !== null) !== hasBias)) return null;
      merged = keep(noGrad(() => scope(() => merge(layers, hasBias))));
      this.#merged.set(first, merged);
    }
    return linear(x, merged.weight, merged.bias);
  }

  dispose(): void {
    dispose([...this.#merged.values()]);
    this.#merged.clear();
  }
}

/** Whether a layer is its weight and bias alone. */
function isPlain({ lora, quantised }: Linear): boolean {
  return lora === null && quantised === null;
}

function merge(layers: readonly Linear[], hasBias: boolean) {
  return {
    weight: cat(layers.map(({ weight }) => weight)),
    bias: hasBias ? cat(layers.map(({ bias }) => bias!)) : null,
  };
}
