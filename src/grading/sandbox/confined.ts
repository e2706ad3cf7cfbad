/**
 * @file A child process under bubblewrap: spoken to by lines, read with a bound, and killed as a whole.
 *
 * Descriptors of the child: 0 input, 1 and 2 output (counted together), 3 the channel of lines to and from the host,
 * 4 the seccomp filter, which bubblewrap reads and closes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { startTimeLimit } from '../../run/time-limit.ts';

export interface ConfinedOptions {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** User and group to start as (only root may choose); null keeps the caller's. */
  readonly uid: number | null;
  readonly seccomp: Uint8Array;
  readonly stdin: string;
  readonly timeMs: number;
  /** Bytes of output, and apart from them of channel lines, that may be read. */
  readonly outputBytes: number;
  /** Called with each line of the channel, without its line break. */
  readonly onLine?: (line: string) => void;
}

/** How a child ended. */
export interface ConfinedEnd {
  /** The limit that ended it, `killed` by `stop()`, or null where it ended by itself. */
  readonly stopped: 'timeout' | 'output' | 'killed' | null;
  /** Exit status; 128 + signal where a signal ended it; null where it was stopped. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** stderr only serves messages: this much of it is kept. */
const STDERR_KEPT = 4096;
const NEWLINE = 10;

/** One running child. `ended` resolves when none of its processes holds a pipe to the host any more. */
export class Confined {
  readonly ended: Promise<ConfinedEnd>;
  readonly #child: ChildProcess;
  readonly #channel: Readable & Writable;
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];
  #line: Buffer[] = [];
  #stopped: ConfinedEnd['stopped'] = null;

  /** Starts the child. `ended` rejects where it cannot be started at all. */
  constructor(options: ConfinedOptions) {
    const { command, uid, timeMs, outputBytes, onLine } = options;
    const [file = '', ...args] = command;
    this.#child = spawn(file, args, {
      cwd: '/',
      env: {},
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
      ...(uid === null ? {} : { uid, gid: uid }),
    });
    const [stdin, stdout, stderr, channel, seccomp] = this.#child.stdio as unknown as [
      Writable,
      Readable,
      Readable,
      Readable & Writable,
      Writable,
    ];
    this.#channel = channel;
    // A child that dies early breaks these pipes; its exit says so.
    for (const pipe of [stdin, channel, seccomp]) pipe.on('error', () => {});
    seccomp.end(options.seccomp);
    stdin.end(options.stdin);
    const output = this.#meter(outputBytes);
    const lines = this.#meter(outputBytes);
    stdout.on('data', (chunk: Buffer) => output(chunk) && this.#stdout.push(chunk));
    stderr.on('data', (chunk: Buffer) => {
      if (output(chunk) && this.#stderr.length * 64 < STDERR_KEPT)
        this.#stderr.push(chunk.subarray(0, STDERR_KEPT));
    });
    channel.on('data', (chunk: Buffer) => lines(chunk) && this.#split(chunk, onLine ?? (() => {})));
    this.ended = this.#end(timeMs);
  }

  /** Sends one line over the channel. */
  send(line: string): void {
    if (this.#channel.writable) this.#channel.write(`${line}\n`);
  }

  /** Ends the child and all it started, at once. */
  stop(why: NonNullable<ConfinedEnd['stopped']> = 'killed'): void {
    if (this.#stopped !== null || this.#child.pid === undefined) return;
    this.#stopped = why;
    try {
      // The group is bubblewrap's own process; --die-with-parent takes the namespace down with it.
      process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // It has just ended by itself.
    }
  }

  #end(timeMs: number): Promise<ConfinedEnd> {
    return new Promise((resolve, reject) => {
      const endLimit = startTimeLimit(timeMs, () => this.stop('timeout'));
      this.#child.on('error', (error) => {
        endLimit();
        reject(error);
      });
      this.#child.on('close', (code) => {
        endLimit();
        resolve({
          stopped: this.#stopped,
          status: this.#stopped === null ? (code ?? 137) : null,
          stdout: Buffer.concat(this.#stdout).toString(),
          stderr: Buffer.concat(this.#stderr).toString().slice(-STDERR_KEPT),
        });
      });
    });
  }

  /** Counts bytes; says whether a chunk may still be kept, and stops the child where it may not. */
  #meter(limit: number): (chunk: Buffer) => boolean {
    let total = 0;
    return (chunk) => {
      total += chunk.length;
      if (total <= limit) return this.#stopped === null;
      this.stop('output');
      return false;
    };
  }

  #split(chunk: Buffer, onLine: (line: string) => void): void {
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to !== -1; to = chunk.indexOf(NEWLINE, from)) {
      const line = Buffer.concat([...this.#line, chunk.subarray(from, to)]).toString();
      this.#line = [];
      from = to + 1;
      onLine(line);
    }
    if (from < chunk.length) this.#line.push(chunk.subarray(from));
  }
}
