/**
 * @file A run directory: recipe.json (the resolved recipe), metrics.jsonl, the same metrics as TensorBoard event files
 * (tensorboard/<stage>/), and one directory for each stage's artifact.
 *
 * All are plain files. One process at a time works in it. Samples and reports inside a stage's directory are the
 * stage's own.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { atPath, UsageError, UserError } from '../errors.ts';
import type { Json, StepReport } from '../records.ts';
import { makeDirectory, writeFileAtomic, writeJsonAtomic } from './atomic.ts';
import { takeLock } from './lock.ts';
import { EventFile } from './tensorboard.ts';

/** Files of a run directory that are not a stage's. */
export const RECIPE = 'recipe.json';
const METRICS = 'metrics.jsonl';
const TENSORBOARD = 'tensorboard';
export const LOCK = 'lock';

/** What no stage may be called: its directory would be one of these. The other files have a dot, which no name has. */
export const RESERVED_NAMES: readonly string[] = [TENSORBOARD, LOCK];

/** A run directory this process holds the lock of, or follows. */
export class RunDirectory {
  readonly path: string;
  readonly #release: () => void;
  /** Another process holds the lock and records. */
  readonly #follows: boolean;
  /** Lines not yet in the file, in order; one write at a time. */
  #writing: Promise<void> = Promise.resolve();
  /** Why nothing more can be recorded. */
  #failure: { readonly error: unknown } | null = null;
  /** Event files of the stages that this process recorded something of. */
  readonly #events = new Map<string, EventFile>();

  private constructor(path: string, release: () => void, follows = false) {
    this.path = path;
    this.#release = release;
    this.#follows = follows;
  }

  /**
   * Makes a run directory, or takes an empty one.
   *
   * @throws UsageError when it holds something already, or nothing can be written there
   */
  static create(path: string): RunDirectory {
    if (readEntries(path).length > 0) {
      throw new UsageError(
        `${path} exists and is not empty`,
        'Use --resume to go on with the run in it, --overwrite to start again in it, or another --out.',
      );
    }
    return RunDirectory.#take(path, () => {
      try {
        makeDirectory(path);
      } catch (error) {
        throw notWritable(path, (error as Error).cause);
      }
    });
  }

  /**
   * Takes the lock of an existing directory.
   *
   * @throws UsageError when it does not exist or cannot be written, UserError when another process works in it
   */
  static open(path: string): RunDirectory {
    if (!existsSync(path)) throw new UsageError(`${path} does not exist`, 'Name a run directory with --out.');
    return RunDirectory.#take(path);
  }

  /** The directory of a run in which another process, the first of several ranks, holds the lock: nothing is recorded. */
  static follow(path: string): RunDirectory {
    return new RunDirectory(path, () => undefined, true);
  }

  static #take(path: string, make: () => void = () => undefined): RunDirectory {
    try {
      make();
      return new RunDirectory(path, takeLock(join(path, LOCK)));
    } catch (cause) {
      if (cause instanceof UserError) throw cause;
      throw notWritable(path, cause);
    }
  }

  /** Directory of a stage's artifact. */
  stageDir(stage: string): string {
    return join(this.path, stage);
  }

  /** Writes recipe.json. */
  async writeRecipe(recipe: Json): Promise<void> {
    await writeJsonAtomic(join(this.path, RECIPE), recipe);
  }

  /** What recipe.json says. */
  readRecipe(): Json {
    const path = join(this.path, RECIPE);
    try {
      return JSON.parse(readFileSync(path, 'utf8')) as Json;
    } catch (cause) {
      throw new UsageError(`${path} cannot be read`, 'Name a run directory with --out.', { cause });
    }
  }

  /**
   * Appends a line to metrics.jsonl, the report marked with its stage, and an event to the stage's event file. When a stage that was interrupted goes on, its
   * first report here removes what an earlier process wrote for that step and later ones. The report is written later: see
   * `flush`.
   * @throws what writing an earlier report threw, a full disk for example; UserError when the directory was removed
   */
  record(stage: string, report: StepReport): void {
    if (this.#follows) return;
    if (this.#failure !== null) throw this.#failure.error;
    this.#requirePresent();
    const first = !this.#events.has(stage);
    const events = this.#events.get(stage) ?? new EventFile(join(this.path, TENSORBOARD, stage));
    this.#events.set(stage, events);
    const line = `${JSON.stringify({ stage, ...report })}\n`;
    this.#writing = this.#writing.then(async () => {
      if (first) await this.#truncate(stage, report.step);
      await this.#append(line);
      await events.append(report);
    });
    // Whoever calls `flush`, or records the next report, gets the failure.
    this.#writing.catch((error: unknown) => {
      this.#failure ??= { error };
    });
  }

  async #append(line: string): Promise<void> {
    const path = join(this.path, METRICS);
    await appendFile(path, line).catch((error: unknown) => {
      throw atPath(error, path);
    });
  }

  /** A file that is written into a removed directory would make it again, with nothing else in it. */
  #requirePresent(): void {
    const removed = this.explained(null);
    if (removed !== null) throw removed;
  }

  /** Why the run failed: where the directory was removed meanwhile, that, else the error itself. */
  explained<E>(error: E): E | UserError {
    if (existsSync(join(this.path, LOCK))) return error;
    return new UserError(
      `${this.path}: the run directory, or its lock, was removed while the run worked in it`,
      'Start the run again, or put the directory back and go on with --resume.',
      { cause: error },
    );
  }

  /** Removes the lines of a stage from `step` on, and a line torn by a crash. */
  async truncateMetrics(stage: string, step: number): Promise<void> {
    await this.flush();
    await this.#truncate(stage, step);
  }

  /** Waits for every recorded line to be written. @throws what writing threw, a full disk for example */
  async flush(): Promise<void> {
    await this.#writing;
  }

  /** Writes what is left and gives the directory back. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      this.#release();
    }
  }

  async #truncate(stage: string, step: number): Promise<void> {
    const path = join(this.path, METRICS);
    if (!existsSync(path)) return;
    const text = readFileSync(path, 'utf8');
    const kept = text.split('\n').filter((line) => isKept(line, stage, step));
    const result = kept.map((line) => `${line}\n`).join('');
    if (result !== text) await writeFileAtomic(path, result);
  }
}

/** What is in a directory; nothing where there is none. */
function readEntries(path: string): string[] {
  if (!existsSync(path)) return [];
  try {
    return readdirSync(path);
  } catch (cause) {
    throw notWritable(path, cause);
  }
}

function notWritable(path: string, cause: unknown): UsageError {
  const what = `${path} cannot be used as a run directory: ${(cause as Error).message}`;
  return new UsageError(what, 'Name a directory that can be written with --out.', { cause });
}

function isKept(line: string, stage: string, step: number): boolean {
  try {
    const entry = JSON.parse(line) as { stage: string; step: number };
    return entry.stage !== stage || entry.step < step;
  } catch {
    return false;
  }
}
