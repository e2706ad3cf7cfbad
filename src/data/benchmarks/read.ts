/** @file Prompts of a benchmark from a local file. */
import { UserError } from '../../errors.ts';
import { freezeJson, type JsonObject, type Prompt } from '../../records.ts';
import { type Row, readRows } from '../files/read-rows.ts';
import type { Item } from '../item.ts';
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

/** The problems of `rows` in their order. Throws UserError for a row that cannot be read and for an id met twice. */
export function benchmarkItems(
  benchmark: Benchmark,
  rows: readonly Row[],
  { seed, wording = 'benchmark', language }: Pick<BenchmarkOptions, 'seed' | 'wording' | 'language'>,
): Item[] {
  const seen = new Map<string, Row>();
  return rows.map((row) => {
    const read = benchmark.read(row, seed);
    const { question, answer, meta } = read;
    const id = `${benchmark.name}/${read.id ?? row.number}`;
    const earlier = seen.get(id);
    if (earlier !== undefined) {
      throw new UserError(
        `${row.place}: the id ${id} again, as in ${earlier.place}`,
        'Keep one of the two rows.',
      );
    }
    seen.set(id, row);
    const text = wording === 'none' ? question : benchmark.word(read);
    const columns = columnsOf(row, benchmark.packed ?? []);
    const also = { ...(language !== undefined && { language }), columns, ...(meta && { meta }) };
    return { prompt: { id, task: benchmark.name, text, answer, ...also }, question, row };
  });
}

/** All columns of a row but those that are left out, frozen. */
function columnsOf({ fields }: Row, without: readonly string[]): JsonObject {
  if (without.length === 0) return freezeJson(fields);
  return freezeJson(Object.fromEntries(Object.entries(fields).filter(([name]) => !without.includes(name))));
}

/** Reads a benchmark's file as items. Throws UserError saying which file is expected where for one that is not there. */
export async function readBenchmarkItems(options: BenchmarkOptions): Promise<Item[]> {
  const benchmark = benchmarkOf(options.name);
  const rows = await expecting(benchmark, () => readRows(options.path));
  if (rows.length === 0) throw new UserError(`${options.path}: no rows in this file`, hint(benchmark));
  return expecting(benchmark, async () => benchmarkItems(benchmark, rows, options));
}

/** The prompts of a benchmark in the order of its file. */
export async function readBenchmark(options: BenchmarkOptions): Promise<Prompt[]> {
  return (await readBenchmarkItems(options)).map(({ prompt }) => prompt);
}

async function expecting<T>(benchmark: Benchmark, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    const [what, ...remedy] = cause.message.split('\n  ');
    throw new UserError(what!, [...remedy, hint(benchmark)].join('\n  '), { cause });
  }
}

/** Which file a benchmark reads and where it is published, for messages. */
export function hint({ title, expects }: Benchmark): string {
  const columns = expects.columns.map((column) => column.replaceAll('|', ' or ')).join('; ');
  return `${title} is read from a file such as ${expects.file} with the columns ${columns}, published as ${expects.source}.`;
}
