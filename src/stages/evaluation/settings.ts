/**
 * @file The settings of an evaluation, settings.json: what decides its responses. An evaluation goes on only with the
 * settings it was begun with.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { UsageError, UserError } from '../../errors.ts';
import { isJsonObject, type Json } from '../../records.ts';
import { writeJsonAtomic } from '../../run/atomic.ts';
import type { QuestionSet } from './question-set.ts';
import type { Respondent } from './respondent.ts';

export const SETTINGS = 'settings.json';

/** What settings.json holds. */
export interface EvaluationSettings {
  readonly format: 1;
  readonly benchmark: string;
  readonly title: string;
  /** Name of the model in reports. */
  readonly model: string;
  readonly problems: number;
  readonly samples: number;
  readonly temperature: number;
  readonly topP: number;
  readonly maxTokens: number;
  readonly seed: number;
  /** How answers are verified. */
  readonly verifier: QuestionSet['verifier'];
  /** Hash of the problems. */
  readonly questions: string;
  /** What else decides the responses. */
  readonly identity: { readonly [key: string]: Json };
  /** When it was begun, ISO 8601. */
  readonly begun: string;
}

/** What an evaluation is of. */
export interface EvaluationSubject {
  readonly set: QuestionSet;
  readonly respondent: Respondent;
  readonly samples: number;
  readonly seed: number;
}

function settingsOf({ set, respondent, samples, seed }: EvaluationSubject): EvaluationSettings {
  return {
    format: 1,
    benchmark: set.name,
    title: set.title,
    model: respondent.name,
    problems: set.prompts.length,
    samples,
    ...respondent.decoding,
    seed,
    verifier: set.verifier,
    questions: createHash('sha256').update(JSON.stringify(set.prompts)).digest('hex'),
    identity: respondent.identity,
    begun: new Date().toISOString(),
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
  const { begun: _begun, title: _title, model: _model, ...others } = settings;
  return others;
}

/** `path: before, now after` of every value that differs. */
function differences(before: Json, after: Json, at = ''): string[] {
  if (isJsonObject(before) && isJsonObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) =>
      differences(before[key] ?? null, after[key] ?? null, at === '' ? key : `${at}.${key}`),
    );
  }
  const [a, b] = [JSON.stringify(before), JSON.stringify(after)];
  return a === b ? [] : [`${at}: ${a}, now ${b}`];
}

/** The settings of an evaluation. @throws UserError where there are none */
export function readSettings(dir: string): EvaluationSettings {
  const file = path.join(dir, SETTINGS);
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as EvaluationSettings;
  } catch (cause) {
    throw new UserError(`${file}: cannot be read`, 'Name a directory that aha eval has written.', { cause });
  }
}
