/**
 * @file Result of an evaluation, `result.json` beside its samples, and its difference to another one.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { reasonOf, UserError } from '../errors.ts';
import { Random } from '../random.ts';
import { isJsonObject, type Prompt } from '../records.ts';
import { writeJsonAtomic } from '../run/atomic.ts';
import { type Evaluated, readEvaluation, voting } from './evaluation.ts';
import type { Grader } from './grader.ts';
import type { Warn } from './samples.ts';
import type { EvaluationSettings } from './settings.ts';
import { compareMeasured, type Measures, type MeasuresCompared, measure } from './statistics/index.ts';

export const RESULT = 'result.json';

/** A difference to another evaluation of the same benchmark; this one minus the other. */
export interface ComparedResult extends MeasuresCompared {
  /** Directory of the other one, as it was named. */
  readonly with: string;
  readonly model: string;
  /** What was not the same beside the model: a difference may come from there. */
  readonly unequal: readonly string[];
}

/** One benchmark's result. */
export interface EvaluationResult {
  readonly settings: EvaluationSettings;
  readonly measures: Measures;
  /** When the last response came, ISO 8601. */
  readonly finished: string;
  readonly comparison: ComparedResult | null;
}

/** Measures an evaluation and writes result.json; an evaluation measured before keeps its date. */
export async function measureInto(
  dir: string,
  { settings, responses }: Evaluated,
  { votes }: Pick<Grader, 'votes'>,
  comparison: ComparedResult | null,
): Promise<EvaluationResult> {
  const measures = measure(responses.sampled ?? [], stream(settings), { votes });
  const finished = earlierDate(dir) ?? new Date().toISOString();
  const result: EvaluationResult = { settings, measures, finished, comparison };
  await writeJsonAtomic(path.join(dir, RESULT), result);
  return result;
}

function stream({ seed }: EvaluationSettings): Random {
  return Random.derive(seed, 'bootstrap');
}

function earlierDate(dir: string): string | null {
  try {
    return readResult(dir).finished;
  } catch {
    return null;
  }
}

/** @throws UserError where the evaluation has not come to its end, or its result is damaged */
export function readResult(dir: string): EvaluationResult {
  const file = path.join(dir, RESULT);
  if (!existsSync(file))
    throw new UserError(`${file}: not found`, 'Name the directory of an evaluation that is complete.');
  try {
    const result: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (isResult(result)) return result;
    throw new Error('not the result of an evaluation');
  } catch (cause) {
    throw new UserError(
      `${file}: damaged (${reasonOf(cause)})`,
      'Give the command of that evaluation again: its responses are kept, and measured anew.',
      { cause },
    );
  }
}

function isResult(value: unknown): value is EvaluationResult {
  if (!isJsonObject(value) || !isJsonObject(value.settings) || !isJsonObject(value.measures)) return false;
  const { settings, measures, finished } = value;
  return (
    typeof finished === 'string' &&
    [settings.benchmark, settings.title, settings.model].every((text) => typeof text === 'string') &&
    [measures.problems, measures.samplesPerProblem].every((count) => typeof count === 'number') &&
    Array.isArray(measures.passAt)
  );
}

/**
 * The difference to the evaluation in `other`, on the problems both have.
 * @param grader - of this evaluation: the answers of both vote by it
 * @param prompts - of this evaluation
 * @param warn - told of damaged lines in the other one
 * @throws UserError where they have none in common
 */
export async function compareWith(
  other: string,
  { settings, responses }: Evaluated,
  grader: Grader,
  prompts: readonly Prompt[],
  warn: Warn,
): Promise<ComparedResult> {
  const before = await readEvaluation(other, warn);
  const compared = compareMeasured(
    await voting(before.responses.sampled ?? [], grader, prompts),
    responses.sampled ?? [],
    stream(settings),
    { votes: grader.votes },
  );
  if (compared === null) {
    throw new UserError(
      `${other} has no problem in common with this evaluation`,
      'Compare evaluations of one benchmark, with the same --seed and --problems.',
    );
  }
  const unequal = unequalSettings(before.settings, settings);
  return { with: other, model: before.settings.model, unequal, ...compared };
}

const COMPARABLE = ['samples', 'temperature', 'topP', 'maxTokens', 'questions'] as const;

function unequalSettings(before: EvaluationSettings, after: EvaluationSettings): string[] {
  return COMPARABLE.filter((key) => before[key] !== after[key]).map((key) =>
    key === 'questions'
      ? 'other problems (only those in common are compared)'
      : `${key} ${before[key]} before, ${after[key]} now`,
  );
}
