/**
 * @file One process that runs a reward script, seen from the run: requests out, answers in, and how it ended.
 *
 * A process and not a thread: a script that crashes natively, eats the memory or waits in `execSync` can be killed with
 * all it started, and takes nothing of the run with it. It leads a process group of its own, so that Ctrl-C reaches the
 * run alone; when the run dies it kills itself (script-host.ts).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { serialize } from 'node:v8';
import { workerEntry } from '../../run/worker-entry.ts';
import type { Answer, Batch, Load, Thrown } from './script-protocol.ts';

/** How a process ended by itself: what it threw outside of a call, or its status. */
export type End = { readonly thrown: Thrown } | { readonly status: string };

/** A running script. It keeps the run's process alive only while `hold` says so. */
export class ScriptProcess {
  /** Resolves once the process has ended and all it wrote is read; never rejects. */
  readonly ended: Promise<End>;
  readonly #child: ChildProcess;
  readonly #requests: Socket;
  readonly #pipes: readonly Socket[];
  #listener: (answer: Answer) => void = () => undefined;

  constructor() {
    const { filename, execArgv } = workerEntry('script-host', import.meta.url);
    this.#child = spawn(process.execPath, [...execArgv, fileURLToPath(filename)], {
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe', 'pipe'],
    });
    this.#pipes = this.#child.stdio.slice(3) as unknown as Socket[];
    const [requests, answers] = this.#pipes as [Socket, Socket, Socket];
    this.#requests = requests;
    // A write to a process that has just ended: `ended` tells.
    for (const pipe of this.#pipes) pipe.on('error', () => undefined);
    let stray: Thrown | undefined;
    createInterface({ input: answers }).on('line', (line) => {
      const answer = answerIn(line);
      // A script that changed what its process writes with: no answer of it can be trusted.
      if (answer === null) this.#child.kill('SIGKILL');
      else if ('stray' in answer) stray = answer.stray;
      else this.#listener(answer);
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('error', ({ message }) => resolve({ status: message }));
      this.#child.once('close', (code, signal) => {
        resolve(stray ? { thrown: stray } : { status: signal ? `signal ${signal}` : `exit code ${code}` });
      });
    });
    this.hold(false);
  }

  /** Whether the run waits for the process. */
  hold(waits: boolean): void {
    for (const handle of [this.#child, ...this.#pipes]) {
      if (waits) handle.ref();
      else handle.unref();
    }
  }

  /** Sends a request; `listener` hears what is answered from now on. */
  send(request: Load | Batch, listener: (answer: Answer) => void): void {
    this.#listener = listener;
    const body = serialize(request);
    const header = Buffer.alloc(4);
    header.writeUInt32LE(body.length);
    this.#requests.write(header);
    this.#requests.write(body);
  }

  /** Ends the process and all that the script started, whatever they are doing. */
  kill(): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended in this moment.
    }
  }
}

/** The answer in a line; null for a line that is none. */
function answerIn(line: string): Answer | null {
  try {
    const answer = JSON.parse(line) as Answer | null;
    return typeof answer === 'object' && answer !== null ? answer : null;
  } catch {
    return null;
  }
}
