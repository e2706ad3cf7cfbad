/**
 * @file The person (or program) watching a run: on a terminal, through a pipe, or as JSON lines.
 *
 * A terminal gets one live line, redrawn in place; a pipe gets a line every few seconds; a program gets every event as
 * one JSON object a line: `{"event": "stage" | "note" | "warn" | "step" | "end", "stage": …, …}`.
 */

import { hasColours, type Output, type Paint, painter } from '../../output.ts';
import type { StepReport } from '../../records.ts';
import type { Watcher } from '../../run/stage.ts';
import { truncate } from '../../text/index.ts';
import { Eta } from './eta.ts';
import { historyLines } from './history.ts';
import { type PlannedStage, RunEta } from './run-eta.ts';
import { type Field, fitLine, formatDuration, stepFields } from './step-line.ts';

/** A `Watcher` told where stages begin and end. */
export interface RunWatcher extends Watcher {
  /** A stage begins: one of these, where the run's stages are given. */
  startStage(name: string, plan?: readonly PlannedStage[]): void;
  /** The stage ended, finished or not: prints how its metrics went. */
  endStage(): void;
}

/** The watcher of a rank that leaves telling to the first. */
export const SILENT: RunWatcher = {
  note: () => undefined,
  warn: () => undefined,
  step: () => undefined,
  startStage: () => undefined,
  endStage: () => undefined,
};

/** How events are shown. */
export type WatchMode = 'terminal' | 'plain' | 'json';

/** Settings of `createWatcher`. */
export interface WatcherOptions {
  readonly output: Output;
  /** Default: `terminal` when the output is one that can redraw a line, else `plain`. */
  readonly mode?: WatchMode;
  readonly env?: NodeJS.ProcessEnv;
  /** Seconds on a clock that only goes forward. */
  readonly clock?: () => number;
  /** Least seconds between two step lines in `plain` mode (default 10); first and last step are always shown. */
  readonly interval?: number;
}

/** The watcher for an output. */
export function createWatcher(options: WatcherOptions): RunWatcher {
  const { output, env = process.env } = options;
  const redraws = output.isTTY === true && env.TERM !== 'dumb';
  const mode = options.mode ?? (redraws ? 'terminal' : 'plain');
  if (mode === 'json') return new JsonWatcher(output);
  return new TextWatcher(options, mode === 'terminal', painter(hasColours(output, env)));
}

/** Columns assumed where the output does not tell. */
const DEFAULT_COLUMNS = 80;
/** To the start of the line, and erase it. */
const CLEAR_LINE = '\r\u001b[2K';

class TextWatcher implements RunWatcher {
  readonly #output: Output;
  readonly #live: boolean;
  readonly #paint: Paint;
  readonly #clock: () => number;
  readonly #interval: number;
  readonly #warned = new Set<string>();
  #stage = '';
  #started = 0;
  #eta: Eta | null = null;
  readonly #run = new RunEta();
  #reports: StepReport[] = [];
  /** What the last validation measured: shown until the next one. */
  #validation: Readonly<Record<string, number>> = {};
  /** The line on show (terminal), or the newest one not yet printed (plain). */
  #pending = '';
  #lastPrinted = Number.NEGATIVE_INFINITY;

  constructor(options: WatcherOptions, live: boolean, paint: Paint) {
    this.#output = options.output;
    this.#live = live;
    this.#paint = paint;
    this.#clock = options.clock ?? (() => performance.now() / 1000);
    this.#interval = options.interval ?? 10;
  }

