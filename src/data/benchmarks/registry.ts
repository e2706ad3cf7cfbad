/** @file The benchmarks by name. */
import { UsageError } from '../../errors.ts';
import type { Benchmark } from './benchmark.ts';
import { gpqaDiamond, mmlu } from './choice.ts';
import { humaneval, mbpp } from './code.ts';
import { ifeval } from './ifeval.ts';
import { livecodebench } from './livecodebench.ts';
import { aime2024, aime2025, amc, gsm8k, math, math500 } from './math.ts';

/** Every benchmark, in the order of listings. */
export const BENCHMARKS: readonly Benchmark[] = [
  aime2024,
  aime2025,
  math500,
  math,
  amc,
  gsm8k,
  gpqaDiamond,
  mmlu,
  livecodebench,
  humaneval,
  mbpp,
  ifeval,
];

/** Names of the benchmarks, for messages and listings. */
export const BENCHMARK_NAMES: readonly string[] = BENCHMARKS.map(({ name }) => name);

/** The benchmark of a name. Throws UsageError naming those there are. */
export function benchmarkOf(name: string): Benchmark {
  const found = BENCHMARKS.find((benchmark) => benchmark.name === name);
  if (found !== undefined) return found;
  throw new UsageError(
    `no benchmark is named ${JSON.stringify(name)}`,
    `There are ${BENCHMARK_NAMES.join(', ')}.`,
  );
}
