/** @file `aha verify`: verdicts on one pair or on a file of them. */
import { readFileSync } from 'node:fs';
import { reasonOf, UsageError, UserError } from '../../errors.ts';
import { type Verdict, verifyMath } from '../../grading/verify/index.ts';
import type { Output } from '../../output.ts';

/** Pairs under way at once: their engines' queue, and the verdicts held until those before are written. */
const AT_ONCE = 512;

export interface VerifyCommandOptions {
  readonly json?: boolean;
  /** Path of a JSONL file; '-' is standard input. */
  readonly jsonl?: string;
}

interface Pair {
  readonly reference: string;
  readonly response: string;
}

/** @throws UsageError for wrong arguments, and for a line that is no pair, by its place */
export async function verify(
  args: readonly string[],
  options: VerifyCommandOptions,
  output: Output,
): Promise<void> {
  const unknown = args.find((arg) => /^--[a-z]/.test(arg));
  if (unknown !== undefined) throw new UsageError(`unknown option '${unknown}'`, 'see aha verify --help');
  if (options.jsonl !== undefined) {
    if (args.length > 0) throw new UsageError('give --jsonl or a pair, not both', 'see aha verify --help');
    await verifyFile(options.jsonl, output);
    return;
  }
  const [reference, response] = args;
  if (reference === undefined || response === undefined || args.length > 2) {
    throw new UsageError(
      `aha verify takes a reference and a response; ${args.length} given`,
      'quote each: aha verify "1/2" "The answer is 0.5", or give --jsonl <file>',
    );
  }
  const verdict = await verifyMath(reference, response);
  output.write(options.json ? line(verdict) : `${verdict}\n`);
}

const line = (verdict: Verdict): string => `${JSON.stringify({ verdict })}\n`;

async function verifyFile(path: string, output: Output): Promise<void> {
  const pairs = readPairs(path);
  for (let start = 0; start < pairs.length; start += AT_ONCE) {
    const part = pairs.slice(start, start + AT_ONCE);
    const verdicts = await Promise.all(
      part.map(({ reference, response }) => verifyMath(reference, response)),
    );
    output.write(verdicts.map(line).join(''));
  }
}

function readPairs(path: string): Pair[] {
  let text: string;
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new UserError(
      `${path}: ${missing ? 'no such file' : (cause as Error).message}`,
      'give the path of a readable JSONL file',
      { cause },
    );
  }
  const name = path === '-' ? 'stdin' : path;
  return text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .flatMap((row, i) => (row.trim() === '' ? [] : [parsePair(row, `${name}:${i + 1}`)]));
}

function parsePair(row: string, place: string): Pair {
  const shape = 'write {"reference": "…", "response": "…"} on each line';
  let value: unknown;
  try {
    value = JSON.parse(row);
  } catch (cause) {
    throw new UsageError(`${place}: not JSON (${reasonOf(cause)})`, shape, { cause });
  }
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Partial<
    Record<keyof Pair, unknown>
  >;
  const { reference, response } = fields;
  if (typeof reference !== 'string' || typeof response !== 'string') {
    const wrong = typeof reference !== 'string' ? 'reference' : 'response';
    throw new UsageError(`${place}: "${wrong}" is not a text`, shape);
  }
  return { reference, response };
}
