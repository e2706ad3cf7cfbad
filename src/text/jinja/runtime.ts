/** @file Interface of the interpreter for filters, tests and globals. */
import type { Limits } from './limits.ts';
import type { CallArguments, Value } from './values.ts';

export interface Runtime {
  readonly limits: Limits;
  filter(name: string, value: Value, args: CallArguments): Value;
  test(name: string, value: Value, args: CallArguments): boolean;
}

export type FilterFunction = (value: Value, args: CallArguments, runtime: Runtime) => Value;
