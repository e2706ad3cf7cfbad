/** @file An engine that computes nothing: every sequence gets a random token each time a step's time has passed. */
import type { Chosen, Engine, Sequence } from '../../src/inference/engine/index.ts';
import { Random } from '../../src/random.ts';

const CONTEXT = 4096;
const NO_STATS = {
  cacheBlocksUsed: 0,
  cacheBlocksTotal: 0,
  cachedTokens: 0,
  preemptions: 0,
  promptPasses: 0,
  graphsRecorded: 0,
};

export interface PacedOptions {
  readonly maxRows: number;
  readonly vocabSize: number;
  /** Milliseconds from one step's tokens to the next's, as long as the process keeps up; prompts take none. */
  readonly stepMs: number;
}

export class PacedEngine implements Pick<Engine, 'add' | 'cancel' | 'busy' | 'step' | 'stats'> {
  readonly #options: PacedOptions;
  readonly #random = Random.derive(0, 'paced');
  readonly #clock = new Int32Array(new SharedArrayBuffer(4));
  #running: Sequence[] = [];
  #waiting: Sequence[] = [];
  #lastStep = 0;
  #steps = 0;
  #generated = 0;
  #prompted = 0;

  constructor(options: PacedOptions) {
    this.#options = options;
  }

  get stats() {
    return {
      ...NO_STATS,
      running: this.#running.length,
      waiting: this.#waiting.length,
      promptTokens: this.#prompted,
      generatedTokens: this.#generated,
      steps: this.#steps,
    };
  }

  get busy(): boolean {
    const { maxRows } = this.#options;
    if (this.#waiting.length > 0 && this.#running.length < maxRows) return true;
    return this.#running.some(({ continuation }) => continuation.ready);
  }

  add(sequence: Sequence): void {
    this.#waiting.push(sequence);
    sequence.state = 'waiting';
  }

  cancel(sequence: Sequence): void {
    sequence.state = 'gone';
    this.#running = this.#running.filter((other) => other !== sequence);
    this.#waiting = this.#waiting.filter((other) => other !== sequence);
  }

  /** Waits until the step's time has passed, and gives each sequence that is ready a token. */
  step(): boolean {
    this.#admit();
    const due = this.#running.filter(({ continuation }) => continuation.ready);
    if (due.length === 0) return false;
    this.#pass();
    for (const sequence of due) this.#give(sequence);
    this.#running = this.#running.filter(({ state }) => state === 'running');
    this.#steps++;
    return true;
  }

  #admit(): void {
    while (this.#running.length < this.#options.maxRows) {
      const sequence = this.#waiting.shift();
      if (sequence === undefined) return;
      sequence.state = 'running';
      this.#prompted += sequence.prompt.tokens.length;
      this.#running.push(sequence);
      sequence.continuation.started(0);
    }
  }

  /** A device computes while the process delivers the tokens before: a step is due a step's time after the last. */
  #pass(): void {
    const due = this.#lastStep + this.#options.stepMs;
    const left = due - performance.now();
    if (left > 0) Atomics.wait(this.#clock, 0, 0, left);
    this.#lastStep = Math.max(due, performance.now() - this.#options.stepMs);
  }

  #give(sequence: Sequence): void {
    const chosen: Chosen = {
      token: this.#random.int(0, this.#options.vocabSize - 1),
      logprob: null,
      top: [],
    };
    this.#generated++;
    if (!sequence.continuation.accept(chosen, CONTEXT)) sequence.state = 'gone';
  }
}
