/**
 * @file Time left in a stage, from how long the last steps took.
 */

/** Steps that the moving average reaches back. */
const WINDOW = 20;

/** Estimates the time left from a moving average; a resumed stage counts only the steps of this sitting. */
export class Eta {
  readonly #marks: { step: number; seconds: number }[];

  /**
   * @param step - steps already done when the clock starts
   * @param seconds - reading of a clock that only goes forward
   */
  constructor(step: number, seconds: number) {
    this.#marks = [{ step, seconds }];
  }

  /** Takes note that `step` was finished at `seconds`. */
  mark(step: number, seconds: number): void {
    this.#marks.push({ step, seconds });
    if (this.#marks.length > WINDOW + 1) this.#marks.shift();
  }

  /** Seconds until `total` steps are done, or null before any step was seen. */
  secondsLeft(total: number): number | null {
    const first = this.#marks[0]!;
    const last = this.#marks.at(-1)!;
    const steps = last.step - first.step;
    if (steps <= 0) return null;
    return (Math.max(0, total - last.step) * (last.seconds - first.seconds)) / steps;
  }
}
