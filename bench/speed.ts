/**
 * @file Operator calls, training and sampling of the tiny model on the CPU, each beside plain PyTorch in Python.
 *
 *   npm run bench -- speed [rounds]
 *
 * The two are measured by turns, so that other work on the machine slows both. AHA_BENCH_PYTHON names a Python with torch.
 */
import { spawnSync } from 'node:child_process';
import { loadavg } from 'node:os';
import path from 'node:path';
import { sample } from '../src/inference/engine/index.ts';
import { Random } from '../src/random.ts';
import { noGrad, ones, setThreads, torchVersion } from '../src/torch/index.ts';
import { median, type Times, timesOf, tinyLearner, tinyModel, trainingStep } from './tiny.ts';

const SHAPE = {
  rows: 64,
  rowLength: 66,
  rowsPerMicroBatch: 16,
  prompts: 16,
  promptLength: 22,
  groupSize: 16,
  maxTokens: 44,
  calls: 20_000,
};
const WARMUP = 2;
const RUNS = 5;

const QUANTITIES = ['operator', 'training', 'sampling'] as const;
type Quantity = (typeof QUANTITIES)[number];

/** Times of `SHAPE.calls` operator calls, of one training step, of sampling one batch. */
type Figures = Readonly<Record<Quantity, Times>> & { readonly torch: string };

/** Measures aha in this process, as often as it is called. */
function measurement(): () => Figures {
  const random = Random.derive(0, 'bench');
  const draw = (length: number): Int32Array => Int32Array.from({ length }, () => random.int(8, 79));
  const model = tinyModel();
  const learner = tinyLearner(model);
  const rows = Array.from({ length: SHAPE.rows }, () => draw(SHAPE.rowLength));
  const prompts = Array.from({ length: SHAPE.prompts }, () => draw(SHAPE.promptLength));
  const { groupSize, maxTokens, rowsPerMicroBatch } = SHAPE;
  const options = { temperature: 1, groupSize, maxTokens, stopTokens: [], seed: 0 };
  return () => ({
    torch: torchVersion,
    operator: noGrad(() => timesOf(operatorCalls, WARMUP, RUNS)),
    training: timesOf(() => trainingStep(learner, rows, rowsPerMicroBatch), WARMUP, RUNS),
    sampling: timesOf(() => sample(model, prompts, options), WARMUP, RUNS),
  });
}

function operatorCalls(): void {
  const one = ones([1]);
  const other = ones([1]);
  for (let i = 0; i < SHAPE.calls; i++) one.add(other).dispose();
  one.dispose();
  other.dispose();
}

/** The same in Python; null where no Python with torch is found. */
function measurePython(python: string, threads: number): Figures | null {
  const script = path.join(import.meta.dirname, 'peer.py');
  const config = JSON.stringify({ ...SHAPE, warmup: WARMUP, runs: RUNS, threads });
  const result = spawnSync(python, [script, config], {
    encoding: 'utf8',
    env: { ...process.env, OMP_WAIT_POLICY: 'PASSIVE' },
  });
  return result.status === 0 ? (JSON.parse(result.stdout) as Figures) : null;
}

function findPython(): string | null {
  const candidates = [process.env.AHA_BENCH_PYTHON, 'python3', '/usr/bin/python3'];
  for (const python of candidates) {
    if (python && spawnSync(python, ['-c', 'import torch']).status === 0) return python;
  }
  return null;
}

/** Prints one table per number of threads: medians of all runs. */
export function speed(rounds = '3'): void {
  const python = findPython();
  const measure = measurement();
  for (const threads of [1, 2]) {
    const ours: Figures[] = [];
    const theirs: Figures[] = [];
    for (let i = 0; i < Number(rounds); i++) {
      setThreads(threads);
      ours.push(measure());
      const other = python === null ? null : measurePython(python, threads);
      if (other !== null) theirs.push(other);
    }
    const peer = theirs[0] === undefined ? 'none with torch found' : `torch ${theirs[0].torch}`;
    console.log(
      `threads ${threads}, torch ${torchVersion}; Python: ${peer}; load ${loadavg()[0]!.toFixed(1)}`,
    );
    console.table({
      'operator call, µs': row('operator', ours, theirs, (seconds) => (seconds / SHAPE.calls) * 1e6),
      'training step, ms': row('training', ours, theirs, (seconds) => seconds * 1e3),
      'sampling, ms': row('sampling', ours, theirs, (seconds) => seconds * 1e3),
    });
  }
}

/** Wall clock, and the ratios of wall clock and of CPU time: above 1 aha is faster. */
function row(
  quantity: Quantity,
  ours: readonly Figures[],
  theirs: readonly Figures[],
  unit: (seconds: number) => number,
) {
  const middle = (figures: readonly Figures[], clock: keyof Times): number =>
    median(figures.flatMap((one) => one[quantity][clock]));
  const aha = round(unit(middle(ours, 'wall')));
  if (theirs.length === 0) return { aha };
  const ratio = (clock: keyof Times): number => round(middle(theirs, clock) / middle(ours, clock));
  return { aha, python: round(unit(middle(theirs, 'wall'))), ratio: ratio('wall'), 'CPU time': ratio('cpu') };
}

function round(value: number): number {
  return value >= 100 ? Math.round(value) : Math.round(value * 100) / 100;
}
