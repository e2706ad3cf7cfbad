/**
 * @file Resume on a device: six steps of a tiny reinforcement learning at once, and three with the other three resumed.
 *
 *   npm run bench -- gpu resume [device=cuda] [precision=bf16]
 *
 * Prints, without and with `deterministic`, whether weights are equal bit for bit, and how far they are apart.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { PACKAGE_ROOT } from '../../setup/status.mjs';
import { readSafetensors } from '../../src/models/index.ts';
import { scope } from '../../src/torch/index.ts';
import { Bench } from './bench.ts';
import type { Settings } from './settings.ts';

const STAGE = 'R1-Zero';

/** Prints a line without the setting and one with it. */
export async function resume(settings: Settings): Promise<void> {
  const bench = new Bench('resume', settings);
  settings.done();
  for (const deterministic of [false, true]) {
    const dir = mkdtempSync(path.join(tmpdir(), 'aha-resume-'));
    try {
      const runOf = (name: string, ...more: string[]) =>
        run(bench, path.join(dir, name), deterministic, more);
      const whole = await runOf('whole');
      const again = await runOf('again');
      const broken = await runOf('broken', '--stop');
      const resumed = broken ?? (await runOf('broken', '--resume'));
      const failure = whole ?? again ?? resumed;
      const weights = (name: string) => path.join(dir, name, STAGE, 'model.safetensors');
      bench.print({
        deterministic,
        ...(failure === null
          ? {
              repeated: spread(weights('whole'), weights('again')),
              resumed: spread(weights('whole'), weights('broken')),
            }
          : { failure }),
      });
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }
}

/** Runs the recipe; `--stop` interrupts it once it has taken three steps. @returns why it failed, or null */
async function run(
  bench: Bench,
  out: string,
  deterministic: boolean,
  more: readonly string[],
): Promise<string | null> {
  const stops = more.includes('--stop');
  const set = (setting: string): string[] => ['--set', setting];
  const words = [
    'run',
    path.join(PACKAGE_ROOT, 'recipes/r1-zero-tiny.ts'),
    '--json',
    '--only',
    STAGE,
    '--out',
    out,
    '--device',
    bench.device,
    '--precision',
    bench.precision,
    ...set(`deterministic=${deterministic}`),
    ...set(`${STAGE}.steps=6`),
    ...set(`${STAGE}.checkpointEvery=3`),
    ...more.filter((word) => word !== '--stop'),
  ];
  const child = spawn(process.execPath, [path.join(PACKAGE_ROOT, 'bin/aha'), ...words]);
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (stops && line.includes('"step":3,')) child.kill('SIGINT');
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [status] = (await once(child, 'close')) as [number | null];
  if (status === (stops ? 130 : 0)) return null;
  return `status ${status}: ${said.trim().split('\n').slice(-3).join(' ')}`;
}

/** Whether two files are equal; else the largest difference of two weights, and that of all relative to their norm. */
function spread(
  one: string,
  other: string,
): 'equal' | { readonly largest: number; readonly relative: number } {
  if (readFileSync(one).equals(readFileSync(other))) return 'equal';
  return scope(() => {
    const [a, b] = [readSafetensors(one).tensors, readSafetensors(other).tensors];
    let [largest, distance, norm] = [0, 0, 0];
    for (const [name, tensor] of a) {
      const [x, y] = [tensor.to('float32').toFloat32Array(), b.get(name)!.to('float32').toFloat32Array()];
      for (const [i, value] of x.entries()) {
        const apart = Math.abs(value - y[i]!);
        largest = Math.max(largest, apart);
        distance += apart ** 2;
        norm += value ** 2;
      }
    }
    return { largest, relative: Math.sqrt(distance / norm) };
  });
}
