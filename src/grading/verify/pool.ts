/**
 * @file The pool of engine processes: started when first needed, killed at their limit, ended with this process.
 *
 * Processes and not worker threads: a thread whose heap limit is passed in one allocation takes the whole process with
 * it, and the limit of a thread does not count what lies outside the heap. Each process has one pair at a time, a limit
 * on its heap by V8 and on its resident memory by watching, and SIGKILL for whatever runs over.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { SETUP_COMMAND } from '../../../setup/status.mjs';
import { UserError } from '../../errors.ts';
import { startTimeLimit } from '../../run/time-limit.ts';
import type { Outcome } from './sampling.ts';

/** What one pair may cost. */
export interface EngineLimits {
  /** Milliseconds of wall clock. */
  readonly timeLimit: number;
  /** Megabytes of resident memory of the engine's process. */
  readonly memoryLimit: number;
}

export const DEFAULT_LIMITS: EngineLimits = { timeLimit: 3000, memoryLimit: 768 };

const HEAP_MEGABYTES = 384;
const START_LIMIT = 60_000;
const WATCH_INTERVAL = 20;
const PAGE_BYTES = 4096;
/** Processes are ended when nothing has been asked for this long, in milliseconds. */
const IDLE_LIMIT = 30_000;

interface Job {
  readonly reference: string;
  readonly answer: string;
  readonly limits: EngineLimits;
  readonly resolve: (outcome: Outcome | 'unreadable') => void;
  readonly reject: (error: Error) => void;
}

/** The worker beside this file: TypeScript where this is, through tsx. */
function startWorker(): ChildProcess {
  const source = import.meta.url.endsWith('.ts');
  const file = new URL(source ? './worker.ts' : './worker.js', import.meta.url);
  const loader = source
    ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm')).href]
    : [];
  return fork(fileURLToPath(file), [], {
    execArgv: [...loader, `--max-old-space-size=${HEAP_MEGABYTES}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

/** Resident megabytes of a process; 0 where that cannot be told. */
function residentMegabytes(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    return (pages * PAGE_BYTES) / 2 ** 20;
  } catch {
    return 0;
  }
}

/** One engine process and the job it has. */
class Slot {
  readonly #child: ChildProcess;
  readonly #ready: Promise<boolean>;

  constructor() {
    this.#child = startWorker();
    this.#ready = new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.kill();
        resolve(false);
      }, START_LIMIT);
      const settle = (started: boolean): void => {
        clearTimeout(timer);
        resolve(started);
      };
      this.#child.once('message', () => settle(true));
      this.#child.once('exit', () => settle(false));
      this.#child.once('error', () => settle(false));
    });
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.connected;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Lets this process end while the engine's is idle, or not. */
  hold(held: boolean): void {
    for (const handle of [this.#child, this.#child.channel]) {
      if (held) handle?.ref();
      else handle?.unref();
    }
  }

  /** The outcome of a job: "unknown" where the process ended or was ended. Throws UserError where it never started. */
  async run({ reference, answer, limits }: Job): Promise<Outcome | 'unreadable'> {
    this.hold(true);
    if (!(await this.#ready)) {
      throw new UserError(
        "the verifier's engine did not start",
        `Set the package up again: ${SETUP_COMMAND}.`,
      );
    }
    return new Promise((resolve) => {
      const { pid } = this.#child;
      const endLimit = startTimeLimit(limits.timeLimit, () => this.kill());
      const watch = setInterval(() => {
        if (pid !== undefined && residentMegabytes(pid) > limits.memoryLimit) this.kill();
      }, WATCH_INTERVAL);
      const finish = (outcome: Outcome | 'unreadable'): void => {
        endLimit();
        clearInterval(watch);
        this.#child.removeAllListeners('message').removeAllListeners('exit');
        this.hold(false);
        resolve(outcome);
      };
      this.#child.once('message', (outcome) => finish(outcome as Outcome | 'unreadable'));
      this.#child.once('exit', () => finish('unknown'));
      this.#child.send({ reference, answer }, (error) => {
        if (error) this.kill();
      });
    });
  }
}

const size = Math.max(1, Math.min(4, availableParallelism() - 1));
const queue: Job[] = [];
const idle: Slot[] = [];
const all = new Set<Slot>();
let idleTimer: NodeJS.Timeout | undefined;

/** Ends all engine processes; the next pair starts one anew. */
export function closeEngines(): void {
  for (const slot of all) slot.kill();
  all.clear();
  idle.length = 0;
}

process.on('exit', closeEngines);

function slotFor(): Slot | null {
  for (let slot = idle.pop(); slot !== undefined; slot = idle.pop()) {
    if (slot.alive) return slot;
    all.delete(slot);
  }
  if (all.size >= size) return null;
  const slot = new Slot();
  all.add(slot);
  return slot;
}

async function work(slot: Slot, job: Job): Promise<void> {
  try {
    job.resolve(await slot.run(job));
  } catch (error) {
    job.reject(error as Error);
  }
  if (slot.alive && all.has(slot)) idle.push(slot);
  else all.delete(slot);
  clearTimeout(idleTimer);
  if (queue.length === 0) idleTimer = setTimeout(closeIdle, IDLE_LIMIT).unref();
  else dispatch();
}

function closeIdle(): void {
  for (const slot of idle.splice(0)) {
    slot.kill();
    all.delete(slot);
  }
}

function dispatch(): void {
  while (queue.length > 0) {
    const slot = slotFor();
    if (slot === null) return;
    void work(slot, queue.shift()!);
  }
}

/** Compares two answers by the engine, within the limits. */
export function engineCompare(
  reference: string,
  answer: string,
  limits: Partial<EngineLimits> = {},
): Promise<Outcome | 'unreadable'> {
  return new Promise((resolve, reject) => {
    queue.push({ reference, answer, limits: { ...DEFAULT_LIMITS, ...limits }, resolve, reject });
    dispatch();
  });
}