  startStage(name: string, plan: readonly PlannedStage[] = []): void {
    this.#flush();
    this.#stage = name;
    this.#run.start(name, plan);
    this.#started = this.#clock();
    this.#eta = null;
    this.#reports = [];
    this.#validation = {};
    this.#lastPrinted = Number.NEGATIVE_INFINITY;
    const { index, of = 1 } = this.#run.place ?? {};
    this.#print(
      this.#paint('strong', name) + (of > 1 ? this.#paint('quiet', `  stage ${index} of ${of}`) : ''),
    );
  }

  note(text: string): void {
    this.#print(text);
  }

  warn(id: string, text: string): void {
    if (this.#warned.has(id)) return;
    this.#warned.add(id);
    this.#print(`${this.#paint('warning', 'warning:')} ${text}`);
  }

  step(report: StepReport, total: number): void {
    const now = this.#clock();
    // A stage that goes on, or one that reports many steps at once, does not say where it began: its first report is the start.
    this.#eta ??= report.step === 1 ? new Eta(0, this.#started) : new Eta(report.step, now);
    this.#eta.mark(report.step, now);
    this.#reports.push(report);
    const measured = Object.entries(report).filter(([metric]) => metric.startsWith('validation/'));
    if (measured.length > 0) this.#validation = Object.fromEntries(measured);
    const shown = { ...this.#validation, ...report };
    const line = stepLine(this.#stage, shown, total, this.#timeLeft(total), this.#columns());
    this.#pending = line;
    if (this.#live) this.#output.write(`${CLEAR_LINE}${line}`);
    else if (now - this.#lastPrinted >= this.#interval || report.step >= total) this.#flush();
  }

  endStage(): void {
    this.#flush();
    for (const line of historyLines(this.#reports, this.#columns())) this.#print(line);
    const seconds = this.#clock() - this.#started;
    this.#run.end(seconds);
    this.#print(this.#paint('quiet', `${this.#stage} took ${formatDuration(seconds)}`));
    this.#reports = [];
  }

  /** Of the stage, and of the run where other stages follow: then the run's is kept longer. */
  #timeLeft(total: number): Field[] {
    const inStage = this.#eta?.secondsLeft(total) ?? null;
    if (inStage === null) return [];
    const text = `${formatDuration(inStage)} left`;
    const run = this.#run.secondsLeft(inStage);
    if (run === null) return [{ text, rank: 2 }];
    const inRun = `${run.atLeast ? 'over ' : ''}${formatDuration(run.seconds)}`;
    return [
      { text, rank: 5 },
      { text: `run ${inRun} left`, rank: 2 },
    ];
  }

  /** Makes the pending step line one that stays. */
  #flush(): void {
    if (this.#pending === '') return;
    this.#output.write(this.#live ? '\n' : `${this.#pending}\n`);
    this.#pending = '';
    this.#lastPrinted = this.#clock();
  }

  /** Writes a line that stays, above the live line. */
  #print(line: string): void {
    if (this.#live && this.#pending !== '') this.#output.write(`${CLEAR_LINE}${line}\n${this.#pending}`);
    else this.#output.write(`${line}\n`);
  }

  #columns(): number {
    // Some terminals, a container's for one, claim to have no columns.
    return this.#output.columns || DEFAULT_COLUMNS;
  }
}

/** The line of a step; one column is left free, since some terminals wrap when the last one is written. */
function stepLine(
  stage: string,
  report: StepReport,
  total: number,
  left: readonly Field[],
  columns: number,
): string {
  const counter = `${String(report.step).padStart(String(total).length)}/${total}`;
  const named: Field = { text: `${stage} ${counter}`, rank: 0 };
  const width = columns - 1;
  const fields = [...stepFields(report), ...left];
  const line = fitLine(named.text, fields, width);
  return truncate(line.length <= width ? line : fitLine(counter, fields, width), width);
}

class JsonWatcher implements RunWatcher {
  readonly #output: Output;
  readonly #warned = new Set<string>();
  #stage: string | null = null;

  constructor(output: Output) {
    this.#output = output;
  }

  startStage(name: string, plan: readonly PlannedStage[] = []): void {
    this.#stage = name;
    const index = plan.findIndex((stage) => stage.name === name) + 1;
    this.#write('stage', index > 0 ? { index, of: plan.length } : {});
  }

  note(text: string): void {
    this.#write('note', { text });
  }

  warn(id: string, text: string): void {
    if (this.#warned.has(id)) return;
    this.#warned.add(id);
    this.#write('warn', { id, text });
  }

  step(report: StepReport, total: number): void {
    this.#write('step', { ...report, total });
  }

  endStage(): void {
    this.#write('end', {});
    this.#stage = null;
  }

  #write(event: string, fields: Record<string, unknown>): void {
    this.#output.write(`${JSON.stringify({ event, stage: this.#stage, ...fields })}\n`);
  }
}
