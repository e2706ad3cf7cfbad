/**
 * @file The settings of an evaluation, settings.json: what decides its responses. An evaluation goes on only with the
 * settings it was begun with.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { reasonOf, UsageError, UserError } from '../errors.ts';
import { isJsonObject, type Json } from '../records.ts';
import { writeJsonAtomic } from '../run/atomic.ts';
import type { QuestionVerifier } from './grader.ts';
import type { Draw, DrawKind, Target } from './target.ts';

export const SETTINGS = 'settings.json';

/** What settings.json holds. */
export interface EvaluationSettings {
  readonly format: 1;
  readonly benchmark: string;
  readonly title: string;
  /** Name of the model in reports. */
  readonly model: string;
  /** Its name on the hub at a commit, where it comes from there. */
  readonly source?: string;
  /** Name of the questions on the hub at a commit, and of the examples, where they come from there. */
  readonly data?: string;
  readonly shotsData?: string;
  /** Prompt form, and examples before each question; absent for the zero-shot wording. */
  readonly form?: string;
  readonly shots?: number;
  readonly problems: number;
  readonly samples: number;
  readonly temperature: number;
  readonly topP: number;
  readonly maxTokens: number;
  readonly seed: number;
  /** Problems answered greedily, and general prompts beside them; absent where there is no such draw. */
  readonly greedy?: DrawSize;
  readonly general?: DrawSize;
  /** How answers are verified: `rewards` are those of a recipe. */
  readonly verifier: EvaluationVerifier;
  /** Hash of the problems. */
  readonly questions: string;
  /** What else decides the responses. */
  readonly identity: { readonly [key: string]: Json };
  /** When it was begun, ISO 8601; absent in a run, whose artifacts are functions of their inputs. */
  readonly begun?: string;
}

export type EvaluationVerifier = QuestionVerifier | 'rewards';

/** Size of a draw. */
export interface DrawSize {
  readonly problems: number;
  readonly samples: number;
}

/** What an evaluation is of. */
export interface EvaluationSubject {
  /** Name of the question set, in directories and reports, and as published. */
  readonly name: string;
  readonly title: string;
  readonly verifier: EvaluationVerifier;
  readonly draws: readonly Draw[];
  readonly target: Target;
  readonly seed: number;
  /** What decides the grades beside the verifier. */
  readonly grading?: Json;
  /** Where the questions are from, and how they are asked. */
  readonly asked?: Pick<EvaluationSettings, 'data' | 'shotsData' | 'form' | 'shots'>;
  readonly begun?: Date;
}

function settingsOf(subject: EvaluationSubject): EvaluationSettings {
  const { name, title, verifier, draws, target, seed, grading, asked, begun } = subject;
  const size = (kind: DrawKind): DrawSize | null => {
    const draw = draws.find((one) => one.kind === kind);
    return draw === undefined ? null : { problems: draw.prompts.length, samples: draw.samples };
  };
  const [greedy, general] = [size('greedy'), size('general')];
  const prompts = draws.flatMap((draw) => draw.prompts);
  return {
    format: 1,
    benchmark: name,
    title,
    model: target.name,
    ...(target.source !== undefined && { source: target.source }),
    ...asked,
    ...(size('sampled') ?? { problems: 0, samples: 0 }),
    ...target.decoding,
    seed,
    ...(greedy && { greedy }),
    ...(general && { general }),
    verifier,
    questions: createHash('sha256').update(JSON.stringify(prompts)).digest('hex'),
    identity: grading === undefined ? target.identity : { ...target.identity, grading },
    ...(begun && { begun: begun.toISOString() }),
  };
}

/**
 * Writes the settings, or compares them with those of the evaluation that was begun in `dir`.
 * @throws UsageError naming what differs
 */
export async function claimSettings(dir: string, subject: EvaluationSubject): Promise<EvaluationSettings> {
  const settings = settingsOf(subject);
  const file = path.join(dir, SETTINGS);
  if (!existsSync(file)) {
    await writeJsonAtomic(file, settings);
    return settings;
  }
  const earlier = readSettings(dir);
  const differing = differences(decisive(earlier), decisive(settings));
  if (differing.length === 0) return earlier;
  throw new UsageError(
    `${dir} holds an evaluation with other settings:\n  ${differing.join('\n  ')}`,
    'Give the same settings to go on with it, or another directory with --out.',
  );
}

/** The settings without what changes no response. */
function decisive(settings: EvaluationSettings): Json {
  const { begun: _begun, title: _title, model: _model, source: _source, ...responses } = settings;
  const { data: _data, shotsData: _shotsData, ...others } = responses;
  return JSON.parse(JSON.stringify(others)) as Json;
}

/** What a user calls the dtype that a model computes in. */
const PRECISION_OF: Readonly<Record<string, string>> = { float32: 'fp32', bfloat16: 'bf16' };

/** A value as a user knows it. */
function said(at: string, value: Json): string {
  const word = at === 'identity.dtype' && typeof value === 'string' ? (PRECISION_OF[value] ?? value) : value;
  return JSON.stringify(word);
}

/** `setting: before, now after` of every value that differs. */
function differences(before: Json, after: Json, at = ''): string[] {
  if (isJsonObject(before) && isJsonObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) =>
      differences(before[key] ?? null, after[key] ?? null, at === '' ? key : `${at}.${key}`),
    );
  }
  const [a, b] = [said(at, before), said(at, after)];
  const name = at === 'identity.dtype' ? 'precision' : at.replace(/^identity\./, '');
  return a === b ? [] : [`${name}: ${a}, now ${b}`];
}

/** The settings of an evaluation. @throws UserError where there are none, or they are damaged */
export function readSettings(dir: string): EvaluationSettings {
  const file = path.join(dir, SETTINGS);
  if (!existsSync(file))
    throw new UserError(`${file}: not found`, 'Name a directory that aha eval has written.');
  try {
    const settings: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (isJsonObject(settings) && typeof settings.samples === 'number') return settings as never;
    throw new Error('not the settings of an evaluation');
  } catch (cause) {
    throw new UserError(
      `${file}: damaged (${reasonOf(cause)})`,
      'If the evaluation was begun with the settings you give now, delete this file: it goes on with the responses there. ' +
        'Otherwise give another directory.',
      { cause },
    );
  }
}
