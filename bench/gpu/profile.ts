/**
 * @file The functions in which a CPU profile of Node spent most time.
 *
 *   node --cpu-prof --cpu-prof-dir=<dir> --import tsx bench/run.ts gpu sft
 *   npm run bench -- profile <dir>
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from '../../src/errors.ts';

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  /** Node of each sample, and microseconds since the one before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const SHOWN = 14;

/** Prints the newest profile of a folder: share of all samples, function, file and line. */
export function profile(dir = '.'): void {
  const name = readdirSync(dir)
    .filter((file) => file.endsWith('.cpuprofile'))
    .sort()
    .at(-1);
  if (name === undefined) {
    throw new UsageError(`${dir}: no .cpuprofile here`, 'Run node with --cpu-prof --cpu-prof-dir=<dir>.');
  }
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(path.join(dir, name), 'utf8')) as CpuProfile;
  const places = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [
      id,
      `${functionName || '(anonymous)'} ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`,
    ]),
  );
  const self = new Map<string, number>();
  let total = 0;
  for (const [i, id] of samples.entries()) {
    const place = places.get(id)!;
    const delta = timeDeltas[i]!;
    total += delta;
    self.set(place, (self.get(place) ?? 0) + delta);
  }
  console.log(`cpu profile ${(total / 1e6).toFixed(1)} s`);
  for (const [place, time] of [...self].sort((a, b) => b[1] - a[1]).slice(0, SHOWN)) {
    console.log(`  ${((100 * time) / total).toFixed(1)} %  ${place}`);
  }
}
