/**
 * @file Tests of a program out of a column of a data row, in the layouts of published sets: those of `codeTestsSchema`, a
 * list of assertions (MBPP), test code as a text (HumanEval), and inputs with outputs (APPS, TACO, LiveCodeBench).
 */
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../records.ts';
import { type CodeTests, codeTestsSchema, type Language } from './tests.ts';

const LAYOUTS =
  'Accepted: a list of {"stdin", "stdout"} or {"input", "output"}; {"inputs", "outputs"}, with "fn_name" for calls of a function; {"function", "cases"}; a list of assertions; test code as a text; each also as JSON text.';

/**
 * The tests in a value.
 * @param language - of the program, where the value names none
 * @param place - for messages
 * @throws UserError naming place, what is wrong and the accepted layouts
 */
export function testsFromColumn(value: Json, language: Language, place: string): CodeTests {
  const written = parsed(value);
  const given = isJsonObject(written) && 'tests' in written ? written : { tests: written };
  const result = codeTestsSchema.safeParse({ language, ...given, tests: inOneLayout(given.tests!) });
  if (result.success) return result.data;
  throw new UserError(`${place}: ${z.prettifyError(result.error)}`, LAYOUTS);
}

/** A text as the JSON it holds, or as itself where it is none: test code. */
function parsed(value: Json): Json {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}

/** The layouts of published sets as one of the three of `codeTestsSchema`; anything else as it is. */
function inOneLayout(value: Json): Json {
  const tests = parsed(value);
  if (typeof tests === 'string') return tests.trim() === '' ? tests : { code: [tests] };
  if (isJsonObject(tests)) return 'inputs' in tests ? fromLists(tests) : tests;
  if (!Array.isArray(tests)) return tests;
  const list = tests as readonly Json[];
  if (list.length > 0 && list.every((item) => typeof item === 'string')) return { code: list };
  return list.map((item) =>
    isJsonObject(item) && 'input' in item && 'output' in item
      ? { stdin: item.input!, stdout: item.output! }
      : item,
  );
}

/** `{"inputs": […], "outputs": […]}`: what the program reads and prints, or with `fn_name` arguments and results. */
function fromLists({ inputs, outputs = null, fn_name: name = null }: JsonObject): Json {
  const [read, printed] = [parsed(inputs!), parsed(outputs)];
  if (!Array.isArray(read) || !Array.isArray(printed) || read.length !== printed.length) return null;
  const results = printed as readonly Json[];
  if (name === null) return (read as readonly Json[]).map((stdin, i) => ({ stdin, stdout: results[i]! }));
  const cases = (read as readonly Json[]).map((args, i) => ({ args, result: results[i]! }));
  return { function: name, cases };
}
