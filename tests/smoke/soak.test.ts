/** Training, sampling and serving many times over: tensors and memory stay where they were. */
import { describe, expect, it } from 'vitest';
import { padRows } from '../../src/data/index.ts';
import { sample } from '../../src/inference/engine/index.ts';
import { initModel, parseConfig } from '../../src/models/index.ts';
import { Learner, optimizerSchema } from '../../src/rl/update/index.ts';
import { nextTokenStep } from '../../src/stages/common/next-token.ts';
import { memory, setThreads } from '../../src/torch/index.ts';
import { LONG, runs } from '../support/long.ts';
import { TINY_CONFIG } from '../support/tiny-checkpoint.ts';

/** After so many rounds everything that is kept has been made. */
const SETTLED = 20;
const ROUNDS = runs(60, 5_000);

/** Calls `round` many times; live tensors, and resident memory of a long run, must not grow after the first. */
function soak(round: (index: number) => void): void {
  for (let i = 0; i < SETTLED; i++) round(i);
  const before = memory();
  for (let i = SETTLED; i < ROUNDS; i++) round(i);
  const after = memory();
  expect(after.tensors).toBe(before.tensors);
  expect(after.bytes).toBe(before.bytes);
  // The heap of a short run still grows by itself.
  if (LONG) expect(after.resident / before.resident).toBeLessThan(1.25);
}

describe('soak', () => {
  setThreads(1);
  const model = initModel(parseConfig({ ...TINY_CONFIG }, 'soak'), 0);
  const learner = new Learner(model, optimizerSchema.parse({ peak: 1e-3 }), 1_000_000);

  it('training', () => {
    soak((index) => {
      const row = { tokens: Int32Array.from({ length: 9 }, (_, i) => (5 * i + index) % 96) };
      nextTokenStep(learner, [padRows([{ ...row, trained: new Uint8Array(9).fill(1) }], 0)]);
    });
  });

  it('sampling', () => {
    soak((index) => {
      const prompts = [Int32Array.of(1, 2, 3), Int32Array.of(index % 96)];
      sample(model, prompts, { temperature: 1, groupSize: 3, maxTokens: 6, stopTokens: [4], seed: index });
    });
  });
});
