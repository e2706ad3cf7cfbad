/**
 * @file The first 50 steps of fine-tuning a small model, pinned: loss and gradient norm of each step.
 *
 * A change that makes training worse (or better) shows here before it shows in a long run. Sums in another order, as
 * another BLAS or torch makes them, move the numbers too: other micro-batches move the loss by up to 5e-7 and the
 * gradient norm by 2e-5, noise of 1e-6 on all weights at the start by up to 4e-5 and 2e-3. A learning rate 1 % higher
 * moves the loss by 3e-3 and the gradient norm by 1e-2 or more, and is found out.
 * `AHA_UPDATE_GOLDEN=1` writes the numbers anew.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sft } from '../../src/stages/sft/sft.ts';
import { runStage } from '../support/stage.ts';
import { writeTinyCheckpoint } from '../support/tiny-checkpoint.ts';

const FILE = path.join(import.meta.dirname, 'sft.json');
/** Relative. */
const TOLERANCE = { loss: 1e-3, grad_norm: 8e-3 };

interface Trajectory {
  readonly loss: readonly number[];
  readonly grad_norm: readonly number[];
}

const base = {
  stage: 'sft' as const,
  name: 'sft',
  template: 'plain' as const,
  data: [
    { source: 'cold-start' as const, count: 300 },
    { source: 'general' as const, count: 100 },
  ],
  steps: 50,
  batchSize: 16,
  optimizer: { peak: 2e-3, warmup: 5, shape: 'cosine' as const },
};

const RUNS = {
  'all weights, padded': base,
  'all weights, packed': { ...base, packing: { rowLength: 128, rowsPerStep: 6 } },
  'LoRA, packed': {
    ...base,
    packing: { rowLength: 128, rowsPerStep: 6 },
    lora: { rank: 8, alpha: 16 },
    optimizer: { ...base.optimizer, peak: 1e-2 },
  },
};

const root = mkdtempSync(path.join(tmpdir(), 'aha-golden-'));
let model: string;
beforeAll(async () => {
  model = await writeTinyCheckpoint(path.join(root, 'model'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('50 steps of fine-tuning', () => {
  it.each(Object.keys(RUNS) as (keyof typeof RUNS)[])('%s', async (name) => {
    const { reports } = await runStage(sft, { ...RUNS[name], model }, { dir: path.join(root, name) });
    const found: Trajectory = {
      loss: reports.map(({ loss }) => loss!),
      grad_norm: reports.map(({ grad_norm }) => grad_norm!),
    };
    const pinned = readPinned();
    if (process.env.AHA_UPDATE_GOLDEN === '1') {
      writeFileSync(FILE, `${JSON.stringify({ ...pinned, [name]: rounded(found) }, null, 2)}\n`);
      return;
    }
    for (const metric of ['loss', 'grad_norm'] as const) {
      expect(found[metric]).toHaveLength(50);
      for (const [step, value] of found[metric].entries()) {
        const error = Math.abs(value / pinned[name]![metric][step]! - 1);
        expect(error, `${metric} of step ${step + 1}: ${value}`).toBeLessThan(TOLERANCE[metric]);
      }
    }
  });
});

function readPinned(): Readonly<Record<string, Trajectory>> {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, Trajectory>;
}

function rounded(found: Trajectory): Trajectory {
  const round = (values: readonly number[]): number[] => values.map((value) => Number(value.toPrecision(7)));
  return { loss: round(found.loss), grad_norm: round(found.grad_norm) };
}
