/**
 * @file A second model over the weights of a first: what LoRA leaves frozen is held once, each has its own additions.
 *
 * A KL needs the model as it was beside the model as it is. With LoRA the two differ in A and B alone, so the reference
 * costs the additions' bytes and not a copy of the model.
 */
import { dispose, noGrad, Tensor } from '../torch/index.ts';
import { architectureOf } from './config.ts';
import type { LanguageModel } from './language-model.ts';
import {
  adaptedLayers,
  addLowRank,
  linearLayers,
  type Module,
  QuantisedWeight,
  submodules,
} from './layers/index.ts';

/**
 * A model that computes with the very weights of `model` and with copies of its additions, which need no gradient. It has
 * to be used no longer than `model`; `dispose` frees nothing but the copies.
 * @param model - one with LoRA
 */
export function withSharedWeights(model: LanguageModel): LanguageModel {
  const { config, dtype } = model;
  const twin = architectureOf(config).create(config, { device: 'meta', dtype });
  const additions = new Map(adaptedLayers(model));
  for (const [path, layer] of linearLayers(twin)) {
    const lora = additions.get(path)?.lora;
    if (lora != null) addLowRank(layer, copyOf(lora.A), copyOf(lora.B), lora.scale);
  }
  const own = ownParameters(twin).map(([, parameter]) => parameter);
  twin.requiresGrad_(false);
  adopt(twin, model, new Set(own));
  twin.dispose = () => dispose(own);
  return twin;
}

/** The parameters that no other model has: the additions of one with LoRA, else all. */
export function ownParameters(model: LanguageModel): [name: string, parameter: Tensor][] {
  const adapted = adaptedLayers(model);
  if (adapted.length === 0) return model.namedParameters();
  const additions = new Set(adapted.flatMap(([, { lora }]) => lora!.parameters()));
  return model.namedParameters().filter(([, parameter]) => additions.has(parameter));
}

/** Makes a model that was made from another, or loaded like it, what that one is now. */
export function followWeights(model: LanguageModel, other: LanguageModel): void {
  const theirs = other.stateDict();
  noGrad(() => {
    for (const [name, parameter] of ownParameters(model)) parameter.copy_(theirs.get(name)!);
  });
}

function copyOf(tensor: Tensor): Tensor {
  return noGrad(() => tensor.clone());
}

/** Puts the parameters of one tree of modules in the places of those of another of the same shape, but for some. */
function adopt(to: Module, from: Module, kept: ReadonlySet<Tensor>): void {
  const fields = to as unknown as Record<string, unknown>;
  for (const [field, value] of Object.entries(from)) {
    const own = fields[field];
    if (value instanceof QuantisedWeight) {
      fields[field] = value;
      continue;
    }
    if (own instanceof Tensor && !kept.has(own)) {
      own.dispose();
      fields[field] = value;
    }
    const theirs = [...submodules(field, value)];
    for (const [i, [, module]] of [...submodules(field, own)].entries()) adopt(module, theirs[i]![1], kept);
  }
}
