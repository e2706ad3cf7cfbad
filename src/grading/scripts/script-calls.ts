/**
 * @file Calls of a reward script in a process of its own: in order, each with a time limit, whatever the script does.
 *
 * Where the process ends, the call that was open is to blame, and a new process goes on with the rest. Where several
 * promises were open, these are called again one at a time, so that the blame falls on the right one.
 */
import type { Completion } from '../../records.ts';
import { type End, ScriptProcess } from './script-process.ts';
import { type Answer, type Batch, type Load, pack, type Settled, type Thrown } from './script-protocol.ts';

/** Why a call has no score. */
export type CallFailure =
  | { readonly kind: 'thrown'; readonly thrown: Thrown }
  | { readonly kind: 'returned'; readonly found: string }
  | { readonly kind: 'late' }
  | { readonly kind: 'ended'; readonly status: string };

/** Told of each call without a score, as it happens. @param index - of the completion */
type OnFailure = (index: number, failure: CallFailure) => void;

/** The process times its promises itself; where it does not answer this much later, it is stuck in a loop. */
const GRACE_MS = 1000;
const TICK_MS = 100;

/** Completions that wait to be scored. */
interface Job {
  readonly completions: readonly Completion[];
  readonly onFailure: OnFailure;
  resolve(scores: (number | null)[]): void;
  reject(error: unknown): void;
}

/** How a script is called. */
export interface CallOptions {
  /** Milliseconds that a call may take, and loading the script. */
  readonly limitMs: number;
  /** Promises that may be open at a time. */
  readonly width: number;
  /** Told where the process ends between batches; the next batch has a new one. */
  readonly onIdleEnd: (failure: CallFailure) => void;
}

/** Milliseconds that each open call has taken. Time in which this process could not listen does not count. */
type Open = Map<number, number>;

/** Stands for loading among the open calls. */
const LOADING = -1;

export class ScriptCalls {
  readonly #code: Uint8Array;
  readonly #options: CallOptions;
  #process: ScriptProcess | undefined;
  #waiting: Job[] = [];
  #running = false;
  #closed = false;

  /** @param code - the script as one ES module */
  constructor(code: Uint8Array, options: CallOptions) {
    this.#code = code;
    this.#options = options;
  }

