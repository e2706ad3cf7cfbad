/**
 * @file Ten thousand training steps of a tiny model: live tensors and resident memory must stay where they were.
 *
 *   npm run bench -- leak
 */
import { memory } from '../src/torch/index.ts';
import { tinyLearner, tinyModel, trainingStep } from './tiny.ts';

const STEPS = 10_000;

/** Prints live tensors and resident memory along the way; exit status 1 when either grew after the first hundred. */
export function leak(): void {
  const learner = tinyLearner(tinyModel());
  const rows = Array.from({ length: 4 }, (_, i) =>
    Int32Array.from({ length: 9 }, (_, j) => 8 + ((5 * i + j) % 70)),
  );
  let baseline = memory();
  for (let step = 1; step <= STEPS; step++) {
    trainingStep(learner, rows, 4);
    if (step === 100) baseline = memory();
    if (step === 100 || step % 2000 === 0) {
      const now = memory();
      const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
      console.log(
        `step ${step}: ${now.tensors} live tensors of ${mebibytes(now.bytes)} MiB, resident ${mebibytes(now.resident)} MiB`,
      );
    }
  }
  const end = memory();
  const grown = end.resident / baseline.resident;
  console.log(`tensors ${baseline.tensors} → ${end.tensors}, resident ×${grown.toFixed(3)}`);
  if (end.tensors !== baseline.tensors || grown > 1.1) process.exitCode = 1;
}
