/**
 * @file Tells when a process has given no sign of life for too long.
 *
 * Silence is counted in looks at the clock, not in time: where this process itself stood still (a suspended machine, a
 * debugger), one look was due, and what the other process had said meanwhile is heard before the next.
 */

/** Looks in a row that must find silence. */
const LOOKS = 10;

export class Watchdog {
  readonly #lookMs: number;
  readonly #onSilence: () => void;
  #timer: NodeJS.Timeout | null = null;
  #silent = 0;

  /**
   * @param limitMs - longest silence
   * @param onSilence - called once, when it has lasted as long; the watch is over then
   */
  constructor(limitMs: number, onSilence: () => void) {
    this.#lookMs = limitMs / LOOKS;
    this.#onSilence = onSilence;
  }

  /** Watches from now on. */
  start(): void {
    this.stop();
    this.#silent = 0;
    this.#timer = setInterval(() => this.#look(), this.#lookMs);
    this.#timer.unref();
  }

  /** The process gave a sign of life. */
  heard(): void {
    this.#silent = 0;
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    this.#silent += 1;
    if (this.#silent < LOOKS) return;
    this.stop();
    this.#onSilence();
  }
}
