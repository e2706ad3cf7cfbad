/**
 * @file The training loop that every stage which trains a model shares.
 *
 *   for await (const step of trainSteps({ context, learner, parts: { cursor: batches } }, { steps, every })) {
 *     const result = update(learner, batches.next());
 *     step.report({ loss: result.loss });
 *   }
 *
 * The loop resumes from the newest saved state, times each step, records what it reports, saves a state every so many
 * steps and when the run is interrupted, and then throws the signal's reason. What one step does stands in the braces.
 * Over several ranks rank 0 alone saves, and all stop after the same step.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Module } from '../models/layers/index.ts';
import { firstThenOthers, interruption, onFirst } from '../ranks.ts';
import type { Json, StepReport } from '../records.ts';
import { STATE } from '../run/artifact.ts';
import type { StageContext } from '../run/stage.ts';
import { yieldToEventLoop } from '../run/yield-to-event-loop.ts';
import type { Tensor } from '../torch/index.ts';
import { deadExperts, type Learner, loadState, saveState } from './update/index.ts';

/** Where a state is saved: its directory, and the steps taken. */
export interface StatePlace {
  readonly dir: string;
  readonly step: number;
}

/** What a state keeps beside weights and moments: a source of data, a queue, a counter. */
export interface Resumable {
  /**
   * Where it stands, as JSON. It may write a file into the state's directory and return its name: the file then belongs
   * to the state, is checksummed with it and removed after it.
   */
  cursor(place: StatePlace): Json | Promise<Json>;
  /** Goes to where `cursor` was taken; `dir` is the state's directory. */
  seek(cursor: Json, dir: string): void;
}

/** What is trained, and everything its next step depends on. */
export interface Training {
  readonly context: StageContext;
  readonly learner: Pick<Learner<Module>, 'model' | 'parameters' | 'optimizer' | 'steps' | 'experts'>;
  /** By the name under which a state keeps each. */
  readonly parts: { readonly [name: string]: Resumable };
  /** Further tensors of a state, such as a reference model's, by name. */
  readonly tensors?: ReadonlyMap<string, Tensor>;
}

/** How long training goes on. */
export interface TrainingLength {
  /** Steps in all, those of earlier sessions included. */
  readonly steps: number;
  /** Steps between two saved states. */
  readonly every: number;
  /** Ends training before the next step once it is done. */
  readonly until?: { readonly done: boolean };
}

/** Numbers of a step by their names in metrics.jsonl. */
export type Metrics = { readonly [metric: string]: number };

/** One step: what is inside the braces tells it what was measured. */
export class TrainStep {
  /** Steps taken before this one. */
  readonly index: number;
  readonly #show: (line: StepReport) => void;
  #start = performance.now();
  #last = this.#start;
  readonly #phases: Record<string, number> = {};
  #metrics: Metrics = {};

  /** @param show - records a line of metrics.jsonl */
  constructor(index: number, show: (line: StepReport) => void = () => undefined) {
    this.index = index;
    this.#show = show;
  }

  /** The step's number in metrics.jsonl, counted from 1. */
  get number(): number {
    return this.index + 1;
  }

  /**
   * Counts the time since the last lap, or since the step began, to a phase; it becomes `seconds/<phase>`.
   * @param result - what the phase gave, passed on
   * @example const scored = step.lap('reward', await scoreAll(rewards, completions));
   */
  lap<T>(phase: string, result: T): T {
    const now = performance.now();
    this.#phases[phase] = (this.#phases[phase] ?? 0) + (now - this.#last) / 1000;
    this.#last = now;
    return result;
  }

  /** Seconds of each phase so far, and since the step began. */
  get seconds(): { readonly total: number; readonly [phase: string]: number } {
    return { ...this.#phases, total: (performance.now() - this.#start) / 1000 };
  }

  /**
   * Adds to the step's line of metrics.jsonl. The first call ends the time of the step; the loop adds `seconds`, those of
   * the phases, and, where `num_tokens` is given, `tokens_per_second`.
   */
  report(metrics: Metrics): void {
    const timed = 'seconds' in this.#metrics;
    this.#metrics = { ...this.#metrics, ...metrics, ...(!timed && this.#times(metrics)) };
  }

  #times({ num_tokens: tokens }: Metrics): Metrics {
    const { total, ...phases } = this.seconds;
    const named = Object.entries(phases).map(([phase, seconds]) => [`seconds/${phase}`, seconds] as const);
    return {
      ...(tokens !== undefined && { tokens_per_second: tokens / total }),
      seconds: total,
      ...Object.fromEntries(named),
    };
  }

  /**
   * What was measured before this step, the first: a line of its own, of step 0. The time of the step begins now.
   * Metrics without an entry are no line.
   */
  startFrom(metrics: Metrics): void {
    if (Object.keys(metrics).length > 0) this.#show({ step: this.index, ...metrics });
    this.#start = performance.now();
    this.#last = this.#start;
  }

  /** The line of metrics.jsonl. */
  get line(): StepReport {
    return { step: this.number, ...this.#metrics };
  }
}

/**
 * The steps that are left of a training, one after another.
 * @throws `signal.reason` after an interrupted step, its state saved; UserError where no saved state is intact
 */
export async function* trainSteps(
  training: Training,
  { steps, every, until }: TrainingLength,
): AsyncGenerator<TrainStep, void> {
  const { context } = training;
  const show = (line: StepReport): void => {
    context.record(line);
    context.watcher.step(line, steps);
  };
  const { ranks, signal } = context;
  for (
    let index = await firstThenOthers(ranks, () => resume(training, steps));
    index < steps && until?.done !== true;
    index++
  ) {
    const step = new TrainStep(index, show);
    yield step;
    reportExperts(step, training);
    show(step.line);
    await yieldToEventLoop();
    const stop = interruption(ranks, signal);
    if (step.number % every === 0 || stop !== null) await onFirst(ranks, () => save(training, step.number));
    if (stop !== null) throw stop.reason;
  }
}

/** Reports the load of the model's experts, and warns once of those that have died. */
function reportExperts(step: TrainStep, { learner, context }: Training): void {
  const report = learner.experts.take();
  if (report === null) return;
  step.report({ 'experts/load_max': report.loadMax, 'experts/idle_ratio': report.idle });
  if (report.dead.size > 0) context.watcher.warn('dead experts', deadExperts(report.dead));
}

/** Restores the newest intact state; returns the steps it had taken, 0 where there is none. */
function resume({ context, learner, parts, tensors }: Training, steps: number): number {
  const dir = path.join(context.dir, STATE);
  const saved = loadState(dir, learner, tensors, context.watcher) as {
    readonly step: number;
    readonly [part: string]: Json;
  } | null;
  if (saved === null) return 0;
  for (const [name, part] of Object.entries(parts)) if (name in saved) part.seek(saved[name]!, dir);
  context.watcher.note(`resuming after step ${saved.step} of ${steps}`);
  return saved.step;
}

async function save({ context, learner, parts, tensors }: Training, step: number): Promise<void> {
  const dir = path.join(context.dir, STATE);
  mkdirSync(dir, { recursive: true });
  const cursors: Record<string, Json> = {};
  for (const [name, part] of Object.entries(parts)) cursors[name] = await part.cursor({ dir, step });
  await saveState(dir, learner, { step, ...cursors }, tensors);
}
