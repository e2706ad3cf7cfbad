/**
 * @file Readers of one call of a tool, a letter at a time.
 *
 * A reader is a generator: it is given the letters after its opening marker one by one, `''` for the end of the
 * answer, and returns the call, or null where the text is none. The letter it fails at counts as not read.
 */
import { isJsonObject } from '../records.ts';
import { JsonObjectScanner } from './json-scanner.ts';
import { DEEPSEEK, HERMES, PYTHON_TAG, type ToolCallSyntax } from './tool-syntax.ts';

/** A call as the model wrote it. */
export interface ReadCall {
  readonly name: string;
  /** Text of a JSON object. */
  readonly arguments: string;
}

export type Reader = Generator<undefined, ReadCall | null, string>;

/** What begins a call, and how it is read from there. */
export interface Opening {
  readonly marker: string;
  read(): Reader;
  /** May stand after calls that began so. */
  readonly closing: string | null;
}

const BLANKS = /^\s$/;
/** Longest name of a tool; OpenAI's API takes 64. */
const MAX_NAME = 256;
/** Keys of a call that is a bare object; any other key tells that the answer is another object. */
const CALL_KEYS: readonly string[] = ['type', 'name', 'parameters', 'arguments', 'id'];

/** The openings of the syntaxes, each once. */
export function openingsOf(syntaxes: readonly ToolCallSyntax[]): readonly Opening[] {
  const openings: Opening[] = [];
  if (syntaxes.includes('hermes')) openings.push({ marker: HERMES.open, read: hermes, closing: null });
  if (syntaxes.includes('deepseek-v3') || syntaxes.includes('deepseek-v3.1')) {
    const { openAll, open, closeAll } = DEEPSEEK;
    openings.push({ marker: openAll, read: () => deepSeek(open), closing: closeAll });
    openings.push({ marker: open, read: () => deepSeek(''), closing: closeAll });
  }
  if (syntaxes.includes('llama3')) openings.push({ marker: PYTHON_TAG, read: llama, closing: ';' });
  return openings;
}

/** The `arguments` or `parameters` of a call in JSON; some models write the object as a string once more. */
function argumentsOf(text: string): string | null {
  if (text.startsWith('{')) return text;
  if (!text.startsWith('"')) return null;
  const inner = JSON.parse(text) as string;
  try {
    return isJsonObject(JSON.parse(inner.trimEnd())) ? inner.trim() : null;
  } catch {
    return null;
  }
}

/** The call an object describes; one without arguments has none. */
function callOf({ members }: JsonObjectScanner): ReadCall | null {
  const writtenAs = (...keys: string[]): string | undefined =>
    members.findLast(({ key }) => keys.includes(key))?.value;
  const quoted = writtenAs('name');
  if (!quoted?.startsWith('"')) return null;
  const name = JSON.parse(quoted) as string;
  const args = argumentsOf(writtenAs('arguments', 'parameters') ?? '{}');
  return name === '' || args === null ? null : { name, arguments: args };
}

/** Feeds a scanner until the object ends; false where it is none. */
function* object(scanner: JsonObjectScanner, first = ''): Generator<undefined, boolean, string> {
  for (let letter = first === '' ? yield : first; ; letter = yield) {
    const state = letter === '' ? 'bad' : scanner.push(letter);
    if (state !== 'more') return state === 'done';
  }
}

/**
 * Blanks, then the text.
 * @param orEnd - the end of the answer before it or within will do: models stop there
 * @returns false where something else came
 */
function* exactly(text: string, orEnd = false): Generator<undefined, boolean, string> {
  let letter: string;
  do letter = yield;
  while (BLANKS.test(letter));
  for (let i = 0; letter === text[i]; letter = yield) {
    i++;
    if (i === text.length) return true;
  }
  return orEnd && letter === '';
}

function* hermes(): Reader {
  const scanner = new JsonObjectScanner();
  if (!(yield* object(scanner))) return null;
  const call = callOf(scanner);
  return call !== null && (yield* exactly(HERMES.close, true)) ? call : null;
}

function* llama(): Reader {
  const scanner = new JsonObjectScanner();
  return (yield* object(scanner)) ? callOf(scanner) : null;
}

/** An object that is the whole answer; its opening brace was read. */
export function* bareCall(): Reader {
  const scanner = new JsonObjectScanner();
  scanner.push('{');
  for (;;) {
    const letter = yield;
    const state = letter === '' ? 'bad' : scanner.push(letter);
    if (state === 'bad') return null;
    if (state === 'done') break;
    if (scanner.key !== null && !CALL_KEYS.includes(scanner.key)) return null;
  }
  const hasArguments = scanner.members.some(({ key }) => key === 'parameters' || key === 'arguments');
  const call = hasArguments ? callOf(scanner) : null;
  if (call === null) return null;
  for (;;) {
    const letter = yield;
    if (letter === '' || letter === ';') return call;
    if (!BLANKS.test(letter)) return null;
  }
}

/** @param lead - what has to come first */
function* deepSeek(lead: string): Reader {
  if (lead !== '' && !(yield* exactly(lead))) return null;
  const first = yield* upTo(DEEPSEEK.separator);
  if (first === null) return null;
  const scanner = new JsonObjectScanner();
  let letter: string;
  do letter = yield;
  while (BLANKS.test(letter));
  if (letter === '{') {
    if (!(yield* object(scanner, letter)) || !(yield* exactly(DEEPSEEK.close, true))) return null;
    return named(first, scanner);
  }
  if (letter === '') return null;
  const name = yield* upTo('\n', letter);
  if (name === null || !(yield* exactly('```json')) || !(yield* object(scanner))) return null;
  return (yield* exactly(`\`\`\`${DEEPSEEK.close}`, true)) ? named(name, scanner) : null;
}

function named(name: string, { text }: JsonObjectScanner): ReadCall | null {
  return name.trim() === '' ? null : { name: name.trim(), arguments: text.trim() };
}

/** A name, and the text that comes after it, which is read too; null where it cannot be one. */
function* upTo(end: string, first = ''): Generator<undefined, string | null, string> {
  let name = first;
  for (let letter = yield; letter !== end[0]; letter = yield) {
    if (letter === '' || letter === '<' || name.length === MAX_NAME) return null;
    name += letter;
  }
  for (let i = 1; i < end.length; i++) if ((yield) !== end[i]) return null;
  return name;
}
