/**
 * @file Formats compiled in a process of their own, one after another, each within a time and a memory.
 *
 * A schema comes from a client. Whatever it does to the compiler, replies go on growing and the server goes on answering.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { UserError } from '../../errors.ts';
import {
  type CompiledFormat,
  type FormatSource,
  formatBytes,
  refuseLargeFormat,
} from '../../inference/constraint/index.ts';
import { RecentlyUsed } from '../../inference/lru-cache.ts';
import { GenerationError } from '../backend.ts';

/** A compiled format, or why there is none; what was too costly once, on a busy machine, may be compiled later. */
export type Compilation =
  | { readonly format: CompiledFormat }
  | { readonly refusal: string; readonly isCost?: boolean };

/** A format with a name that is the same for the same format. */
export interface NamedFormat {
  readonly key: string;
  readonly format: CompiledFormat;
}

export interface CompilerLimits {
  /** Milliseconds for one format, of the wall clock. */
  readonly timeMs: number;
  readonly heapMegabytes: number;
  /** Formats that wait. */
  readonly queue: number;
  /** Bytes of the formats kept. */
  readonly keptBytes: number;
}

export const COMPILER_LIMITS: CompilerLimits = {
  timeMs: 3_000,
  heapMegabytes: 256,
  queue: 64,
  keptBytes: 64 * 2 ** 20,
};

/** A process that has not begun after this long is given up. */
const START_MS = 60_000;
const RETRY_SECONDS = 5;

export class FormatCompiler {
  readonly #limits: CompilerLimits;
  readonly #kept: RecentlyUsed<Compilation>;
  readonly #underWay = new Map<string, Promise<Compilation>>();
  #process: CompilerProcess | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(limits: CompilerLimits = COMPILER_LIMITS) {
    this.#limits = limits;
    this.#kept = new RecentlyUsed(limits.keptBytes, bytesOf);
  }

  /** @throws GenerationError where the format cannot be compiled, or not within the limits */
  async compile(source: FormatSource): Promise<NamedFormat> {
    try {
      refuseLargeFormat(source);
    } catch (error) {
      if (error instanceof UserError) throw new GenerationError('invalid', error.message);
      throw error;
    }
    const key = createHash('sha256').update(JSON.stringify(source)).digest('base64');
    const compilation = this.#kept.find(key) ?? (await this.#compileOnce(key, source));
    if ('refusal' in compilation) throw new GenerationError('invalid', compilation.refusal);
    return { key, format: compilation.format };
  }

  /** Requests for the same format share one compilation. */
  #compileOnce(key: string, source: FormatSource): Promise<Compilation> {
    const known = this.#underWay.get(key);
    if (known !== undefined) return known;
    if (this.#underWay.size >= this.#limits.queue) {
      const full = `${this.#limits.queue} response formats wait to be compiled. Try again later.`;
      throw new GenerationError('queue_full', full, RETRY_SECONDS);
    }
    const made = this.#last
      .then(() => this.#run(source))
      .then((compilation) => {
        const isCost = 'refusal' in compilation && compilation.isCost === true;
        return isCost ? compilation : this.#kept.get(key, () => compilation);
      })
      .finally(() => this.#underWay.delete(key));
    this.#last = made.catch(() => undefined);
    this.#underWay.set(key, made);
    return made;
  }

  async #run(source: FormatSource): Promise<Compilation> {
    if (this.#process?.alive !== true) this.#process = new CompilerProcess(this.#limits);
    return this.#process.compile(source);
  }

  close(): void {
    this.#process?.kill();
  }
}

const bytesOf = (compilation: Compilation): number =>
  'refusal' in compilation ? 2 * compilation.refusal.length : formatBytes(compilation.format);

/** One process; it has one format at a time. */
class CompilerProcess {
  readonly #limits: CompilerLimits;
  readonly #child: ChildProcess;
  readonly #ready: Promise<boolean>;
  #killed = false;

  constructor(limits: CompilerLimits) {
    this.#limits = limits;
    this.#child = forkChild(limits.heapMegabytes);
    this.#ready = this.#answer(START_MS).then((message) => message === 'ready');
  }

  get alive(): boolean {
    const { exitCode, signalCode, connected } = this.#child;
    return !this.#killed && exitCode === null && signalCode === null && connected;
  }

  kill(): void {
    this.#killed = true;
    this.#child.kill('SIGKILL');
  }

  async compile(source: FormatSource): Promise<Compilation> {
    if (!(await this.#ready)) {
      throw new GenerationError('unavailable', 'Response formats cannot be compiled now.', RETRY_SECONDS);
    }
    const answer = this.#answer(this.#limits.timeMs);
    this.#child.send(source, () => {});
    const message = await answer;
    if (message === 'late') return tooCostly(`${this.#limits.timeMs} ms`);
    if (message === 'ended') return tooCostly(`${this.#limits.heapMegabytes} MB`);
    return message as Compilation;
  }

  /** The next message; `late` and no process where it takes too long, `ended` where the process ends first. */
  #answer(milliseconds: number): Promise<unknown> {
    this.#hold(true);
    return new Promise((resolve) => {
      const settle = (message: unknown): void => {
        clearTimeout(timer);
        this.#child.off('message', settle).off('exit', ended).off('error', ended);
        this.#hold(false);
        resolve(message);
      };
      const ended = (): void => settle('ended');
      const timer = setTimeout(() => {
        this.kill();
        settle('late');
      }, milliseconds);
      this.#child.once('message', settle).once('exit', ended).once('error', ended);
    });
  }

  /** Lets this process end while nothing is compiled, or not. */
  #hold(isHeld: boolean): void {
    for (const handle of [this.#child, this.#child.channel]) {
      if (isHeld) handle?.ref();
      else handle?.unref();
    }
  }
}

const tooCostly = (limit: string): Compilation => ({
  refusal:
    `The response format cannot be compiled within ${limit}. ` +
    'Ask for a smaller value, with simpler patterns.',
  isCost: true,
});

/** The program beside this file: TypeScript where this is, through tsx. */
function forkChild(heapMegabytes: number): ChildProcess {
  const isSource = import.meta.url.endsWith('.ts');
  const file = new URL(isSource ? './child.ts' : './child.js', import.meta.url);
  const loader = isSource
    ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm')).href]
    : [];
  return fork(fileURLToPath(file), [], {
    execArgv: [...loader, `--max-old-space-size=${heapMegabytes}`],
    // Bounds of numbers are bigints.
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}
