/**
 * @file Any operator of torch by its schema name: `aten('add.Tensor')(x, y)`.
 *
 * The whole of ATen is reachable this way, with autograd; the methods of Tensor are these calls under familiar
 * names. Arguments follow the schema; the last may be an object of named arguments.
 */
import {
  type Handle,
  type NativeArgument,
  type NativeResult,
  native,
  type OperatorSchema,
} from './native.ts';

/** Something that stands for a native value: a tensor, a generator, an opaque value. */
export interface HasHandle {
  readonly handle: Handle;
}

export type Argument =
  | undefined
  | null
  | boolean
  | number
  | bigint
  | string
  | HasHandle
  | { readonly re: number; readonly im: number }
  | readonly Argument[];

const indices = new Map<string, number>();

function indexOf(name: string): number {
  let index = indices.get(name);
  if (index === undefined) {
    index = native.operator(name.includes('::') ? name : `aten::${name}`);
    indices.set(name, index);
  }
  return index;
}

function lower(argument: Argument): NativeArgument {
  if (typeof argument !== 'object' || argument === null) return argument;
  if (Array.isArray(argument)) return argument.some(isObject) ? argument.map(lower) : argument;
  return 'handle' in argument ? argument.handle : (argument as { re: number; im: number });
}

function isObject(argument: Argument): boolean {
  return typeof argument === 'object';
}

/**
 * Calls an operator and returns what the addon gave: a handle for each tensor.
 * @throws Error naming the operator, the argument and the schema.
 */
export function callNative(name: string, args: readonly Argument[]): NativeResult {
  const index = indexOf(name);
  // Written out for the usual numbers of arguments: mapping and spreading an array costs a tenth of a small call.
  switch (args.length) {
    case 1:
      return native.call(index, lower(args[0]));
    case 2:
      return native.call(index, lower(args[0]), lower(args[1]));
    case 3:
      return native.call(index, lower(args[0]), lower(args[1]), lower(args[2]));
    case 4:
      return native.call(index, lower(args[0]), lower(args[1]), lower(args[2]), lower(args[3]));
    default:
      return native.call(index, ...args.map(lower));
  }
}

/** True where this torch has the operator. */
export function hasOperator(name: string): boolean {
  return native.hasOperator(name.includes('::') ? name : `aten::${name}`);
}

/** The schema of an operator. */
export function schemaOf(name: string): OperatorSchema {
  return native.schema(indexOf(name));
}

/** Puts named arguments behind the positional ones, where the schema has them. */
export function placeNamed(
  name: string,
  positional: readonly Argument[],
  named: { readonly [name: string]: Argument },
): Argument[] {
  const args = [...positional];
  const schema = schemaOf(name);
  for (const [key, value] of Object.entries(named)) {
    const position = schema.arguments.findIndex((argument) => argument.name === key);
    if (position < 0) throw new TypeError(`${name}: no argument "${key}"\n  schema: ${schema.text}`);
    args[position] = value;
  }
  return Array.from(args);
}
