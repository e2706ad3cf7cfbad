/** @file Where the time of a step goes: wall-clock seconds by phase. */

export class StepClock<Phase extends string> {
  readonly #start = performance.now();
  readonly #milliseconds: Record<Phase, number>;

  constructor(phases: readonly Phase[]) {
    this.#milliseconds = Object.fromEntries(phases.map((phase) => [phase, 0])) as Record<Phase, number>;
  }

  /** Runs `fn` and counts its time to a phase; a phase may come several times. */
  async time<T>(phase: Phase, fn: () => T | Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await fn();
    } finally {
      this.#milliseconds[phase] += performance.now() - start;
    }
  }

  /** Seconds of each phase so far, and since the clock was made. */
  get seconds(): Readonly<Record<Phase | 'total', number>> {
    const milliseconds = { ...this.#milliseconds, total: performance.now() - this.#start };
    const entries = Object.entries<number>(milliseconds).map(([phase, value]) => [phase, value / 1000]);
    return Object.fromEntries(entries) as Record<Phase | 'total', number>;
  }
}
