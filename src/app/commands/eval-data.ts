/** @file Question source of `aha eval`: a file that is named, the usual file, or the benchmark's name on the hub. */
import { existsSync, statSync } from 'node:fs';
import { BENCHMARK_NAMES, benchmarkOf } from '../../data/index.ts';
import { UsageError } from '../../errors.ts';
import { fileOf } from '../../evaluation/index.ts';
import type { Output } from '../../output.ts';
import { locate } from '../cli/hub.ts';

/** Directory that is looked in for the usual files unless another is named. */
const USUAL = 'data';

/** Where the rows of one benchmark are. */
export interface RowsPlace {
  /** A file, or the directory with the benchmarks' files. */
  readonly path: string;
  /** The name on the hub at its commit, where they are from there. */
  readonly source?: string;
}

/**
 * The rows of a benchmark, downloaded where they are only on the hub.
 * @param named - what `--data` says
 */
export async function locateRows(
  bench: string,
  named: string | undefined,
  output: Output,
): Promise<RowsPlace> {
  if (named !== undefined) return locate(named, 'dataset', output);
  if (!BENCHMARK_NAMES.includes(bench) || existsSync(fileOf(bench, USUAL))) return { path: USUAL };
  const { hub } = benchmarkOf(bench).expects;
  return hub === undefined ? { path: USUAL } : locate(hub, 'dataset', output);
}

/**
 * The rows that are examples in a benchmark's prompts.
 * @param named - what `--shots-data` says
 * @throws UsageError where none are named and none are known
 */
export async function locateShots(
  bench: string,
  named: string | undefined,
  output: Output,
): Promise<RowsPlace> {
  const place = named ?? benchmarkOf(bench).expects.shots;
  if (place !== undefined) return locate(place, 'dataset', output);
  throw new UsageError(
    `${bench}: its examples are of a file that is not named`,
    'Name a file with examples with --shots-data.',
  );
}

/** @throws UsageError where one file is named for several benchmarks */
export function requireOneEach(names: readonly string[], { path }: RowsPlace): void {
  if (names.length < 2 || !existsSync(path) || !statSync(path).isFile()) return;
  throw new UsageError(
    `${path} is one file for ${names.length} benchmarks`,
    'Name the directory that holds their files, or one benchmark.',
  );
}
