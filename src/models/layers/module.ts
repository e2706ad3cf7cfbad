/**
 * @file Base class of every part of a model: parameters and submodules in fields, named as a checkpoint names them.
 *
 * A field that holds a Tensor is a parameter; one that holds a Module or an array of Modules is a part of the tree.
 * The name of a parameter is the path of field names to it, so fields of modules are spelled as in Hugging Face
 * checkpoints (`self_attn.q_proj.weight`). Anything else (null, numbers, helper objects) is no parameter. There is no
 * train/eval mode: nothing in these models behaves differently.
 */
import { type DType, dispose, noGrad, Tensor } from '../../torch/index.ts';

/** Where a module's parameters live. */
export interface Placement {
  readonly dtype: DType;
  readonly device: string;
}

export abstract class Module {
  /** Whether its own parameters stay float32 in a model that computes in bfloat16. */
  get keepsFloat32(): boolean {
    return false;
  }

  /** Whether its own parameters are 0 in a new model, as those of a norm that multiplies by 1 + w. */
  get startsAtZero(): boolean {
    return false;
  }

  /**
   * Fields of its own parameters that no gradient trains, though checkpoints have them. They are float32 in the module and in
   * files.
   */
  get buffers(): readonly string[] {
    return [];
  }

  /** Every parameter under its dotted name, in the order of the fields. */
  namedParameters(prefix = ''): [name: string, parameter: Tensor][] {
    const named: [string, Tensor][] = [];
    for (const [field, value] of Object.entries(this)) {
      if (value instanceof Tensor) named.push([prefix + field, value]);
      for (const [name, module] of submodules(field, value)) {
        named.push(...module.namedParameters(`${prefix}${name}.`));
      }
    }
    return named;
  }

  parameters(): Tensor[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  /** The parameters themselves (no copies) by name. */
  stateDict(): Map<string, Tensor> {
    return new Map(this.namedParameters());
  }

  /**
   * Copies tensors into the parameters of the same names, converting dtype and device.
   * @throws RangeError naming every missing, unexpected or misshapen tensor; nothing is copied then
   */
  loadStateDict(state: ReadonlyMap<string, Tensor>): void {
    const own = this.stateDict();
    const problems = stateProblems(own, state);
    if (problems.length > 0)
      throw new RangeError(`state does not fit the module:\n  ${problems.join('\n  ')}`);
    noGrad(() => {
      for (const [name, parameter] of own) parameter.copy_(state.get(name)!);
    });
  }

  /** Marks every parameter that is no buffer as one that `backward()` computes a gradient for, or not. */
  requiresGrad_(value = true): this {
    const buffers = buffersOf(this);
    for (const parameter of this.parameters()) if (!buffers.has(parameter)) parameter.requiresGrad_(value);
    return this;
  }

  /**
   * Converts the parameters to a dtype or moves them to a device. They become new tensors and lose their gradients:
   * call it before an optimiser holds them.
   */
  to(target: DType | (string & {})): this {
    for (const [field, value] of Object.entries(this)) {
      if (value instanceof Tensor) (this as Record<string, unknown>)[field] = moved(value, target);
      for (const [, module] of submodules(field, value)) module.to(target);
    }
    return this;
  }

  /** Frees every parameter. */
  dispose(): void {
    dispose(this);
  }
}

/** The module in a field, or each of the array in it, under its name. */
export function* submodules(field: string, value: unknown): Iterable<[name: string, module: Module]> {
  if (value instanceof Module) yield [field, value];
  if (!Array.isArray(value)) return;
  for (const [index, item] of value.entries()) if (item instanceof Module) yield [`${field}.${index}`, item];
}

/** The parameters that stay float32 whatever the rest of a module computes in. */
export function float32Parameters(module: Module): Set<Tensor> {
  return ownParametersWhere(module, (own) => own.keepsFloat32);
}

/** The parameters that are 0 in a new model. */
export function zerosOf(module: Module): Set<Tensor> {
  return ownParametersWhere(module, (own) => own.startsAtZero);
}

/** The parameters that no gradient trains, see `buffers`. */
export function buffersOf(module: Module): Set<Tensor> {
  return ownParametersWhere(module, (own, field) => own.buffers.includes(field));
}

/** The parameters anywhere in a module whose owner says so of their field. */
function ownParametersWhere(
  module: Module,
  isMeant: (owner: Module, field: string) => boolean,
  found = new Set<Tensor>(),
): Set<Tensor> {
  for (const [field, value] of Object.entries(module)) {
    if (value instanceof Tensor && isMeant(module, field)) found.add(value);
    for (const [, child] of submodules(field, value)) ownParametersWhere(child, isMeant, found);
  }
  return found;
}

function moved(parameter: Tensor, target: string): Tensor {
  const { requiresGrad } = parameter;
  const copy = noGrad(() => parameter.to(target));
  parameter.dispose();
  return copy.requiresGrad_(requiresGrad);
}

/** One line per tensor that keeps `found` from being loaded into `expected`. */
export function stateProblems(
  expected: ReadonlyMap<string, { readonly shape: readonly number[] }>,
  found: ReadonlyMap<string, { readonly shape: readonly number[] }>,
): string[] {
  const problems: string[] = [];
  for (const [name, { shape }] of expected) {
    const other = found.get(name)?.shape;
    if (other === undefined) problems.push(`missing: ${name} [${shape.join(', ')}]`);
    else if (other.join() !== shape.join()) {
      problems.push(`misshapen: ${name} is [${other.join(', ')}], expected [${shape.join(', ')}]`);
    }
  }
  for (const [name, { shape }] of found) {
    if (!expected.has(name)) problems.push(`unexpected: ${name} [${shape.join(', ')}]`);
  }
  return problems;
}
