/** @file Prompts of a benchmark from a local file. */
import { placedError, UserError } from '../../errors.ts';
import { freezeJson, type JsonObject, type Prompt } from '../../records.ts';
import { streamRows } from '../files/read-rows.ts';
import type { Item, Row } from '../files/row.ts';
import type { Benchmark } from './benchmark.ts';
import { benchmarkOf } from './registry.ts';

/** How a benchmark is read. */
export interface BenchmarkOptions {
  /** A name in `BENCHMARKS`. */
  readonly name: string;
  readonly path: string;
  /** Decides the order of options where there are any; another seed, another order. */
  readonly seed: number;
  /** `none` asks the bare question; the benchmark's own wording unless given. */
  readonly wording?: 'benchmark' | 'none';
  /** In which replies are expected (BCP 47), for rewards that ask. */
  readonly language?: string | undefined;
}

type ReadOptions = Pick<BenchmarkOptions, 'seed' | 'wording' | 'language'>;

/** The problems of `rows` in their order. Throws UserError for a row that cannot be read and for an id met twice. */
export function benchmarkItems(benchmark: Benchmark, rows: readonly Row[], options: ReadOptions): Item[] {
  return rows.map(itemReader(benchmark, options));
}

/** Reads one row after another as the problem it is. */
function itemReader(
  benchmark: Benchmark,
  { seed, wording = 'benchmark', language }: ReadOptions,
): (row: Row) => Item {
  const seen = new Map<string, string>();
  return (row) => {
    const read = benchmark.read(row, seed);
    const { question, answer, meta } = read;
    const id = `${benchmark.name}/${read.id ?? row.number}`;
    const earlier = seen.get(id);
    if (earlier !== undefined) {
      throw new UserError(`${row.place}: the id ${id} again, as in ${earlier}`, 'Keep one of the two rows.');
    }
    seen.set(id, row.place);
    const text = wording === 'none' ? question : benchmark.word(read);
    const columns = columnsOf(row, benchmark.packed ?? []);
    const also = { ...(language !== undefined && { language }), columns, ...(meta && { meta }) };
    return { prompt: { id, task: benchmark.name, text, answer, ...also }, question, row };
  };
}

/** All columns of a row but those that are left out, frozen. */
function columnsOf({ fields }: Row, without: readonly string[]): JsonObject {
  if (without.length === 0) return freezeJson(fields);
  return freezeJson(Object.fromEntries(Object.entries(fields).filter(([name]) => !without.includes(name))));
}

/** Reads a benchmark's file as items. Throws UserError saying which file is expected where for one that is not there. */
export async function readBenchmarkItems(options: BenchmarkOptions): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of streamBenchmarkItems(options)) items.push(item);
  return items;
}

/** The items of a benchmark's file one at a time, none of them kept. Throws as `readBenchmarkItems` does. */
export async function* streamBenchmarkItems(options: BenchmarkOptions): AsyncGenerator<Item> {
  const benchmark = benchmarkOf(options.name);
  const itemOf = itemReader(benchmark, options);
  let rows = 0;
  try {
    for await (const row of streamRows(options.path, benchmark.headerless)) {
      rows += 1;
      yield itemOf(row);
    }
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    throw placedError(cause, '', hint(benchmark));
  }
  if (rows === 0) throw new UserError(`${options.path}: no rows in this file`, hint(benchmark));
}

/** The prompts of a benchmark in the order of its file. */
export async function readBenchmark(options: BenchmarkOptions): Promise<Prompt[]> {
  return (await readBenchmarkItems(options)).map(({ prompt }) => prompt);
}

/** Which file a benchmark reads and where it is published, for messages. */
export function hint({ title, expects }: Benchmark): string {
  const columns = expects.columns.map((column) => column.replaceAll('|', ' or ')).join('; ');
  return `${title} is read from a file such as ${expects.file} with the columns ${columns}, published as ${expects.source}.`;
}
