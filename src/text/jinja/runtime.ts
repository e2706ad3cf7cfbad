/** @file What filters, tests and globals use of the interpreter. */
import type { Limits } from './limits.ts';
import type { CallArguments, Value } from './values.ts';

export interface Runtime {
  readonly limits: Limits;
  filter(name: string, value: Value, args: CallArguments): Value;
  test(name: string, value: Value, args: CallArguments): boolean;
}

export type FilterFunction = (value: Value, args: CallArguments, runtime: Runtime) => Value;
