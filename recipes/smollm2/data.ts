/**
 * The data of the recipes in this folder. All of it is made by the scripts in make/, from the sources and tables of this
 * package (Apache-2.0), the same on every machine. A recipe writes it into data/ when it is read; by hand:
 *
 *   node --import tsx recipes/smollm2/make-data.ts
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Random } from '@aha-r1/aha';
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

/**
 * Writes the files into `folder`. Those that are there as they should be stay untouched, so that a run that is continued
 * finds its inputs unchanged.
 */
export function writeData(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const name of DATA_FILES) {
    const file = path.join(folder, name);
    const text = rowsOf(name)
      .map((row) => `${JSON.stringify(row)}\n`)
      .join('');
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
    // Another run may read the file now: it sees the old text or the new, never a part.
    const fresh = `${file}.${process.pid}`;
    writeFileSync(fresh, text);
    renameSync(fresh, file);
  }
}
