/** @file The model every benchmark runs: the architecture of models/tiny-base with random weights. */
import path from 'node:path';
import { initModel, type LanguageModel, readConfig } from '../src/models/index.ts';
import { LogprobPass } from '../src/rl/loss/index.ts';
import { Learner, optimizerSchema } from '../src/rl/update/index.ts';
import { indices, packageRoot, scope } from '../src/torch/index.ts';

export function tinyModel(device = 'cpu'): LanguageModel {
  return initModel(readConfig(path.join(packageRoot, 'models/tiny-base')), 0, { device, scheme: 'scaled' });
}

export function tinyLearner(model: LanguageModel): Learner {
  return new Learner(model, optimizerSchema.parse({ peak: 1e-4 }), 1_000_000);
}

/** One optimiser step of next-token prediction on rows of one length. */
export function trainingStep(learner: Learner, rows: readonly Int32Array[], rowsPerMicroBatch: number): void {
  const { model } = learner;
  const length = rows[0]!.length;
  const starts = Array.from(
    { length: Math.ceil(rows.length / rowsPerMicroBatch) },
    (_, i) => i * rowsPerMicroBatch,
  );
  learner.step(starts, (start) =>
    scope(() => {
      const part = rows.slice(start, start + rowsPerMicroBatch);
      const inputs = Int32Array.from(part.flatMap((row) => Array.from(row.subarray(0, -1))));
      const targets = Int32Array.from(part.flatMap((row) => Array.from(row.subarray(1))));
      const hidden = model.hidden({ tokens: indices(inputs, [part.length, length - 1], model.device) });
      const states = hidden.flatten(0, 1);
      const pass = new LogprobPass(model, states, indices(targets, undefined, model.device), 80);
      pass.backward(pass.logprobs.sum().div(-rows.length * (length - 1)));
    }),
  );
}

/** Seconds of each run, by the clock and of the processor, all threads together. */
export interface Times {
  readonly wall: readonly number[];
  readonly cpu: readonly number[];
}

/** Times of `fn` over `runs` calls after `warmup`. */
export function timesOf(fn: () => void, warmup: number, runs: number): Times {
  const wall: number[] = [];
  const cpu: number[] = [];
  for (let i = 0; i < warmup + runs; i++) {
    const used = process.cpuUsage();
    const start = performance.now();
    fn();
    if (i < warmup) continue;
    wall.push((performance.now() - start) / 1000);
    const { user, system } = process.cpuUsage(used);
    cpu.push((user + system) / 1e6);
  }
  return { wall, cpu };
}

/** The middle one of several numbers. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
