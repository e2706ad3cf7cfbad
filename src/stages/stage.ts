/**
 * @file What a stage is: (inputs, config) → artifact.
 *
 * The artifact on disk (a Hugging Face checkpoint, a JSONL data set, a report) is the resume point: a stage whose
 * artifact is complete is not run again. A stage reads its knobs from its own schema, declared beside the code
 * that reads them, and knows nothing of the recipe around it.
 */
import type { z } from 'zod';
import type { StepReport } from '../records.ts';

/** The person (or program) watching a run. */
export interface Watcher {
  /** A line that stays: what is about to happen, what was found. */
  note(text: string): void;
  /** A warning in plain words, with what to do about it; the same `id` is shown once a run. */
  warn(id: string, text: string): void;
  /** One optimiser step of `total`, or one batch of an evaluation: shown as the live line. */
  step(report: StepReport, total: number): void;
}

/** What a stage is given beside its configuration. */
export interface StageContext {
  /** Name of this stage inside the recipe, unique there. */
  readonly name: string;
  /** Directory for this stage's artifact; created, maybe holding an interrupted run's state. */
  readonly dir: string;
  /** Seed of this stage, derived from the run's seed and the stage's name. */
  readonly seed: number;
  /** `cpu`, `cuda`, `cuda:1` …; already resolved from `auto`. */
  readonly device: string;
  /** Aborted on Ctrl-C: finish the step, save, throw `signal.reason`. */
  readonly signal: AbortSignal;
  readonly watcher: Watcher;
  /** Path of an input: a path as written (relative to the recipe), or `@stage` for an earlier stage's artifact. */
  resolve(reference: string): string;
  /** Appends one line to the run's metrics.jsonl, marked with this stage's name. */
  record(report: StepReport): void;
}

/** What a stage will cost, for `--dry-run`. */
export interface Estimate {
  readonly parameters?: number;
  readonly tokens?: number;
  readonly bytes?: number;
  readonly seconds?: number;
  /** How the figures were arrived at, in one line. */
  readonly basis?: string;
}

/** One kind of stage: its knobs, its cost, its work. */
export interface StageDefinition<Schema extends z.ZodType = z.ZodType> {
  /** The value of `stage` in a recipe: `pretrain`, `rl`, `evaluate` … */
  readonly kind: string;
  /** Strict schema of the knobs, defaults included; each key is described. */
  readonly schema: Schema;
  estimate(config: z.output<Schema>, context: Pick<StageContext, 'resolve' | 'device'>): Promise<Estimate>;
  /** Writes the artifact into `context.dir`. Resumes by itself when `dir` holds an interrupted run's state. */
  run(config: z.output<Schema>, context: StageContext): Promise<void>;
}
