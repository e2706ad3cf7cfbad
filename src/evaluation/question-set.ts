/**
 * @file Question sets by name: a benchmark from its file, a task of the small world, a generated family, or a
 * file of questions and answers. A benchmark is asked in its zero-shot wording, or in another form (forms/). Leaves out
 * tasks whose replies no verifier can call right or wrong.
 */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import {
  BENCHMARK_NAMES,
  benchmarkOf,
  fileSchema,
  generatedHeldOut,
  generatedSchema,
  MissingField,
  readBenchmark,
  readFileItems,
} from '../data/index.ts';
import { nearest } from '../did-you-mean.ts';
import { UsageError, UserError } from '../errors.ts';
import { FAMILY_NAMES } from '../grading/tasks/index.ts';
import { Random } from '../random.ts';
import type { Prompt } from '../records.ts';
import { chainHeldOut, chainSchema } from '../world/index.ts';
import { formed, formOf, type PromptForm, shotsOf, ZERO_SHOT } from './forms/index.ts';
import type { QuestionVerifier } from './grader.ts';

/** The problems of one benchmark. */
export interface QuestionSet {
  /** Name on the command line, in directories and in reports. */
  readonly name: string;
  /** Name as published. */
  readonly title: string;
  readonly verifier: QuestionVerifier;
  /** k where none is asked for: the paper's, where it states one. */
  readonly samples: number;
  /** Questions of the small world, whose models read the template `plain`. */
  readonly smallWorld: boolean;
  /** How questions are asked; null for the zero-shot wording. */
  readonly form: PromptForm | null;
  /** Examples before each question. */
  readonly shots: number;
  readonly prompts: readonly Prompt[];
}

/** Which problems are asked. */
export interface QuestionOptions {
  /** A file, or the directory that holds the benchmarks' files. */
  readonly data: string;
  /** How many; all of a file unless given. */
  readonly problems?: number | undefined;
  /** Which problems, in which order; also the order of options where there are any. */
  readonly seed: number;
  /** Difficulty of a generated family; all levels in turn unless given. */
  readonly level?: number | undefined;
  /** Name of the prompt form of a benchmark; `zero-shot` unless given. */
  readonly form?: string | undefined;
  /** Examples before each question; the form's number unless given. */
  readonly shots?: number | undefined;
  /** The file whose first rows are the examples, where the form brings none. */
  readonly shotsData?: string | undefined;
  /** Whether the model is asked by its chat template. */
  readonly chat?: boolean | undefined;
}

/** Problems asked of a generated task where no number is given. */
const GENERATED_PROBLEMS = 128;
/** k where the paper states none. */
const DEFAULT_SAMPLES = 16;
/** A file of questions and answers of one's own. */
const FILE = 'file';

/** Remedy for a file with other columns: the command has no setting for them. */
const COLUMNS =
  'Give the file a column "prompt" and a column "answer", or measure in a recipe: the stage "evaluate" has promptField, promptTemplate and answerField.';

/** Every name `openQuestions` takes. */
export const QUESTION_SETS: readonly string[] = [...BENCHMARK_NAMES, 'chain', ...FAMILY_NAMES, FILE];

/** Short names of benchmarks; a hyphen may be left out too: `math500`. */
const SHORT: { readonly [name: string]: string } = {
  gpqa: 'gpqa-diamond',
  aime24: 'aime-2024',
  aime25: 'aime-2025',
};

/** The name of a question set as it is listed; a name there is none of is left as it is. */
export function questionSetNamed(written: string): string {
  const bare = (name: string) => name.replaceAll('-', '');
  return SHORT[written] ?? QUESTION_SETS.find((name) => bare(name) === bare(written)) ?? written;
}

/**
 * Opens the problems of a name.
 * @throws UsageError for a name there is none of, UserError for a file that is not there or cannot be read
 */
export async function openQuestions(name: string, options: QuestionOptions): Promise<QuestionSet> {
  const { problems = GENERATED_PROBLEMS, seed } = options;
  const generated = {
    name,
    title: name,
    samples: DEFAULT_SAMPLES,
    smallWorld: true,
    form: null,
    shots: 0,
    verifier: 'exact' as const,
  };
  if (!BENCHMARK_NAMES.includes(name)) refuseForm(name, options);
  if (name === 'chain') {
    return { ...generated, prompts: chainHeldOut({ ...chainSchema.parse({}), seed }).take(problems) };
  }
  if (FAMILY_NAMES.includes(name)) {
    const prompts = familyPrompts(name, problems, options);
    return { ...generated, smallWorld: false, verifier: 'family', prompts };
  }
  if (name === FILE) return ownFile(options);
  if (!BENCHMARK_NAMES.includes(name)) {
    const near = nearest(name, QUESTION_SETS);
    throw new UsageError(
      `no benchmark is named ${JSON.stringify(name)}`,
      `${near === null ? '' : `Did you mean "${near}"? `}There are ${QUESTION_SETS.join(', ')}.`,
    );
  }
  return benchmarkSet(name, options);
}

