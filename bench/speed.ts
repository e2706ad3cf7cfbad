/**
 * @file Operator calls, training and sampling of the tiny model on the CPU, each beside plain PyTorch in Python.
 *
 *   npm run bench -- speed
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { sample } from '../src/inference/engine/index.ts';
import { Random } from '../src/random.ts';
import { noGrad, ones, setThreads, threads, torchVersion } from '../src/torch/index.ts';
import { medianSeconds, tinyLearner, tinyModel, trainingStep } from './tiny.ts';

const SHAPE = {
  rows: 256,
  rowLength: 66,
  rowsPerMicroBatch: 16,
  prompts: 16,
  promptLength: 22,
  groupSize: 16,
  maxTokens: 44,
};
const RUNS = 5;

interface Figures {
  readonly torch: string;
  /** Seconds of one training step, of sampling one batch, of one operator call. */
  readonly training: number;
  readonly sampling: number;
  readonly operator: number;
}

function measure(): Figures {
  const random = Random.derive(0, 'bench');
  const draw = (length: number): Int32Array => Int32Array.from({ length }, () => random.int(8, 79));
  const model = tinyModel();
  const learner = tinyLearner(model);
  const rows = Array.from({ length: SHAPE.rows }, () => draw(SHAPE.rowLength));
  const prompts = Array.from({ length: SHAPE.prompts }, () => draw(SHAPE.promptLength));
  const options = { temperature: 1, groupSize: SHAPE.groupSize, maxTokens: SHAPE.maxTokens, stopTokens: [] };
  return {
    torch: torchVersion,
    operator: operatorSeconds(),
    training: medianSeconds(() => trainingStep(learner, rows, SHAPE.rowsPerMicroBatch), 2, RUNS),
    sampling: medianSeconds(() => sample(model, prompts, { ...options, seed: 0 }), 1, RUNS),
  };
}

function operatorSeconds(): number {
  const calls = 20_000;
  const one = ones([1]);
  const other = ones([1]);
  const loop = (): void => {
    for (let i = 0; i < calls; i++) one.add(other).dispose();
  };
  return noGrad(() => medianSeconds(loop, 1, 5)) / calls;
}

/** The same in Python; null where no Python with torch is found. */
function measurePython(python: string, count: number): Figures | null {
  const script = path.join(import.meta.dirname, 'peer.py');
  const config = JSON.stringify({ ...SHAPE, runs: RUNS, threads: count });
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

/** Prints one table per number of threads. */
export function speed(): void {
  const python = findPython();
  for (const count of [1, 2]) {
    setThreads(count);
    const ours = measure();
    const theirs = python === null ? null : measurePython(python, count);
    const trained = SHAPE.rows * (SHAPE.rowLength - 1);
    const sampled = SHAPE.prompts * SHAPE.groupSize * SHAPE.maxTokens;
    console.log(
      `threads ${threads()}, torch ${ours.torch}; Python: ${theirs ? `torch ${theirs.torch}` : 'none with torch found'}`,
    );
    console.table({
      'operator call, µs': row(ours.operator * 1e6, theirs && theirs.operator * 1e6, 'lower'),
      'training, tokens/s': row(trained / ours.training, theirs && trained / theirs.training, 'higher'),
      'sampling, tokens/s': row(sampled / ours.sampling, theirs && sampled / theirs.sampling, 'higher'),
    });
  }
}

/** `ratio` above 1: aha is better. */
function row(ours: number, theirs: number | null, better: 'lower' | 'higher') {
  if (theirs === null) return { aha: round(ours) };
  return {
    aha: round(ours),
    python: round(theirs),
    ratio: round(better === 'lower' ? theirs / ours : ours / theirs),
  };
}

function round(value: number): number {
  return value >= 100 ? Math.round(value) : Math.round(value * 100) / 100;
}
