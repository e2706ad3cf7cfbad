/** @file The grammar of one call of a tool, in the form a model family writes it (src/text/tool-syntax.ts). */
import { UserError } from '../../errors.ts';
import { isJsonObject, type Json } from '../../records.ts';
import { TOOL_CALL_MARKERS, type ToolCallSyntax, toolCallFrame } from '../../text/index.ts';
import { Automaton } from './automaton.ts';
import type { Grammar } from './grammar.ts';
import { Choice, type Item, type Sequence } from './items.ts';
import { literal, Marker, WHITESPACE } from './literals.ts';
import { compileSchema } from './schema-compiler.ts';
import { inside, schemaError } from './schema-error.ts';
import { valuesOf } from './shape-values.ts';
import type { Shapes } from './shapes.ts';

interface Tool {
  readonly name: string;
  readonly parameters: Json;
  readonly path: string;
}

/** Literal text with its markers apart. */
function literalsOf(text: string, markers: readonly string[]): Sequence {
  const items: Item[] = [];
  let plain = 0;
  for (let at = 0; at <= text.length; at++) {
    const marker = markers.find((candidate) => text.startsWith(candidate, at));
    if (marker === undefined && at < text.length) continue;
    if (at > plain) items.push(literal(text.slice(plain, at)));
    if (marker === undefined) break;
    items.push(new Marker(marker));
    plain = at + marker.length;
    at = plain - 1;
  }
  return items;
}

function toolOf(tool: Json, index: number): Tool {
  const path = inside(inside('tools', index), 'function');
  const declared = isJsonObject(tool) ? tool.function : undefined;
  // OpenAI's names, and those of namespaces: none of these characters is escaped in JSON.
  if (!isJsonObject(declared) || typeof declared.name !== 'string' || !/^[\w.:/-]+$/.test(declared.name)) {
    throw schemaError(inside(path, 'name'), 'is no name of a function.', 'Use letters, digits, "_" and "-".');
  }
  // A function that declares no parameters takes none.
  const parameters = declared.parameters ?? { type: 'object', additionalProperties: false };
  return { name: declared.name, parameters, path: inside(path, 'parameters') };
}

/** Kinds of schema that say by themselves what the value is. */
const KINDS = ['type', '$ref', 'allOf', 'anyOf', 'oneOf', 'enum', 'const'];

/** Arguments are always an object. */
function argumentsOf({ parameters, path }: Tool): Shapes {
  const isOpen = isJsonObject(parameters) && !KINDS.some((key) => parameters[key] !== undefined);
  const shapes = compileSchema(isOpen ? { ...parameters, type: 'object' } : parameters, path);
  const start = new Automaton([valuesOf(shapes)(0)]).start();
  for (let byte = 0; byte < 256; byte++) {
    if (byte !== 0x7b && start.step(byte) !== null) {
      throw schemaError(path, 'allows values that are no objects.', 'Write {"type": "object", …}.');
    }
  }
  return shapes;
}

/** A tool and its arguments, as plain data. */
export interface CompiledCall {
  readonly name: string;
  readonly shapes: Shapes;
}

/**
 * The calls that one of OpenAI's `tools` may be called with.
 * @param name - the tool to call, null for any
 * @throws UserError where there is no such tool or its parameters use a keyword that is not supported
 */
export function compileCalls(tools: readonly Json[], name: string | null): readonly CompiledCall[] {
  const declared = tools.map(toolOf);
  const called = declared.filter((tool) => name === null || tool.name === name);
  if (called.length === 0) {
    throw new UserError(
      name === null ? 'There is no tool to call.' : `There is no tool "${name}".`,
      `The request declares these tools: ${declared.map((tool) => tool.name).join(', ') || 'none'}.`,
    );
  }
  return called.map((tool) => ({ name: tool.name, shapes: argumentsOf(tool) }));
}

/** One call; blanks may stand before it, nothing after it. */
export function callGrammar(syntax: ToolCallSyntax, called: readonly CompiledCall[]): Grammar {
  const markers = TOOL_CALL_MARKERS[syntax];
  const frame = toolCallFrame(syntax);
  const before = literalsOf(frame.before, markers);
  const calls = called.map(
    ({ name, shapes }): Sequence => [
      literal(name),
      ...literalsOf(frame.between, markers),
      valuesOf(shapes)(0),
      ...literalsOf(frame.after, markers),
    ],
  );
  // Llama 3 writes its marker before calls of built-in tools and may leave it out before others.
  const marked = before[0] instanceof Marker && syntax === 'llama3' ? before.slice(0, 1) : [];
  const optional = new Choice(0, () => (marked.length > 0 ? [[], marked] : [[]]));
  return new Automaton([WHITESPACE, optional, ...before.slice(marked.length), new Choice(1, () => calls)]);
}

/** @throws UserError as `compileCalls` */
export const toolCallGrammar = (
  syntax: ToolCallSyntax,
  tools: readonly Json[],
  name: string | null,
): Grammar => callGrammar(syntax, compileCalls(tools, name));
