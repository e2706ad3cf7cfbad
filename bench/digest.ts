/**
 * @file Digests of two seeded runs on the CPU: twenty steps of r1-zero-tiny, and a short supervised fine-tuning. A change
 * that moves or rewrites code leaves them as they are on one machine with one kernel and one number of threads.
 *
 *   npm run bench -- digest [package directory…]      (default: this package)
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { hashJson } from '../src/app/recipes/provenance.ts';
import { deviceReport, packageRoot } from '../src/torch/index.ts';

const FINE_TUNING = {
  name: 'digest',
  stages: [
    {
      stage: 'sft',
      name: 'sft',
      model: 'models/tiny-base',
      template: 'plain',
      data: [{ source: 'cold-start', count: 128 }],
      epochs: 2,
      batchSize: 16,
      optimizer: { peak: 1e-4 },
    },
  ],
};

/** Metrics that differ between equal runs: times, speeds, memory. */
const MEASURED = /^(seconds|tokens_per_second|memory)(\/|$)/;

/** Runs a recipe with a package's `aha`; the digests of a stage's weights and metrics. */
function digests(root: string, recipe: string, stage: string, settings: readonly string[]) {
  const out = mkdtempSync(path.join(tmpdir(), 'aha-digest-'));
  try {
    const run = [path.join(root, 'bin/aha'), 'run', recipe, '--out', out, '--only', stage, '--device', 'cpu'];
    const { status, stderr } = spawnSync(process.execPath, [...run, ...settings, '--json'], {
      cwd: root,
      env: { ...process.env, AHA_THREADS: threads() },
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    if (status !== 0) throw new Error(`${root}: the run ended with status ${status}\n${stderr}`);
    const weights = readFileSync(path.join(out, stage, 'model.safetensors'));
    const lines = readFileSync(path.join(out, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
    const metrics = lines.map((line) =>
      Object.entries(JSON.parse(line) as Record<string, unknown>).filter(([name]) => !MEASURED.test(name)),
    );
    return {
      steps: lines.length,
      weights: createHash('sha256').update(weights).digest('hex'),
      metrics: hashJson(metrics.map((entries) => Object.fromEntries(entries))),
    };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

function threads(): string {
  return process.env.AHA_THREADS ?? '1';
}

function print(name: string, { steps, weights, metrics }: ReturnType<typeof digests>): void {
  console.log(`  ${name}, ${steps} steps\n    weights ${weights}\n    metrics ${metrics}`);
}

/** Prints two digests for each run and each package. */
export function digest(...packages: string[]): void {
  const { kernel, torchVersion } = deviceReport();
  const asked = process.env.OPENBLAS_CORETYPE ?? 'not set';
  console.log(
    `torch ${torchVersion}, kernel ${kernel} (OPENBLAS_CORETYPE ${asked}), AHA_THREADS ${threads()}`,
  );
  const folder = mkdtempSync(path.join(tmpdir(), 'aha-digest-recipe-'));
  const recipe = path.join(folder, 'sft.json');
  writeFileSync(recipe, JSON.stringify(FINE_TUNING));
  for (const root of packages.length > 0 ? packages.map((name) => path.resolve(name)) : [packageRoot]) {
    const zero = path.join(root, 'recipes/r1-zero-tiny.ts');
    console.log(root);
    print('rl', digests(root, zero, 'R1-Zero', ['--set', 'R1-Zero.steps=20']));
    print('sft', digests(root, recipe, 'sft', []));
  }
  rmSync(folder, { recursive: true });
}
