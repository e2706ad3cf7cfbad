/**
 * @file @huggingface/jinja with bounds on time and size, and with the line of a syntax error.
 *
 * The library's own `Template` lets `range(1000000000)` take the whole process down and names no line.
 */
import * as library from '@huggingface/jinja';

/** A value of the template language. */
interface Value {
  readonly value: unknown;
}

interface Environment {
  set(name: string, value: unknown): Value;
}

interface Interpreter {
  run(program: Program): Value;
  evaluate(statement: unknown, environment: Environment): Value;
}

/** A parsed template. */
export interface Program {
  readonly type: string;
}

/** The part of the library used here; its own declarations do not resolve under Node's module rules. */
interface Library {
  readonly Environment: new () => Environment;
  readonly Interpreter: new (environment: Environment) => Interpreter;
  parse(tokens: readonly unknown[]): Program;
  tokenize(
    source: string,
    options: { readonly lstrip_blocks: boolean; readonly trim_blocks: boolean },
  ): unknown[];
}

const jinja = library as unknown as Library;

/** Transformers renders chat templates with these two settings. */
const WHITESPACE = { lstrip_blocks: true, trim_blocks: true };
const MAX_RANGE = 100_000;
const MAX_STRING = 16_000_000;
const MAX_ITEMS = 1_000_000;

/** A template went over its bounds. */
export class TemplateLimitError extends Error {
  override readonly name = 'TemplateLimitError';
}

/** Parses a template. Throws the library's error. */
export function parseTemplate(source: string): Program {
  return jinja.parse(jinja.tokenize(source, WHITESPACE));
}

class BoundedInterpreter extends jinja.Interpreter {
  readonly #timeLimit: number;
  readonly #start = performance.now();

  constructor(environment: Environment, timeLimit: number) {
    super(environment);
    this.#timeLimit = timeLimit;
  }

  override evaluate(statement: unknown, environment: Environment): Value {
    if (performance.now() - this.#start > this.#timeLimit) {
      throw new TemplateLimitError(`the chat template ran for more than ${this.#timeLimit} ms`);
    }
    const value = super.evaluate(statement, environment);
    const held: unknown = value.value;
    if (typeof held === 'string' && held.length > MAX_STRING) {
      throw new TemplateLimitError(`the chat template makes a text of more than ${MAX_STRING} characters`);
    }
    if (Array.isArray(held) && held.length > MAX_ITEMS) {
      throw new TemplateLimitError(`the chat template makes a list of more than ${MAX_ITEMS} items`);
    }
    return value;
  }
}

/** Renders a parsed template with Jinja's globals and the given variables. */
export function renderBounded(
  program: Program,
  variables: { readonly [name: string]: unknown },
  options: { readonly now: Date; readonly timeLimit: number },
): string {
  const environment = new jinja.Environment();
  const globals = {
    true: true,
    True: true,
    false: false,
    False: false,
    none: null,
    None: null,
    range,
    raise_exception: (message: unknown) => {
      throw new Error(String(message));
    },
    strftime_now: (format: unknown) => strftime(options.now, String(format)),
  };
  for (const [name, value] of Object.entries({ ...variables, ...globals })) environment.set(name, value);
  const result = new BoundedInterpreter(environment, options.timeLimit).run(program);
  return String(result.value);
}

/** Python's range, bounded. Named arguments arrive as one more value, which is not a number and is refused. */
function range(...bounds: unknown[]): number[] {
  if (!bounds.every((bound): bound is number => Number.isInteger(bound)) || bounds.length === 0) {
    throw new Error('range() takes whole numbers');
  }
  const [start, stop, step] =
    bounds.length === 1 ? [0, bounds[0]!, 1] : [bounds[0]!, bounds[1]!, bounds[2] ?? 1];
  if (step === 0) throw new Error('range() step must not be zero');
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (length > MAX_RANGE) {
    throw new TemplateLimitError(`the chat template asks for a range of ${length}, more than ${MAX_RANGE}`);
  }
  return Array.from({ length }, (_, i) => start + i * step);
}

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** The common fields of strftime, in English and local time. */
function strftime(date: Date, format: string): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const fields: { readonly [code: string]: string } = {
    '%Y': String(date.getFullYear()),
    '%y': two(date.getFullYear() % 100),
    '%m': two(date.getMonth() + 1),
    '%d': two(date.getDate()),
    '%B': MONTHS[date.getMonth()]!,
    '%b': MONTHS[date.getMonth()]!.slice(0, 3),
    '%A': DAYS[date.getDay()]!,
    '%a': DAYS[date.getDay()]!.slice(0, 3),
    '%H': two(date.getHours()),
    '%M': two(date.getMinutes()),
    '%S': two(date.getSeconds()),
    '%%': '%',
  };
  return format.replace(/%[A-Za-z%]/g, (code) => fields[code] ?? code);
}

/** What goes wrong when a piece of source is parsed, and in which phase; null when nothing does. */
function failure(source: string): { readonly phase: 'lex' | 'parse'; readonly message: string } | null {
  let phase: 'lex' | 'parse' = 'lex';
  try {
    const tokens = jinja.tokenize(source, WHITESPACE);
    phase = 'parse';
    jinja.parse(tokens);
    return null;
  } catch (error) {
    return { phase, message: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * The line (from 1) a syntax error is on. The library keeps no positions, but the first error stops it: every
 * beginning of the source that holds the error fails in the same way, so the shortest such beginning ends on its
 * line. A block that is never closed is thus found at its opening. Beginnings cut inside a tag say nothing.
 */
export function locateSyntaxError(source: string): number | undefined {
  const whole = failure(source);
  if (whole === null) return undefined;
  const lines = source.split('\n');
  let found = lines.length;
  // Each try parses a beginning anew; long sources are left without a line rather than taking seconds.
  if (lines.length * source.length > 20_000_000) return undefined;
  for (let count = lines.length - 1; count > 0; count -= 1) {
    const part = failure(lines.slice(0, count).join('\n'));
    if (part !== null && part.phase === whole.phase && part.message === whole.message) found = count;
    else if (part === null || part.phase === 'parse') break;
  }
  return found;
}
