/**
 * @file Time left in a run of several stages: what is left of this stage, and the estimates of those after it, corrected
 * by how the stages that ended compared with theirs.
 */

/** One stage of a run; without `seconds`, how long it will take cannot be told yet. */
export interface PlannedStage {
  readonly name: string;
  readonly seconds?: number | undefined;
}

/** Time left in a run. */
export interface TimeLeft {
  readonly seconds: number;
  /** Whether a stage to come is not in it. */
  readonly atLeast: boolean;
}

/** Follows a run from stage to stage. */
export class RunEta {
  #plan: readonly PlannedStage[] = [];
  #at = -1;
  /** Of the stages that ended in this sitting and had an estimate. */
  #took = 0;
  #estimated = 0;

  /** A stage begins; the plan may know more than it did for the stage before. */
  start(name: string, plan: readonly PlannedStage[]): void {
    this.#plan = plan;
    this.#at = plan.findIndex((stage) => stage.name === name);
  }

  /** The stage ended after so many seconds. */
  end(seconds: number): void {
    const estimate = this.#plan[this.#at]?.seconds;
    if (estimate === undefined) return;
    this.#took += seconds;
    this.#estimated += estimate;
  }

  /** Which stage of how many, from 1; null for one that is not planned. */
  get place(): { readonly index: number; readonly of: number } | null {
    return this.#at < 0 ? null : { index: this.#at + 1, of: this.#plan.length };
  }

  /** With `inStage` seconds left in this stage; null where no other stage follows. */
  secondsLeft(inStage: number): TimeLeft | null {
    const later = this.#at < 0 ? [] : this.#plan.slice(this.#at + 1);
    if (later.length === 0) return null;
    const known = later.flatMap(({ seconds }) => seconds ?? []);
    const correction = this.#took > 0 && this.#estimated > 0 ? this.#took / this.#estimated : 1;
    const seconds = known.reduce((sum, one) => sum + one, 0) * correction;
    return { seconds: inStage + seconds, atLeast: known.length < later.length };
  }
}
