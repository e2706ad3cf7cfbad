/**
 * The data of the recipes in this folder. All of it is made by the scripts in make/, from the sources and tables of this
 * package (Apache-2.0), the same on every machine. A recipe writes it into the user's cache when it is read, since the
 * package's own folder may be read-only; into a folder of your own:
 *
 *   node --import tsx recipes/smollm2/make-data.ts <folder>
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { Random, UsageError } from '@aha-r1/aha';
import { generalItems, replyOf } from './make/general.ts';
import { preferencePairs } from './make/preferences.ts';
import { plainProblems, trainingProblems, type WordProblem, wordProblems } from './make/problems.ts';
import { workedSolution } from './make/traces.ts';
import { askedWithExamples } from './make/zero-prompt.ts';

type Rows = readonly object[];

/** Problems of so many steps that are evaluated on. */
const heldOut = (steps: number, count: number): WordProblem[] =>
  wordProblems({ steps, count, heldOut: true });

/** Plain held-out problems that are not in the test file: they choose the checkpoint. */
function plainValidation(): WordProblem[] {
  const tested = new Set(plainProblems(256, true).map(({ prompt }) => prompt));
  return plainProblems(128, true, 'validation ')
    .filter(({ prompt }) => !tested.has(prompt))
    .slice(0, 64);
}

function coldStart(): Rows {
  const random = Random.derive(2026, 'cold start');
  return trainingProblems(200, 'cold start ').map((problem) => ({
    prompt: problem.prompt,
    response: workedSolution(problem, random),
    steps: problem.steps,
  }));
}

function general(side: 'train' | 'test'): Rows {
  return generalItems(side === 'test').map(({ kind, prompt, must, ...reply }) => ({
    prompt,
    response: replyOf(reply),
    answer: null,
    kind,
    must,
  }));
}

/** Worked stories of one step as text in the chat format: all that the student reads before it is taught. */
function studentTexts(): Rows {
  const random = Random.derive(2026, 'student');
  return wordProblems({ steps: 1, count: 12_000, heldOut: false, name: 'student ' }).map((problem) => ({
    text:
      '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' +
      `<|im_start|>user\n${problem.prompt}<|im_end|>\n<|im_start|>assistant\n${workedSolution(problem, random)}`,
  }));
}

/** What is in each file. */
const FILES: Readonly<Record<string, () => Rows>> = {
  // R1-Zero: plain problems of two steps, asked with examples of the form; the last two files tell what it learnt beyond them.
  'zero-train.jsonl': () => plainProblems(1500, false).map(askedWithExamples),
  'zero-validation.jsonl': () => plainValidation().map(askedWithExamples),
  'zero-test.jsonl': () => plainProblems(256, true).map(askedWithExamples),
  'zero-test-2.jsonl': () => heldOut(2, 256).map(askedWithExamples),
  'zero-test-3.jsonl': () => heldOut(3, 256).map(askedWithExamples),
  // The whole recipe: all problems of one to three steps as they are, and more of them for rejection sampling.
  'train.jsonl': () => trainingProblems(500),
  'more.jsonl': () => trainingProblems(2000, 'more '),
  'test-2.jsonl': () => heldOut(2, 256),
  'test-3.jsonl': () => heldOut(3, 256),
  'cold-start.jsonl': coldStart,
  'general.jsonl': () => general('train'),
  'general-test.jsonl': () => general('test'),
  'pairs.jsonl': () => preferencePairs(generalItems(false), 1),
  'student.jsonl': studentTexts,
};

/** Names of the files. */
export const DATA_FILES: readonly string[] = Object.keys(FILES);

/** The rows of a file. */
export function rowsOf(name: string): Rows {
  return FILES[name]!();
}

let made: ReadonlyMap<string, string> | undefined;

/** The text of every file, made once. */
function texts(): ReadonlyMap<string, string> {
  const lines = (rows: Rows): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  made ??= new Map(DATA_FILES.map((name) => [name, lines(rowsOf(name))]));
  return made;
}

/**
 * Writes the files into a folder of the user's cache, $XDG_CACHE_HOME/aha or ~/.cache/aha, and returns its path. Its name has a
 * hash of the data: a later version of this package writes elsewhere, and a run that is continued finds its inputs unchanged.
 * @throws UsageError where the folder cannot be written
 */
export function dataFolder(): string {
  const files = texts();
  const hash = createHash('sha256');
  for (const [name, text] of files) hash.update(`${name}\n${text}`);
  const set = process.env.XDG_CACHE_HOME;
  const cache = set !== undefined && path.isAbsolute(set) ? set : path.join(homedir(), '.cache');
  const folder = path.join(cache, 'aha', `smollm2-${hash.digest('hex').slice(0, 12)}`);
  try {
    write(files, folder);
  } catch (error) {
    throw new UsageError(
      `the data of this recipe cannot be written: ${(error as Error).message}`,
      'set XDG_CACHE_HOME to a folder that can be written',
    );
  }
  return folder;
}

/** Writes the files into `folder`. Those that are there as they should be stay untouched. */
export function writeData(folder: string): void {
  write(texts(), folder);
}

function write(files: ReadonlyMap<string, string>, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of files) {
    const file = path.join(folder, name);
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
    // Another run may read the file now: it sees the old text or the new, never a part.
    const fresh = `${file}.${process.pid}`;
    writeFileSync(fresh, text);
    renameSync(fresh, file);
  }
}
