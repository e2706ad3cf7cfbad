/**
 * @file Interface of a stage: (inputs, config) → artifact.
 *
 * The artifact on disk (a Hugging Face checkpoint, a JSONL data set, a report) is the resume point: a stage whose
 * artifact is complete is not run again. A stage reads its settings from its own schema, declared beside the code
 * that reads them, and knows nothing of the recipe around it.
 */
import type { z } from 'zod';
import type { Ranks } from '../ranks.ts';
import type { Json, StepReport } from '../records.ts';

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
  /** The processes that run this stage together. Rank 0 alone writes; on the others `record` and `watcher` are silent. */
  readonly ranks: Ranks;
  readonly watcher: Watcher;
  /** Path of an input: a path as written (relative to the recipe), or `@stage` for an earlier stage's artifact. */
  resolve(reference: string): string;
  /** Appends one line to the run's metrics.jsonl, marked with this stage's name. */
  record(report: StepReport): void;
}

/** Size of a model. */
export interface ModelSize {
  readonly parameters: number;
  /** Parameters a token passes through: fewer than all in a mixture of experts. */
  readonly active: number;
  readonly layers: number;
  /** Weights of linear layers but the head, where they have been counted. */
  readonly inner?: number;
}

/** Size of a data set, in examples or prompts; `tokens` are those of one. */
export interface DataSize {
  readonly examples: number;
  readonly tokens: number;
}

/** What a recipe states of inputs that need not be at hand, for its estimate alone. */
export interface Assumed {
  model(reference: string): ModelSize | undefined;
  data(reference: string): DataSize | undefined;
  /** Mean length of the responses this stage samples. */
  readonly responseTokens?: number;
}

/** What an estimate is given beside the configuration. */
export interface EstimateContext extends Pick<StageContext, 'resolve' | 'device'> {
  readonly assumed?: Assumed;
}

/** The tokens that a stage passes through its model. */
export interface Work {
  /** Parameters each token passes through. */
  readonly active: number;
  /** Tokens with a forward and a backward pass. */
  readonly trained?: number;
  /** Tokens with a forward pass alone, such as those the reference looks at. */
  readonly read?: number;
  readonly sampled?: number;
  /** Rollouts that wait for one another, and the longest response of each. */
  readonly rollouts?: { readonly count: number; readonly longest: number };
}

/** What a plan on many GPUs asks of a stage beside its work. */
export interface Load {
  /** Its model, as the recipe names it, or the keys of its config.json. */
  readonly model: string | { readonly [key: string]: Json };
  readonly precision: string;
  /** Of a stage that trains. */
  readonly training?: {
    /** Optimiser steps, and the sequences of one; their tokens in the mean and at most. */
    readonly steps: number;
    readonly rows: number;
    readonly mean: number;
    readonly longest: number;
    readonly recompute: boolean;
    readonly lora: boolean;
    /** In one pass; the default of a GPU unless given. */
    readonly tokensPerMicroBatch?: number | undefined;
    /** Frozen parameters beside the model as a multiple of its own, such as a reference's, and critics trained beside it. */
    readonly frozen: number;
    readonly critics: number;
    /** Forward passes over the sequences of a step before it, such as the reference's. */
    readonly reads: number;
    /** Whether the head is over the vocabulary. */
    readonly vocabulary: boolean;
  };
  /** Of a stage that samples: rollouts that wait for one another. */
  readonly sampling?: {
    readonly rollouts: number;
    /** Responses of a rollout; their tokens in the mean and at most. */
    readonly rows: number;
    readonly mean: number;
    readonly longest: number;
  };
}

/** What a stage will cost, for `--dry-run`. */
export interface Estimate {
  readonly work?: Work;
  readonly load?: Load;
  readonly parameters?: number;
  readonly tokens?: number;
  readonly bytes?: number;
  readonly seconds?: number;
  /** How the figures were arrived at, in one line. */
  readonly basis?: string;
}

/** A data file that a stage reads, and how it is gone through before anything runs. */
export interface DataFile {
  /** The file as the recipe names it. */
  readonly reference: string;
  /** How it is read: a file that stages read alike is gone through once. */
  readonly key: string;
  /**
   * Goes through the file, a row at a time.
   * @param stage - the name of the stage, for messages on its settings
   * @throws UserError naming the first row that cannot be used, its column and the remedy
   */
  check(path: string, stage: string): Promise<void>;
}

/** Path of an input as a recipe names it, or null where it is not there yet. */
export type FindInput = (reference: string) => string | null;

/** One kind of stage: its settings, its cost, its work. */
export interface StageDefinition<Schema extends z.ZodType = z.ZodType> {
  /** The value of `stage` in a recipe: `pretrain`, `rl`, `evaluate` … */
  readonly kind: string;
  /** Strict schema of the settings, defaults included; each key is described. */
  readonly schema: Schema;
  /** The settings without those that change no result, such as where a server is; all of them unless given. */
  identity?(config: z.output<Schema>): unknown;
  /** The data files it reads. */
  dataFiles?(config: z.output<Schema>): readonly DataFile[];
  /**
   * Refuses settings and inputs that make no sense together. Called before anything runs, and again when the stage begins:
   * then its inputs are there.
   * @throws UserError naming stage, setting and remedy
   */
  checkInputs?(config: z.output<Schema>, find: FindInput): Promise<void>;
  estimate(config: z.output<Schema>, context: EstimateContext): Promise<Estimate>;
  /** Writes the artifact into `context.dir`. Resumes by itself when `dir` holds an interrupted run's state. */
  run(config: z.output<Schema>, context: StageContext): Promise<void>;
}
