/** @file The arguments of a macro's call. */
import { TemplateError } from './errors.ts';
import type { MacroNode, Parameter } from './nodes.ts';
import { type CallArguments, Dict, Tuple, Undefined, type Value } from './values.ts';

/** The values that a call gives, and the parameters that it leaves out, in order. */
export function bindMacro(
  name: string,
  { parameters, reads }: MacroNode,
  args: CallArguments,
): { readonly values: ReadonlyMap<string, Value>; readonly missing: readonly Parameter[] } {
  const named = new Map(args.named);
  const values = new Map<string, Value>();
  const missing: Parameter[] = [];
  parameters.forEach((parameter, i) => {
    const positional = args.positional[i];
    const value = positional === undefined ? named.get(parameter.name) : positional;
    if (positional === undefined) named.delete(parameter.name);
    if (value === undefined) missing.push(parameter);
    else values.set(parameter.name, value);
  });
  if (reads.caller && !parameters.some((parameter) => parameter.name === 'caller')) {
    values.set('caller', named.get('caller') ?? new Undefined('No caller defined'));
    named.delete('caller');
  }
  if (reads.kwargs) values.set('kwargs', new Dict(named));
  else
    for (const extra of named.keys()) throw new TemplateError(`macro '${name}' takes no argument '${extra}'`);
  const more = args.positional.slice(parameters.length);
  if (reads.varargs) values.set('varargs', new Tuple(more));
  else if (more.length > 0)
    throw new TemplateError(
      `macro '${name}' takes ${parameters.length} arguments, found ${args.positional.length}`,
    );
  return { values, missing };
}
