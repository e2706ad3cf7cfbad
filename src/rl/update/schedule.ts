/** @file Learning-rate schedules: linear warm-up to the peak, then down to a share of it. */

export interface Schedule {
  readonly peak: number;
  /** Steps of linear warm-up: step 0 already has peak / warmup. */
  readonly warmup: number;
  readonly shape: 'constant' | 'linear' | 'cosine';
  /** Learning rate at the last step as a share of the peak (unused by `constant`). */
  readonly floor: number;
}

/** Learning rate of a step, counted from 0, of `total`. */
export function learningRate(schedule: Schedule, step: number, total: number): number {
  const { peak, warmup, shape, floor } = schedule;
  if (step < warmup) return (peak * (step + 1)) / warmup;
  if (shape === 'constant') return peak;
  const progress = Math.min(1, (step - warmup) / Math.max(1, total - 1 - warmup));
  const remaining = shape === 'linear' ? 1 - progress : (1 + Math.cos(Math.PI * progress)) / 2;
  return peak * (floor + (1 - floor) * remaining);
}
