/** @file The grammar of response_format json_schema: values that fit a JSON Schema. */
import type { Json } from '../../records.ts';
import { Automaton } from './automaton.ts';
import type { Grammar } from './grammar.ts';
import { WHITESPACE } from './literals.ts';
import { SchemaCompiler } from './schema-compiler.ts';

/**
 * Values that fit a schema; properties in the order in which it declares them, others after them.
 * @throws UserError naming the keyword and its path where it is not supported, or where no value can fit
 */
export const jsonSchemaGrammar = (schema: Json): Grammar =>
  new Automaton([WHITESPACE, new SchemaCompiler(schema, 'schema').compile()(0)]);
