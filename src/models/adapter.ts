/**
 * @file LoRA adapters on disk in the layout of PEFT: adapter_config.json and adapter_model.safetensors.
 *
 * PEFT loads what is written here, and adapters it trained are read, as long as they are plain LoRA: no DoRA, no trained
 * biases or further modules, one rank and one α.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { makeDirectory, writeJsonAtomic } from '../run/atomic.ts';
import { scope, type Tensor } from '../torch/index.ts';
import { readJson } from './config.ts';
import type { LanguageModel } from './language-model.ts';
import { adaptedLayers, addLowRank, linearLayers, type NamedLinear } from './layers/index.ts';
import { SafetensorsFile, writeSafetensors } from './safetensors.ts';

const CONFIG = 'adapter_config.json';
const WEIGHTS = 'adapter_model.safetensors';
/** PEFT wraps the model twice; the names of its tensors begin with that. */
const PREFIX = 'base_model.model.';
const A = '.lora_A.weight';
const B = '.lora_B.weight';

/**
 * Writes the LoRA additions of a model.
 * @param base - path or name of the checkpoint they belong to
 */
export async function saveAdapter(model: LanguageModel, dir: string, base: string): Promise<void> {
  const layers = adaptedLayers(model);
  const first = layers[0]?.[1].lora;
  if (first == null) throw new TypeError('the model has no LoRA');
  makeDirectory(dir);
  const tensors = new Map<string, Tensor>();
  for (const [name, { lora }] of layers) {
    tensors.set(PREFIX + name + A, lora!.A);
    tensors.set(PREFIX + name + B, lora!.B);
  }
  const rank = first.A.size(0);
  await writeSafetensors(path.join(dir, WEIGHTS), tensors);
  await writeJsonAtomic(path.join(dir, CONFIG), {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: base,
    r: rank,
    lora_alpha: first.scale * rank,
    target_modules: targetModules(model, layers),
    lora_dropout: 0,
    bias: 'none',
    fan_in_fan_out: false,
    use_rslora: false,
    use_dora: false,
    modules_to_save: null,
    inference_mode: true,
  });
}

/** Ends of names where they tell exactly the adapted layers, else whole paths. */
function targetModules(model: LanguageModel, adapted: readonly NamedLinear[]): string[] {
  const ends = new Set(adapted.map(([name]) => lastOf(name)));
  const meant = linearLayers(model).filter(([name]) => ends.has(lastOf(name)));
  return meant.length === adapted.length ? [...ends].sort() : adapted.map(([name]) => name).sort();
}

function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

const configSchema = z.looseObject({
  peft_type: z.literal('LORA'),
  r: z.number().int().positive(),
  lora_alpha: z.number().positive(),
  use_rslora: z.boolean().nullish(),
  use_dora: z.literal(false).nullish(),
  bias: z.literal('none').nullish(),
  fan_in_fan_out: z.literal(false).nullish(),
  modules_to_save: z.array(z.never()).nullish(),
  rank_pattern: z.strictObject({}).nullish(),
  alpha_pattern: z.strictObject({}).nullish(),
});

/**
 * Gives a model the LoRA additions of an adapter folder, in place; see withLora and mergeLora.
 * @throws UserError naming the key or tensor that is missing, of another model, or asks for more than plain LoRA
 */
export function loadAdapter(model: LanguageModel, dir: string): LanguageModel {
  const config = readAdapterConfig(dir);
  const scale = config.lora_alpha / (config.use_rslora ? Math.sqrt(config.r) : config.r);
  using file = openWeights(dir);
  const layers = new Map(linearLayers(model));
  const names = adaptedNames(file, layers);
  for (const name of names) checkShapes(file, name, layers.get(name)!.weight, config.r);
  model.requiresGrad_(false);
  for (const name of names) {
    const layer = layers.get(name)!;
    const { device } = layer;
    const read = (end: string): Tensor =>
      scope(() =>
        file
          .read(PREFIX + name + end)
          .to('float32')
          .to(device),
      );
    addLowRank(layer, read(A), read(B), scale);
  }
  return model;
}

function readAdapterConfig(dir: string): z.output<typeof configSchema> {
  const file = path.join(dir, CONFIG);
  const keys = readJson(file, 'give a folder with a LoRA adapter as PEFT saves it') as Record<
    string,
    unknown
  >;
  const parsed = configSchema.safeParse(keys);
  if (parsed.success) return parsed.data;
  const key = String(parsed.error.issues[0]!.path[0] ?? 'the file');
  throw new UserError(
    `${file}: ${key}: ${JSON.stringify(keys?.[key])} is not supported`,
    'Plain LoRA is: merge the adapter with the software it is from, and use the merged checkpoint.',
  );
}

function openWeights(dir: string): SafetensorsFile {
  const file = path.join(dir, WEIGHTS);
  if (existsSync(file)) return new SafetensorsFile(file);
  throw new UserError(
    `${dir} has no ${WEIGHTS}`,
    'An adapter saved as .bin must be converted to safetensors.',
  );
}

/** Paths of the layers the file has both halves for; every tensor must belong to one. */
function adaptedNames(file: SafetensorsFile, layers: ReadonlyMap<string, unknown>): string[] {
  const refuse = (what: string): UserError =>
    new UserError(`${file.path}: ${what}`, 'Use the model the adapter was trained on.');
  const names = new Set<string>();
  for (const key of file.entries.keys()) {
    const end = [A, B].find((one) => key.endsWith(one));
    const name = end && key.startsWith(PREFIX) ? key.slice(PREFIX.length, -end.length) : undefined;
    if (name === undefined) throw refuse(`"${key}" is no LoRA tensor`);
    if (!layers.has(name) || name === 'lm_head')
      throw refuse(`"${key}" belongs to no linear layer of this model that takes LoRA`);
    names.add(name);
  }
  for (const name of names) {
    for (const end of [A, B]) {
      if (!file.entries.has(PREFIX + name + end)) throw refuse(`"${PREFIX}${name}${end}" is missing`);
    }
  }
  if (names.size === 0) throw refuse('there is no tensor in it');
  return [...names];
}

function checkShapes(file: SafetensorsFile, name: string, weight: Tensor, rank: number): void {
  const [out, inputs] = weight.shape;
  for (const [end, shape] of [
    [A, [rank, inputs]],
    [B, [out, rank]],
  ] as const) {
    const found = file.entries.get(PREFIX + name + end)!.shape;
    if (found.join() !== shape.join()) {
      throw new UserError(
        `${file.path}: "${PREFIX}${name}${end}" is [${found.join(', ')}], expected [${shape.join(', ')}]`,
        'Use the model the adapter was trained on.',
      );
    }
  }
}
