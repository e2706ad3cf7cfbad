/**
 * @file A bound on the time that regular expressions of a tokenizer.json take: some need longer than the universe will
 * last for a line of text, such as `(a+)+$`.
 *
 * A pattern that is known to be linear (linear-regex.ts: those of GPT-2, Llama 3, Qwen, DeepSeek, GPT-4o …) runs as it
 * is, and one whose cost is a known power of the length does so on short texts. A tokenizer with any other works under a
 * time limit that grows with the text; V8 ends a regular expression in the middle. That costs about 0.1 ms a text.
 */
import { createContext, Script } from 'node:vm';
import { UserError } from '../errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../records.ts';
import { costOf, isLinear } from './linear-regex.ts';

/** Milliseconds for a text: many times what any ordinary pattern takes, on a busy machine too. */
export const TEXT_LIMIT: TimeLimit = { baseMs: 2000, msPerCharacter: 0.02 };

/** Steps of a regular expression that take less than a second. */
const HARMLESS = 1e8;

/** Time for a text by its length. */
export interface TimeLimit {
  readonly baseMs: number;
  readonly msPerCharacter: number;
}

/** What is bounded of a tokenizer. */
export interface Bounded {
  readonly normalizer: { normalize(text: string): string } | null;
  encode(text: string, options: object): object;
  decode(ids: readonly number[], options: object): string;
}

/**
 * Bounds a tokenizer that was built from `json`, where it has a pattern that is not known to be linear.
 * @param path - of the file, for errors
 */
export function boundTokenizer(
  engine: Bounded,
  json: JsonObject,
  path: string,
  limit: TimeLimit = TEXT_LIMIT,
): void {
  const { normalizer, pre_tokenizer, decoder } = json;
  const reads = slowPatterns([normalizer, pre_tokenizer]);
  const writes = slowPatterns([decoder]);
  if (reads.length > 0) {
    bound(engine, 'encode', { patterns: reads, path, limit });
    if (engine.normalizer !== null) bound(engine.normalizer, 'normalize', { patterns: reads, path, limit });
  }
  if (writes.length > 0) bound(engine, 'decode', { patterns: writes, path, limit });
}

/** The patterns in a part of tokenizer.json that are not known to be linear. */
function slowPatterns(parts: readonly (Json | undefined)[]): string[] {
  const found = new Set<string>();
  const left = [...parts];
  while (left.length > 0) {
    const part = left.pop();
    if (Array.isArray(part)) left.push(...(part as readonly Json[]));
    if (!isJsonObject(part)) continue;
    if (typeof part.Regex === 'string' && !isLinear(part.Regex)) found.add(part.Regex);
    left.push(...Object.values(part));
  }
  return [...found];
}

interface Bounds {
  readonly patterns: readonly string[];
  readonly path: string;
  readonly limit: TimeLimit;
}

/** Puts a method that takes a text, or ids, under the limit. */
function bound<Name extends string>(
  owner: { [name in Name]: (text: never, options: never) => unknown },
  name: Name,
  { patterns, path, limit }: Bounds,
): void {
  const inner = owner[name].bind(owner) as (text: { readonly length: number }, options?: unknown) => unknown;
  const costs = patterns.map(costOf);
  const bounded = (text: { readonly length: number }, options?: unknown) => {
    if (costs.every(({ ways, degree }) => ways * text.length ** degree <= HARMLESS))
      return inner(text, options);
    const ms = Math.ceil(limit.baseMs + limit.msPerCharacter * text.length);
    try {
      return withinTime(() => inner(text, options), ms);
    } catch (error) {
      throw named(error, { patterns, path }, `more than ${ms / 1000} s for a text of length ${text.length}`);
    }
  };
  Object.assign(owner, { [name]: bounded });
}

/** Runs `work`, which must not wait for anything. @throws an error with the code of a time-out where it takes longer */
function withinTime<T>(work: () => T, ms: number): T {
  const outer = box.work;
  box.work = work;
  try {
    return script.runInContext(context, { timeout: ms }) as T;
  } finally {
    box.work = outer;
  }
}

const box: { work: (() => unknown) | null } = { work: null };
const context = createContext(box);
const script = new Script('work()');

/** Longest pattern that an error shows. */
const LONGEST_SHOWN = 80;

/** The error of a pattern that took too long, or that the machine cannot run; any other error as it is. */
function named(error: unknown, { patterns, path }: Pick<Bounds, 'patterns' | 'path'>, time: string): unknown {
  const { code, name, message } = error as { code?: string; name?: string; message?: string };
  const isTimeOut = code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
  if (!isTimeOut && name !== 'SyntaxError' && name !== 'RangeError') return error;
  const shown = patterns.map((one) => (one.length > LONGEST_SHOWN ? `${one.slice(0, LONGEST_SHOWN)}…` : one));
  const what = `regular expression ${shown.join(' or ')} of the tokenizer`;
  const why = isTimeOut ? `took ${time}` : `cannot be run (${message})`;
  return new UserError(
    `${path}: the ${what} ${why}`,
    'Give the tokenizer a pattern without repetitions inside of repetitions, or leave the text out.',
    // What a client of a server may see: no path.
    { cause: new Error(`The ${what} ${why}.`, { cause: error }) },
  );
}
