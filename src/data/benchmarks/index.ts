/** @file Public exports of the benchmarks. */
export type { Benchmark, Expected, Question, Verifier } from './benchmark.ts';
export { text } from './columns.ts';
export {
  type BenchmarkOptions,
  benchmarkItems,
  hint,
  readBenchmark,
  readBenchmarkItems,
  streamBenchmarkItems,
} from './read.ts';
export { BENCHMARK_NAMES, BENCHMARKS, benchmarkOf } from './registry.ts';
