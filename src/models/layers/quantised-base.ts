/** @file A model whose linear layers, all but the head, hold their weights quantised: the setting `base` of LoRA. */
import { empty, scope, Tensor } from '../../torch/index.ts';
import { Int8Weight } from './int8-weight.ts';
import { firstInnerLinear, innerLinears, type QuantisedBase } from './lora.ts';
import { type Module, submodules } from './module.ts';
import { Nf4Weight } from './nf4-weight.ts';
import type { QuantisedWeight } from './quantised-weight.ts';

const WEIGHTS = { int8: Int8Weight, nf4: Nf4Weight } as const satisfies Record<QuantisedBase, unknown>;

/** A weight [out, in] quantised, on its device. */
export function quantisedWeight(weight: Tensor, base: QuantisedBase): QuantisedWeight {
  const quantised = new WEIGHTS[base](weight.shape as [number, number], weight.device);
  quantised.store(weight);
  return quantised;
}

/** Bytes that a weight of a quantised layer takes, scales included. */
export function quantisedBytes(base: QuantisedBase): number {
  return WEIGHTS[base].bytesPerWeight;
}

/**
 * Gives a model memory on a device, in place: its linear layers but the head that of quantised weights. Values are set
 * afterwards, those of a quantised layer by `store`.
 * @param model - on the device `meta`
 */
export function quantisedOn<M extends Module>(model: M, base: QuantisedBase, device: string): M {
  for (const [, layer] of innerLinears(model)) {
    const { weight } = layer;
    layer.quantised = new WEIGHTS[base](weight.shape as [number, number], device);
    layer.weight = shapeAlone(weight);
    weight.dispose();
  }
  const unquantised = new Set(model.parameters().filter((one) => one.device === 'meta'));
  allocate(model, unquantised, device);
  return model;
}

/** A tensor of the shape and dtype of another, one number long in memory that is not there. */
function shapeAlone({ shape, dtype }: Tensor): Tensor {
  return scope(() => empty([1, 1], { dtype, device: 'meta' }).expand(shape));
}

/** Puts tensors with memory in the places of some without. */
function allocate(module: Module, which: ReadonlySet<Tensor>, device: string): void {
  for (const [field, value] of Object.entries(module)) {
    if (value instanceof Tensor && which.has(value)) {
      (module as unknown as Record<string, unknown>)[field] = empty(value.shape, {
        dtype: value.dtype,
        device,
      });
      value.dispose();
    }
    for (const [, child] of submodules(field, value)) allocate(child, which, device);
  }
}

/** The quantised weights of a model by the names that their values have in a checkpoint. */
export function quantisedWeights(model: Module): Map<string, QuantisedWeight> {
  return new Map(
    innerLinears(model).flatMap(([path, { quantised }]) =>
      quantised === null ? [] : [[`${path}.weight`, quantised] as const],
    ),
  );
}

/** The parameters that are not parts of quantised weights. */
export function unquantisedParameters(model: Module): [name: string, parameter: Tensor][] {
  const parts = new Set([...quantisedWeights(model).values()].flatMap((weight) => weight.parameters()));
  return model.namedParameters().filter(([, parameter]) => !parts.has(parameter));
}

/** Whether the linear layers of a model are quantised: all but the head are, or none. Looks at one, since steps ask. */
export function isQuantised(model: Module): boolean {
  return (firstInnerLinear(model)?.quantised ?? null) !== null;
}