  /** Loads the script. @returns the type of its default export, or why there is none */
  async load(): Promise<{ readonly exported: string } | CallFailure> {
    const script = new ScriptProcess();
    let found: { exported: string } | CallFailure | undefined;
    const open: Open = new Map();
    const end = await this.#exchange(script, { code: this.#code }, open, (answer) => {
      if ('ready' in answer) open.set(LOADING, 0);
      if ('loaded' in answer) found = { exported: answer.loaded };
      if ('unloadable' in answer) found = { kind: 'thrown', thrown: answer.unloadable };
      return found !== undefined;
    });
    const result = end ?? found!;
    if ('exported' in result && !this.#closed) this.#use(script);
    else script.kill();
    return result;
  }

  /**
   * The scores of all completions, in their order; null for one that `onFailure` was told of. What is asked for while a
   * batch runs makes the next batch together.
   */
  score(completions: readonly Completion[], onFailure: OnFailure): Promise<(number | null)[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ completions, onFailure, resolve, reject });
      if (!this.#running) void this.#scoreWaiting();
    });
  }

  async #scoreWaiting(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) await this.#scoreJobs(this.#waiting.splice(0));
    this.#running = false;
  }

  async #scoreJobs(jobs: readonly Job[]): Promise<void> {
    const calls = jobs.flatMap((job) => job.completions.map((completion, own) => ({ job, completion, own })));
    try {
      const scores = await this.#score(
        calls.map(({ completion }) => completion),
        (i, failure) => calls[i]!.job.onFailure(calls[i]!.own, failure),
      );
      let from = 0;
      for (const { completions, resolve } of jobs) {
        resolve(scores.slice(from, from + completions.length));
        from += completions.length;
      }
    } catch (error) {
      for (const { reject } of jobs) reject(error);
    }
  }

  /** Ends the process; it cannot score afterwards. */
  close(): void {
    this.#closed = true;
    this.#process?.kill();
    this.#process = undefined;
  }

  #use(script: ScriptProcess): void {
    this.#process = script;
    void script.ended.then((end) => {
      if (this.#process !== script) return;
      this.#process = undefined;
      if (!this.#running) this.#options.onIdleEnd(failureOf(end, false));
    });
  }

  async #score(completions: readonly Completion[], onFailure: OnFailure): Promise<(number | null)[]> {
    const results = new Map<number, number | null>();
    const fail = (index: number, failure: CallFailure): void => {
      results.set(index, null);
      onFailure(index, failure);
    };
    const settle = (settled: Settled): void => {
      if ('score' in settled) results.set(settled.index, settled.score);
      else fail(settled.index, failureOfCall(settled));
    };
    const suspects = new Set<number>();
    for (;;) {
      if (this.#closed) throw new Error('the script was closed while it was scoring');
      const rest = [...completions.keys()].filter((i) => !results.has(i));
      if (rest.length === 0) return completions.map((_, i) => results.get(i)!);
      const alone = rest.filter((i) => suspects.has(i));
      const indices = alone.length > 0 ? alone : rest;
      const before = results.size;
      const end = await this.#call(completions, indices, alone.length > 0 ? 1 : this.#options.width, settle);
      if (end === null) continue;
      const { open, failure } = end;
      if (open.length > 1) for (const i of open) suspects.add(i);
      else if (open.length === 1) fail(open[0]!, failure);
      // It ended without being called, time and again: what is next would wait for ever.
      else if (results.size === before) fail(indices[0]!, failure);
    }
  }

  /** @returns null where all calls are over, else those that were open when the process ended, and how it ended */
  async #call(
    completions: readonly Completion[],
    indices: readonly number[],
    width: number,
    settle: (settled: Settled) => void,
  ): Promise<{ readonly open: readonly number[]; readonly failure: CallFailure } | null> {
    if (this.#process === undefined) {
      const loaded = await this.load();
      if (!('exported' in loaded)) return { open: [], failure: loaded };
    }
    const open: Open = new Map();
    let missing = indices.length;
    const batch = {
      completions: indices.map((i) => pack(completions[i]!)),
      indices,
      width,
      limitMs: this.#options.limitMs,
    };
    const script = this.#process!;
    const failure = await this.#exchange(script, batch, open, (answer) => {
      if ('begun' in answer) open.set(answer.begun, 0);
      if (!('index' in answer)) return false;
      open.delete(answer.index);
      settle(answer);
      missing -= 1;
      return missing === 0;
    });
    if (failure === null) return null;
    this.#process = undefined;
    return { open: [...open.keys()], failure };
  }

  /**
   * Sends a request and hears answers until `hear` calls one the last.
   * @returns null, or how the process ended before: by itself, or killed because an open call took too long
   */
  async #exchange(
    script: ScriptProcess,
    request: Load | Batch,
    open: Open,
    hear: (answer: Answer) => boolean,
  ): Promise<CallFailure | null> {
    let late = false;
    let before = performance.now();
    const clock = setInterval(() => {
      const now = performance.now();
      const passed = Math.min(now - before, 2 * TICK_MS);
      before = now;
      for (const [call, ms] of open) open.set(call, ms + passed);
      if (late || ![...open.values()].some((ms) => ms > this.#options.limitMs + GRACE_MS)) return;
      late = true;
      script.kill();
    }, TICK_MS);
    script.hold(true);
    const done = new Promise<null>((resolve) => {
      script.send(request, (answer) => {
        if (hear(answer)) resolve(null);
      });
    });
    const end = await Promise.race([done, script.ended]);
    clearInterval(clock);
    script.hold(false);
    return end === null ? null : failureOf(end, late);
  }
}

function failureOf(end: End, late: boolean): CallFailure {
  if (late) return { kind: 'late' };
  return 'thrown' in end ? { kind: 'thrown', thrown: end.thrown } : { kind: 'ended', status: end.status };
}

function failureOfCall(settled: Exclude<Settled, { score: number | null }>): CallFailure {
  if ('returned' in settled) return { kind: 'returned', found: settled.returned };
  return 'thrown' in settled ? { kind: 'thrown', thrown: settled.thrown } : { kind: 'late' };
}
