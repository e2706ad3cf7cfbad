/** @file Arguments of a call matched with the parameters of a function. */
import { TemplateError } from './errors.ts';
import { type CallArguments, truthy, typeName, Undefined, type Value } from './values.ts';

/**
 * The values of the parameters, undefined where a call leaves one out.
 * @param call - the function's name, for messages
 * @param parameters - names in order; a leading `/` takes no `name=value`, a trailing `!` must be given
 */
export function bind(
  call: string,
  args: CallArguments,
  parameters: readonly string[],
): readonly (Value | undefined)[] {
  if (args.positional.length > parameters.length)
    throw new TemplateError(`${call} takes ${parameters.length} arguments, found ${args.positional.length}`);
  const named = new Map(args.named);
  const values = parameters.map((parameter, i) => {
    const name = parameter.replace(/[/!]/g, '');
    const given = parameter.startsWith('/') ? undefined : named.get(name);
    if (given !== undefined) {
      named.delete(name);
      if (i < args.positional.length) throw new TemplateError(`${call} got '${name}' twice`);
    }
    const value = given === undefined ? args.positional[i] : given;
    if (value === undefined && parameter.endsWith('!'))
      throw new TemplateError(`${call} needs the argument '${name}'`);
    return value;
  });
  for (const name of named.keys()) throw new TemplateError(`${call} takes no argument '${name}'`);
  return values;
}

/** An argument that is a text; `preset` where it is left out or None. */
export function textArgument<T>(call: string, value: Value | undefined, preset: T): string | T {
  if (value === undefined || value === null) return preset;
  if (typeof value === 'string') return value;
  throw wrong(call, 'a text', value);
}

/** An argument that is a whole number; `preset` where it is left out or None. */
export function integerArgument<T>(call: string, value: Value | undefined, preset: T): number | T {
  if (value === undefined || value === null) return preset;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'boolean') return Number(value);
  throw wrong(call, 'a whole number', value);
}

/** An argument read as true or false. */
export function flag(value: Value | undefined, preset: boolean): boolean {
  return value === undefined ? preset : truthy(value);
}

function wrong(call: string, wanted: string, value: Value): TemplateError {
  return new TemplateError(
    value instanceof Undefined
      ? value.reason
      : `${call} takes ${wanted}, found a value of type ${typeName(value)}`,
  );
}
