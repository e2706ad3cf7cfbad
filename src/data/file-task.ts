/**
 * @file Prompts of tasks that read a file: a file of yours, or a benchmark. Read, filtered, deduplicated,
 * decontaminated, then shuffled anew each epoch by seed (training) or once (held out).
 */
import { z } from 'zod';
import type { Prompt } from '../records.ts';
import { BENCHMARK_NAMES, readBenchmarkItems } from './benchmarks/index.ts';
import { epochs } from './epochs.ts';
import { readFileItems } from './file.ts';
import type { RowOptions } from './file-prompt.ts';
import type { FileConfig } from './file-schema.ts';
import { heldOutOf } from './held-out.ts';
import type { Item } from './item.ts';
import { describeReport, type PrepareConfig, prepare, prepareShape } from './prepare/index.ts';
import type { HeldOut, PromptSource } from './source.ts';

/** Knobs of prompts from a benchmark's file. */
export const benchmarkSchema = z.strictObject({
  name: z.enum(BENCHMARK_NAMES).describe('Benchmark whose columns the file has'),
  path: z.string().min(1).describe('The published file (JSONL, CSV or Parquet)'),
  wording: z
    .enum(['benchmark', 'none'])
    .default('benchmark')
    .describe('`none` asks the bare question, without the form of answer asked for'),
  language: z.string().min(2).optional().describe('Language (BCP 47) in which replies are expected'),
  ...prepareShape,
});

export type BenchmarkConfig = z.output<typeof benchmarkSchema>;

/** What opening a task needs beside its configuration. */
export interface OpenOptions extends RowOptions {
  readonly seed: number;
  /** Told in one line what was left out of a file. */
  readonly note?: (text: string) => void;
}

/** A task that reads one file. */
export interface FileTask<Config> {
  train(config: Config, options: OpenOptions): Promise<PromptSource>;
  heldOut(config: Config, options: OpenOptions): Promise<HeldOut>;
}

function fileTask<Config extends PrepareConfig & { readonly path: string }>(
  read: (config: Config, options: OpenOptions) => Promise<Item[]>,
): FileTask<Config> {
  const prompts = async (config: Config, options: OpenOptions): Promise<Prompt[]> => {
    const { items, report } = await prepare(config.path, await read(config, options), config);
    if (report.kept < report.read || report.evaluationSets.length > 0) options.note?.(describeReport(report));
    return items.map(({ prompt }) => prompt);
  };
  return {
    train: async (config, options) => epochs(await prompts(config, options), options.seed, config.path),
    heldOut: async (config, options) => heldOutOf(await prompts(config, options), options.seed, config.path),
  };
}

/** Prompts from a file of yours. */
export const FILE_TASK = fileTask<FileConfig>(readFileItems);

/** Prompts from a benchmark's file. The seed also decides the order of options. */
export const BENCHMARK_TASK = fileTask<BenchmarkConfig>(({ name, path, wording, language }, { seed }) =>
  readBenchmarkItems({ name, path, wording, language, seed }),
);