async function benchmarkSet(name: string, options: QuestionOptions): Promise<QuestionSet> {
  const { title, verifier, samples } = benchmarkOf(name);
  const { data, seed, form: formName = ZERO_SHOT } = options;
  const form = formOf(name, formName);
  const shots = options.shots ?? form?.shots ?? 0;
  if (form === null && shots > 0) {
    throw new UsageError(
      `--shots ${shots}: the form ${ZERO_SHOT} shows no examples`,
      'Leave --shots out, or name a form with examples, such as --form few-shot.',
    );
  }
  const file = fileOf(name, data);
  const prompts = chosen(
    await readBenchmark({ name, path: file, seed, ...(form && { wording: 'none' }) }),
    options,
  );
  return {
    name,
    title,
    verifier,
    samples: samples ?? DEFAULT_SAMPLES,
    smallWorld: false,
    form,
    shots,
    prompts: form === null ? prompts : await inForm(form, prompts, shots, options),
  };
}

/** The questions in a form, with its examples before each. */
async function inForm(
  form: PromptForm,
  prompts: readonly Prompt[],
  shots: number,
  { seed, shotsData, chat = true }: QuestionOptions,
): Promise<Prompt[]> {
  const rows =
    shotsData === undefined || form.fixed !== undefined || shots === 0
      ? []
      : await readBenchmark({ name: form.benchmark, path: shotsData, seed, wording: 'none' });
  return prompts.map((prompt) => {
    const examples = shotsOf(form, prompt, rows, shots);
    if (examples.length < shots) throw tooFewShots(form, shots, examples.length, prompt);
    return formed(form, prompt, examples, chat);
  });
}

/** Whether the prompts of a question set show rows of a file as examples. */
export function needsShots(
  name: string,
  { form = ZERO_SHOT, shots }: Pick<QuestionOptions, 'form' | 'shots'>,
): boolean {
  const found = BENCHMARK_NAMES.includes(name) ? formOf(name, form) : null;
  return found !== null && found.fixed === undefined && (shots ?? found.shots) > 0;
}

function tooFewShots(form: PromptForm, shots: number, found: number, { meta }: Prompt): UsageError {
  const asked = `${form.benchmark}: ${shots} examples asked for`;
  if (form.fixed !== undefined) {
    return new UsageError(`${asked}, the form ${form.name} brings ${form.fixed.length}`, 'Lower --shots.');
  }
  const subject = typeof meta?.subject === 'string' ? ` on ${meta.subject}` : '';
  const remedy = 'Name a file with more rows with --shots-data, or lower --shots.';
  return new UsageError(`${asked}, ${found} there${subject}`, remedy);
}

/** @throws UsageError where a form or examples are asked for of questions that have none */
function refuseForm(name: string, { form = ZERO_SHOT, shots = 0 }: QuestionOptions): void {
  if (form === ZERO_SHOT && shots === 0) return;
  throw new UsageError(
    `${name} has no prompt forms and examples beside its own wording`,
    'Leave --form and --shots out; they are for benchmarks.',
  );
}

/** The data argument where it is a file, else the benchmark's usual file below it. */
export function fileOf(name: string, data: string): string {
  if (existsSync(data) && statSync(data).isFile()) return data;
  const { file } = benchmarkOf(name).expects;
  const [, ...below] = file.split('/');
  return path.join(data, ...below);
}

/** The first problems of an order that the seed decides; more of them extend fewer. */
function chosen(prompts: readonly Prompt[], { problems, seed }: QuestionOptions): readonly Prompt[] {
  if (problems === undefined || problems >= prompts.length) return prompts;
  return Random.derive(seed, 'problems').shuffle(prompts).slice(0, problems);
}

async function ownFile(options: QuestionOptions): Promise<QuestionSet> {
  if (!existsSync(options.data) || !statSync(options.data).isFile()) {
    throw new UsageError(
      `${options.data}: no such file`,
      'Name the file with the questions with --data: {"prompt": "…", "answer": "…"} a line.',
    );
  }
  const items = await readFileItems(fileSchema.parse({ path: options.data })).catch((error: unknown) => {
    throw error instanceof MissingField ? new UserError(error.what, COLUMNS) : error;
  });
  const name = path.basename(options.data).replace(/\.[^.]*$/, '');
  return {
    name,
    title: name,
    verifier: 'math',
    samples: DEFAULT_SAMPLES,
    smallWorld: false,
    form: null,
    shots: 0,
    prompts: chosen(
      items.map(({ prompt }) => prompt),
      options,
    ),
  };
}

/** Held-out problems of a generated family, of one level or of all in turn. */
function familyPrompts(family: string, count: number, { seed, level }: QuestionOptions): Prompt[] {
  const levels = level === undefined ? {} : { minLevel: level, maxLevel: level };
  const config = generatedSchema.safeParse({ family, ...levels });
  if (!config.success)
    throw new UsageError(`level ${level}: ${config.error.issues[0]!.message}`, 'Ask for another.');
  return generatedHeldOut({ ...config.data, seed }).take(count);
}
