/** @file The grammar of response_format json_schema: values that fit a JSON Schema. */
import type { Json } from '../../records.ts';
import { compileFormat, formatGrammar } from './compile.ts';
import type { Grammar } from './grammar.ts';

/**
 * Values that fit a schema; properties in the order in which it declares them, others after them.
 * @throws UserError naming the keyword and its path where it is not supported, or where no value can fit
 */
export const jsonSchemaGrammar = (schema: Json): Grammar =>
  formatGrammar(compileFormat({ type: 'json_schema', schema }));
