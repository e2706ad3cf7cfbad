/**
 * @file One JavaScript program in a QuickJS runtime of its own, with limits and without anything of the host.
 */
import type { QuickJSContext, QuickJSHandle, QuickJSRuntime, QuickJSWASMModule } from 'quickjs-emscripten';
import { GUEST } from './javascript-guest.ts';

/** Some 12,000 plain calls, as in Node; the thread's own stack is several times as large. */
const STACK_BYTES = 2 * 1024 * 1024;

/** What one run may use, counted over all contexts of it. */
export class Budget {
  readonly #deadline: number;
  readonly #outputBytes: number;
  #printed = 0;
  /** The limit that was reached, or 'exit' where the program ended itself. */
  reached: 'timeout' | 'output' | 'exit' | null = null;

  constructor(timeMs: number, outputBytes: number) {
    this.#deadline = performance.now() + timeMs;
    this.#outputBytes = outputBytes;
  }

  /** Whether the run has to end now. Asked by QuickJS every few thousand instructions. */
  over(): boolean {
    if (this.reached === null && performance.now() > this.#deadline) this.reached = 'timeout';
    return this.reached !== null;
  }

  /** Counts output; whether there is room for it. */
  print(text: string): boolean {
    this.#printed += Buffer.byteLength(text);
    if (this.#printed > this.#outputBytes) this.reached ??= 'output';
    return this.reached === null;
  }
}

/** An exception as it leaves a context. */
export interface Described {
  readonly type: string;
  readonly message: string;
  /** Line of the program, where it was raised there. */
  readonly line: number | null;
  /** Its own plain properties, e.g. `code`. */
  readonly properties: readonly (readonly [name: string, value: string | number | boolean])[];
}

/** An exception that left the program. */
export class GuestError extends Error {
  readonly described: Described;

  constructor(described: Described) {
    super(described.message);
    this.described = described;
  }
}

/** Exceptions QuickJS raises where nothing of the program can describe them. */
const engineError = (message: string) =>
  new GuestError({ type: 'InternalError', message, line: null, properties: [] });

/** A fresh context. Everything that runs in it may throw GuestError. */
export class Guest {
  readonly #runtime: QuickJSRuntime;
  readonly #context: QuickJSContext;
  readonly #budget: Budget;
  readonly #entry: QuickJSHandle;
  /** Everything that keeps an object of the runtime alive: it cannot be freed before these. */
  readonly #handles: QuickJSHandle[] = [];
  readonly #printed: string[] = [];
  exitCode = 0;
  /** Whether it ended itself by `process.exit`. */
  exited = false;
  /** The first failure that raised nothing: of `console.assert` in test code. */
  noted: Described | null = null;

  /** @param testing - whether it will run test code, whose promises are watched */
  constructor(module: QuickJSWASMModule, budget: Budget, input: string, testing: boolean) {
    this.#budget = budget;
    this.#runtime = module.newRuntime();
    this.#runtime.setMaxStackSize(STACK_BYTES);
    this.#runtime.setInterruptHandler(() => budget.over());
    this.#context = this.#runtime.newContext();
    const context = this.#context;
    const write = this.#function('write', (text) => {
      const line = context.getString(text);
      if (budget.print(line)) this.#printed.push(line);
    });
    const exit = this.#function('exit', (code) => {
      if (budget.over()) return;
      this.exitCode = context.getNumber(code);
      this.exited = true;
      budget.reached = 'exit';
    });
    const note = this.#function('note', (described) => {
      this.noted ??= JSON.parse(context.getString(described)) as Described;
    });
    const guest = this.#take(context.evalCode(GUEST, 'guest.js'));
    const flag = testing ? context.true : context.false;
    const given = [write, exit, note, this.#text(input), flag];
    this.#entry = this.#take(context.callFunction(guest, context.undefined, ...given));
  }

  get printed(): string {
    return this.#printed.join('');
  }

  /** Frees the runtime and all in it. */
  dispose(): void {
    for (const handle of this.#handles) if (handle.alive) handle.dispose();
    this.#context.dispose();
    this.#runtime.dispose();
  }

  /**
   * Evaluates a script, then what it left to be done, then its handlers of the exit. Throws where it ends in a promise
   * that was rejected. Returns whether the promise it ends in, if any, was settled.
   */
  run(code: string, file: string): boolean {
    const value = this.#take(this.#context.evalCode(code, file, { type: 'global' }));
    this.drain();
    const state = this.#context.getPromiseState(value);
    if (state.type === 'rejected') throw this.#describe(this.#keep(state.error));
    if (state.type === 'fulfilled' && state.notAPromise !== true) this.#keep(state.value);
    this.exitCode = this.#context.getNumber(this.#invoke('end'));
    this.drain();
    return state.type === 'fulfilled';
  }

  /** Calls a function of the program and waits for its promise; arguments and result are JSON. */
  call(path: string, args: string, tagged: boolean): string {
    const flag = tagged ? this.#context.true : this.#context.false;
    this.#invoke('begin', this.#text(path), this.#text(args), flag);
    this.drain();
    return this.#context.getString(this.#invoke('finish', flag));
  }

  /** Whether the last call returned a promise. */
  promised(): boolean {
    return this.#context.dump(this.#invoke('promised')) === true;
  }

  /** Whether the program defines this function. */
  defines(name: string): boolean {
    return this.#context.dump(this.#invoke('isFunction', this.#text(name))) === true;
  }

  /** Makes `name` callable here, answered by `answer` (tagged JSON in and out). */
  connect(name: string, answer: (args: string) => string): void {
    const context = this.#context;
    const ask = this.#function('ask', (_name, args) => context.newString(answer(context.getString(args))));
    this.#invoke('connect', this.#text(name), ask);
  }

  /** Runs promise reactions and timers until none is left. */
  drain(): void {
    do {
      const jobs = this.#runtime.executePendingJobs();
      if (jobs.error !== undefined) throw this.#describe(this.#keep(jobs.error));
      if (this.#budget.over()) throw engineError('interrupted');
    } while (this.#context.dump(this.#invoke('fire')) === true || this.#runtime.hasPendingJob());
  }

  #invoke(name: string, ...args: QuickJSHandle[]): QuickJSHandle {
    const entry = this.#keep(this.#context.getProp(this.#entry, name));
    return this.#take(this.#context.callFunction(entry, this.#context.undefined, ...args));
  }

  #take(result: ReturnType<QuickJSContext['evalCode']>): QuickJSHandle {
    if (result.error !== undefined) throw this.#describe(this.#keep(result.error));
    return this.#keep(result.value);
  }

  #keep(handle: QuickJSHandle): QuickJSHandle {
    this.#handles.push(handle);
    return handle;
  }

  #text(text: string): QuickJSHandle {
    return this.#keep(this.#context.newString(text));
  }

  #function(name: string, body: Parameters<QuickJSContext['newFunction']>[1]): QuickJSHandle {
    return this.#keep(this.#context.newFunction(name, body as never));
  }

  #describe(error: QuickJSHandle): GuestError {
    const context = this.#context;
    const describe = this.#keep(context.getProp(this.#entry, 'describe'));
    const described = context.callFunction(describe, context.undefined, error);
    if (described.error !== undefined) {
      this.#keep(described.error);
      return engineError('out of memory');
    }
    return new GuestError(JSON.parse(context.getString(this.#keep(described.value))) as Described);
  }
}
