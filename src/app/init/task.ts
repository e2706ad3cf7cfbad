/** @file The task of a new recipe: questions and answers from a file, divided into training and test, or a task family. */
import { existsSync, statSync } from 'node:fs';
import { bytesInWords } from '../../bytes.ts';
import { fileSchema, type Item, QUESTION_COLUMNS, readFileItems, readRows } from '../../data/index.ts';
import { nearest } from '../../did-you-mean.ts';
import { asUsageError, UsageError, UserError } from '../../errors.ts';
import { FAMILY_NAMES, findFamily } from '../../grading/tasks/index.ts';
import { Random } from '../../random.ts';
import { columnOf, type JsonObject } from '../../records.ts';

/** Where the columns of a file are named, and its held-out questions, where they have a file of their own. */
export interface TaskOptions {
  readonly question?: string;
  readonly answer?: string;
  readonly test?: string;
}

/** Generated problems. */
export interface FamilyTask {
  readonly kind: 'family';
  readonly name: string;
  /** The highest level that a first recipe asks for. */
  readonly maxLevel: number;
}

/** Rows of a file. */
export interface FileTask {
  readonly kind: 'file';
  /** As it was named. */
  readonly name: string;
  readonly question: string;
  readonly answer: string;
  readonly train: readonly JsonObject[];
  readonly test: readonly JsonObject[];
}

export type Task = FamilyTask | FileTask;

/** Columns an answer is looked for in, where none is named. */
const ANSWER_COLUMNS = ['answer', 'reward_model.ground_truth', 'Answer', 'solution', 'target', 'output'];
/** Rows are copied; a larger file is named in a recipe written by hand. */
const LARGEST = 64 * 2 ** 20;
/** Questions held out of a file: one in ten, at most so many. */
const HELD_OUT = { share: 0.1, most: 64 };
const FEWEST = 10;
const EASY = 2;

/**
 * The task that is named, read and checked row by row.
 * @param named - a path, or the name of a family
 * @throws UsageError naming file, row and column for what cannot be used
 */
export async function openTask(named: string, options: TaskOptions): Promise<Task> {
  const family = findFamily(named);
  // A folder that happens to be called like a family is no file of questions.
  const isFolder = statSync(named, { throwIfNoEntry: false })?.isDirectory() === true;
  if (existsSync(named) && !(isFolder && family !== undefined)) return fileTask(named, options);
  if (family !== undefined) {
    return { kind: 'family', name: named, maxLevel: Math.min(EASY, family.levels) };
  }
  const near = nearest(named, FAMILY_NAMES);
  throw new UsageError(
    `${named}: neither a file nor a task family`,
    `${near === null ? '' : `Did you mean ${near}? `}Name a .jsonl, .csv or .parquet file, or a family: ${FAMILY_NAMES.join(', ')}.`,
  );
}

async function fileTask(path: string, options: TaskOptions): Promise<FileTask> {
  const items = await readItems(path, options);
  const columns = columnsOf(items.item, options);
  if (items.all.length < FEWEST && options.test === undefined) {
    throw new UsageError(
      `${path}: ${items.all.length} questions are too few to hold some out`,
      `Write at least ${FEWEST}, or name a file of held-out questions with --test.`,
    );
  }
  const [train, test] =
    options.test === undefined
      ? divide(items.all)
      : [items.all, (await readItems(options.test, { ...options, ...columns })).all];
  const rows = (some: readonly Item[]) => some.map(({ row }) => row.fields);
  return { kind: 'file', name: path, ...columns, train: rows(train), test: rows(test) };
}

/** The same rows are held out whenever the same file is divided. */
function divide(items: readonly Item[]): [train: readonly Item[], test: readonly Item[]] {
  const count = Math.min(HELD_OUT.most, Math.floor(items.length * HELD_OUT.share));
  const held = new Set(Random.derive(0, 'aha init').shuffle(items).slice(0, count));
  return [items.filter((item) => !held.has(item)), items.filter((item) => held.has(item))];
}

async function readItems(
  path: string,
  options: TaskOptions,
): Promise<{ readonly all: readonly Item[]; readonly item: JsonObject }> {
  const { size } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0 };
  if (size > LARGEST) {
    throw new UsageError(
      `${path}: ${bytesInWords(size)}, and aha init copies files up to ${bytesInWords(LARGEST)}`,
      'Begin with a part of it; then name the whole file in the recipe: path.',
    );
  }
  try {
    const [first] = await readRows(path);
    if (first === undefined)
      throw new UserError(`${path}: no rows in this file`, 'Write a question in each.');
    const { question: promptField, answer: answerField } = columnsOf(first.fields, options, first.place);
    const all = await readFileItems(fileSchema.parse({ path, promptField, answerField }));
    if (all.every(({ prompt }) => prompt.answer === null)) {
      throw new UserError(
        `${path}: no row has an answer in the column "${answerField}"`,
        'Name the column that holds it with --answer.',
      );
    }
    return { all, item: first.fields };
  } catch (error) {
    throw error instanceof UserError ? asUsageError(error) : error;
  }
}

/** The columns that are named, else the first of the usual ones that the row has. */
function columnsOf(
  row: JsonObject,
  options: TaskOptions,
  place = '',
): { readonly question: string; readonly answer: string } {
  const find = (what: 'question' | 'answer', usual: readonly string[]): string => {
    const named = options[what];
    const found = (named === undefined ? usual : [named]).find((name) => columnOf(row, name) !== undefined);
    if (found !== undefined) return found;
    throw new UserError(
      `${place}: no column ${named === undefined ? `with the ${what} (${usual.join(', ')})` : `"${named}"`}; there is ${Object.keys(row).join(', ')}`,
      `Name the column that holds the ${what} with --${what}.`,
    );
  };
  return { question: find('question', QUESTION_COLUMNS), answer: find('answer', ANSWER_COLUMNS) };
}
