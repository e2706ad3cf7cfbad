/**
 * @file Formats of answers compiled to plain data, and grammars made of that.
 *
 * A schema may be hostile, so compiling it has bounds and belongs in a process of its own (src/serving/formats). What
 * comes of it is small enough to become a grammar where tokens are chosen.
 */
import { UserError } from '../../errors.ts';
import type { Json } from '../../records.ts';
import type { ToolCallSyntax } from '../../text/index.ts';
import { Automaton } from './automaton.ts';
import type { Grammar } from './grammar.ts';
import { WHITESPACE } from './literals.ts';
import { compileSchema } from './schema-compiler.ts';
import { refuseLargeSchema } from './schema-size.ts';
import { valuesOf } from './shape-values.ts';
import { type Shapes, shapeBytes } from './shapes.ts';
import { type CompiledCall, callGrammar, compileCalls } from './tool-call.ts';

/** What an answer must be. */
export type FormatSource =
  | { readonly type: 'json_object' }
  | { readonly type: 'json_schema'; readonly schema: Json }
  /** A call of one of OpenAI's `tools`: of `name`, or of any. */
  | {
      readonly type: 'tool_call';
      readonly syntax: ToolCallSyntax;
      readonly tools: readonly Json[];
      readonly name: string | null;
    };

/** Plain data. */
export type CompiledFormat =
  | { readonly type: 'value'; readonly shapes: Shapes }
  | { readonly type: 'call'; readonly syntax: ToolCallSyntax; readonly calls: readonly CompiledCall[] };

const ANY_OBJECT: CompiledFormat = { type: 'value', shapes: [{ kind: 'any-object' }] };

/** What the model's process takes over between two steps of its replies. */
const MOST_BYTES = 16 * 2 ** 20;

/** @throws UserError naming the keyword and its path where it is not supported, or where no value can fit */
export function compileFormat(source: FormatSource): CompiledFormat {
  refuseLargeFormat(source);
  const compiled = compile(source);
  if (formatBytes(compiled) <= MOST_BYTES) return compiled;
  throw new UserError(
    `The response format takes more than ${MOST_BYTES / 2 ** 20} MB, compiled.`,
    'Ask for a smaller value, with fewer and simpler patterns.',
  );
}

function compile(source: FormatSource): CompiledFormat {
  try {
    switch (source.type) {
      case 'json_object':
        return ANY_OBJECT;
      case 'json_schema':
        return { type: 'value', shapes: compileSchema(source.schema, 'schema') };
      case 'tool_call': {
        const { syntax, tools, name } = source;
        return { type: 'call', syntax, calls: compileCalls(tools, name) };
      }
    }
  } catch (error) {
    // The stack: what is asked for needs more parts within one another, or after one another, than it holds.
    if (!(error instanceof RangeError)) throw error;
    throw new UserError('The required format is too large.', 'Ask for a smaller value.');
  }
}

/**
 * Costs little whatever the format is: done before a format is given to another process.
 * @throws UserError naming the limit
 */
export function refuseLargeFormat(source: FormatSource): void {
  if (source.type === 'json_schema') refuseLargeSchema(source.schema, 'schema');
  if (source.type === 'tool_call') refuseLargeSchema(source.tools, 'tools');
}

/** Blanks may stand before the answer, nothing after it. */
export function formatGrammar(compiled: CompiledFormat): Grammar {
  return compiled.type === 'call'
    ? callGrammar(compiled.syntax, compiled.calls)
    : new Automaton([WHITESPACE, valuesOf(compiled.shapes)(0)]);
}

/** About how much memory a compiled format takes, and the parts of the grammar that are made of it. */
export function formatBytes(compiled: CompiledFormat): number {
  const all = compiled.type === 'value' ? compiled.shapes : compiled.calls.flatMap(({ shapes }) => shapes);
  return all.reduce((sum, shape) => sum + shapeBytes(shape), 0);
}
