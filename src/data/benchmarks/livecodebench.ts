/**
 * @file LiveCodeBench (2403.07974), code generation, in its public format.
 *
 * Private tests are JSON, or base64 of zlib of a Python pickle of the JSON text, which is read without executing it.
 * Tests are programs fed through standard input (AtCoder, Codeforces) or calls of one method (LeetCode). The R1 paper
 * measures problems of August 2024 to January 2025: filter by the column `contest_date`.
 */
import { inflateSync } from 'node:zlib';
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import type { Json } from '../../records.ts';
import type { Row } from '../files/row.ts';
import type { Benchmark, Question } from './benchmark.ts';
import { label, optional, text, wrong } from './columns.ts';
import { pickledText } from './pickled-text.ts';

/** Limit of one test in the published harness, in milliseconds. */
const TIME_LIMIT_MS = 6000;

const testsSchema = z.array(
  z.object({ input: z.string(), output: z.string(), testtype: z.enum(['stdin', 'functional']) }),
);
type PublishedTest = z.output<typeof testsSchema>[number];

/** Most bytes the private tests of one problem may unpack to. */
const MAX_UNPACKED = 2 ** 29;

function unpacked(written: string): string {
  if (/^\s*\[/u.test(written)) return written;
  return pickledText(inflateSync(Buffer.from(written, 'base64'), { maxOutputLength: MAX_UNPACKED }));
}

function testsIn(row: Row, column: string): PublishedTest[] {
  const written = optional(row, [column]);
  if (written === undefined || written === '') return [];
  try {
    const value: unknown = typeof written === 'string' ? JSON.parse(unpacked(written)) : written;
    return testsSchema.parse(value);
  } catch (cause) {
    throw new UserError(
      `${row.place}: column "${column}" holds no tests that can be read (${(cause as Error).message.slice(0, 200)})`,
      'Give the file as it is published: a JSON list of {input, output, testtype}, or that packed.',
      { cause },
    );
  }
}

/** One JSON value a line: the arguments of a call. */
function parsed(lines: string, row: Row): Json[] {
  try {
    return lines
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => JSON.parse(line) as Json);
  } catch (cause) {
    throw new UserError(
      `${row.place}: a functional test that is not JSON (${(cause as Error).message})`,
      'Give the file as it is published.',
      { cause },
    );
  }
}

function functionName(row: Row): string {
  const metadata = optional(row, ['metadata']);
  let value: unknown = metadata;
  try {
    if (typeof metadata === 'string') value = JSON.parse(metadata);
  } catch {
    // Not JSON: reported below with whatever else lacks the name.
  }
  const name = (value as { func_name?: unknown } | null | undefined)?.func_name;
  if (typeof name === 'string' && name !== '') return name;
  throw wrong(row, ['metadata'], 'JSON with the "func_name" that functional tests call');
}

function codeTests(row: Row): { readonly [key: string]: Json } {
  const published = [...testsIn(row, 'public_test_cases'), ...testsIn(row, 'private_test_cases')];
  if (published.length === 0) throw wrong(row, ['private_test_cases'], 'a list with a test in it');
  const types = new Set(published.map(({ testtype }) => testtype));
  if (types.size > 1) {
    throw new UserError(
      `${row.place}: tests of both kinds, stdin and functional`,
      'Keep one kind in a problem.',
    );
  }
  if (types.has('stdin'))
    return { tests: published.map(({ input, output }) => ({ stdin: input, stdout: output })) };
  const cases = published.map(({ input, output }) => ({
    args: parsed(input, row),
    result: parsed(output, row)[0] ?? null,
  }));
  return { tests: { function: functionName(row), cases } };
}

function word({ question, meta }: Question): string {
  const starter = meta!.starter_code as string | undefined;
  const task =
    starter === undefined
      ? 'Write a Python program that solves this problem: it reads its input from standard input and prints the answer to standard output.'
      : 'Write a Python solution of this problem that completes the code below.';
  const given = starter === undefined ? '' : `\n\n\`\`\`python\n${starter.trimEnd()}\n\`\`\``;
  return `${task} Put the complete program into one \`\`\`python code block at the end of your reply.\n\n${question.trim()}${given}`;
}

export const livecodebench: Benchmark = {
  name: 'livecodebench',
  title: 'LiveCodeBench',
  verifier: 'code',
  samples: 8,
  expects: {
    file: 'data/livecodebench/test6.jsonl',
    columns: [
      'question_content',
      'public_test_cases',
      'private_test_cases',
      'starter_code, metadata (for functional tests)',
    ],
    source: 'livecodebench/code_generation_lite on the Hugging Face hub',
  },
  packed: ['public_test_cases', 'private_test_cases'],
  read(row) {
    const starter = label(row, ['starter_code']);
    const id = label(row, ['question_id']);
    const level = label(row, ['difficulty']);
    const date = label(row, ['contest_date']);
    return {
      ...(id !== undefined && { id }),
      question: text(row, ['question_content']),
      answer: null,
      meta: {
        language: 'python',
        ...codeTests(row),
        timeLimitMs: TIME_LIMIT_MS,
        ...(starter !== undefined && { starter_code: optional(row, ['starter_code']) as string }),
        ...(level !== undefined && { level }),
        ...(date !== undefined && { date }),
      },
    };
  },
  word,
};
