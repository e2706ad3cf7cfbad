/**
 * @file LoRA (Hu et al. 2021): a frozen model with a trainable low-rank addition to chosen linear layers.
 *
 * Works on any module tree: every Linear that a target names gets an addition, so an architecture needs nothing of its
 * own. The head is no target: models read its weight directly. Routers of experts are none either: they are no Linear. Leaves out dropout, biases and DoRA.
 */
import { z } from 'zod';
import { UsageError } from '../../errors.ts';
import { Random } from '../../random.ts';
import {
  type DType,
  Generator,
  noGrad,
  rand,
  scope,
  type Tensor,
  widened,
  zeros,
} from '../../torch/index.ts';
import { Linear } from './linear.ts';
import { LowRank } from './low-rank.ts';
import { buffersOf, type Module, submodules } from './module.ts';

const BASES = ['int8', 'nf4'] as const;

/** Formats in which the weights that LoRA leaves as they are can be held. */
export type QuantisedBase = (typeof BASES)[number];

/** The setting `lora` of stages that train. */
export const loraSchema = z.strictObject({
  rank: z.number().int().positive().default(16).describe('r: rank of the addition to each weight'),
  alpha: z.number().positive().default(32).describe('α: the addition is scaled by α / r'),
  targets: z
    .union([z.literal('all-linear'), z.array(z.string().min(1)).min(1)])
    .default('all-linear')
    .describe('Linear layers by the end of their name (q_proj …); all-linear is all but the head'),
  base: z
    .enum(BASES)
    .optional()
    .describe(
      'Hold the frozen linear layers, all but the head, in 8 bits (int8) or 4 (nf4, QLoRA); in the precision of the stage unless given',
    ),
});

export type LoraOptions = z.output<typeof loraSchema>;

/** A linear layer and its path of field names. */
export type NamedLinear = readonly [path: string, layer: Linear];

/**
 * Adds LoRA to a model, in place: its own parameters are frozen, and the additions (A random, B zero, so that nothing
 * changes yet) are what trainableParameters gives. They are float32 whatever the model's dtype.
 *
 * @param seed - of the random A
 * @throws UsageError naming a target that no linear layer has
 */
export function withLora<M extends Module>(model: M, options: LoraOptions, seed: number): M {
  const chosen = targetLayers(model, options.targets);
  model.requiresGrad_(false);
  for (const [path, layer] of chosen) {
    const [out, inputs] = layer.weight.shape as [number, number];
    const { device } = layer;
    const A = uniform([options.rank, inputs], inputs ** -0.5, Random.derive(seed, 'lora', path), device);
    const B = zeros([out, options.rank], { device });
    addLowRank(layer, A, B, options.alpha / options.rank);
  }
  return model;
}

/** Gives a layer an addition of scale · B A. */
export function addLowRank(layer: Linear, A: Tensor, B: Tensor, scale: number): void {
  layer.lora = new LowRank(A, B, scale).requiresGrad_();
}

/** U(−bound, bound), as PEFT draws A. The same on every device. */
function uniform(shape: readonly number[], bound: number, random: Random, device: string): Tensor {
  const generator = new Generator(random.int(0, 2 ** 32 - 1));
  return noGrad(() =>
    scope(() =>
      rand(shape, { generator })
        .mul(2 * bound)
        .sub(bound)
        .to(device),
    ),
  );
}

/**
 * Folds the additions into the weights, in place: the model is as it would be without LoRA, trained the same. A quantised
 * layer has no weight to fold into.
 * @param dtype - what the weights will be written in: a narrower model is widened first, so that no sum is rounded
 */
export function mergeLora<M extends Module>(model: M, dtype?: DType): M {
  const adapted = adaptedLayers(model);
  const first = adapted[0]?.[1].weight.dtype;
  if (first !== undefined && dtype === widened(first)) model.to(dtype);
  for (const [, layer] of adapted) {
    const { lora, weight, quantised } = layer;
    if (quantised !== null) throw new TypeError('a quantised layer cannot take up its addition');
    noGrad(() => scope(() => weight.copy_(lora!.delta().add(weight))));
    lora!.dispose();
    layer.lora = null;
  }
  return model;
}

/** The layers with an addition, by path. */
export function adaptedLayers(model: Module): NamedLinear[] {
  return linearLayers(model).filter(([, { lora }]) => lora !== null);
}

/**
 * What training changes: every parameter that is no buffer; or where a model has LoRA, the additions and whatever else asks for a gradient,
 * such as a new head.
 */
export function trainableParameters(model: Module): [name: string, parameter: Tensor][] {
  const buffers = buffersOf(model);
  const all = model.namedParameters().filter(([, parameter]) => !buffers.has(parameter));
  return adaptedLayers(model).length === 0 ? all : all.filter(([, { requiresGrad }]) => requiresGrad);
}

/** Every linear layer inside a module, by path. */
export function linearLayers(module: Module, prefix = ''): NamedLinear[] {
  return Object.entries(module).flatMap(([field, value]) =>
    [...submodules(field, value)].flatMap(([name, child]) => {
      const path = prefix + name;
      return child instanceof Linear ? [[path, child] as const] : linearLayers(child, `${path}.`);
    }),
  );
}

const HEAD = 'lm_head';

/** Every linear layer but the head. */
export function innerLinears(model: Module): NamedLinear[] {
  return linearLayers(model).filter(([path]) => path !== HEAD);
}

/** The first linear layer that is not the head. */
export function firstInnerLinear(module: Module): Linear | undefined {
  for (const [field, value] of Object.entries(module)) {
    for (const [name, child] of submodules(field, value)) {
      if (name === HEAD) continue;
      const found = child instanceof Linear ? child : firstInnerLinear(child);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function targetLayers(model: Module, targets: LoraOptions['targets']): NamedLinear[] {
  const layers = innerLinears(model);
  if (targets === 'all-linear') return layers;
  for (const target of targets) {
    if (layers.some(([path]) => isNamed(path, target))) continue;
    const known = [...new Set(layers.map(([path]) => path.split('.').at(-1)!))].join(', ');
    throw new UsageError(
      `lora.targets: no linear layer is named "${target}"`,
      `This model has ${known}; the head, the embedding and routers of experts take no LoRA.`,
    );
  }
  return layers.filter(([path]) => targets.some((target) => isNamed(path, target)));
}

/** Whether a target names a layer: its path, or the end of it from a dot on. */
function isNamed(path: string, target: string): boolean {
  return path === target || path.endsWith(`.${target}`);
}
