/**
 * @file A checkpoint on the CPU beside transformers: reading a prompt, decoding a token, loss, greedy tokens, memory.
 *
 *   npm run bench -- checkpoint <folder> [threads=1] [prefill=512] [prompt=128] [decode=32] [runs=3] [rounds=2]
 *
 * The weights are in float32, bfloat16 and quantised (`fp32`, `bf16`, `int8`, `nf4`: setting `precision`, a list); the peer has
 * the first two. Each measurement is a process; ours and theirs go by turns. AHA_BENCH_PYTHON names a Python with transformers.
 */
import { spawnSync } from 'node:child_process';
import { loadavg } from 'node:os';
import path from 'node:path';
import { UsageError } from '../src/errors.ts';
import { Tokenizer } from '../src/text/index.ts';
import type { CheckpointFigures, CheckpointSettings } from './checkpoint-client.ts';
import { median } from './tiny.ts';

const KINDS = ['fp32', 'bf16', 'int8', 'nf4'] as const;

const TEXT = `A bakery sells bread and cake. Mr Lee buys three loaves for two coins each and one cake for five coins. He
pays with a note of twenty coins. First he thinks about the loaves, then about the cake, and last about his change. `;

/** The numbers of the command line, by name. */
function numbersOf(words: readonly string[]): Record<string, number> {
  const numbers = { threads: 1, prefill: 512, prompt: 128, decode: 32, runs: 3, rounds: 2 };
  for (const word of words) {
    const [name, value] = word.split('=') as [keyof typeof numbers, string];
    if (!(name in numbers) || !Number.isInteger(Number(value))) {
      throw new UsageError(
        `no setting "${word}"`,
        `There are: ${Object.keys(numbers).join(', ')}, precision.`,
      );
    }
    numbers[name] = Number(value);
  }
  return numbers;
}

/** Prints a row for each kind of weights, ours and the peer's. */
export function checkpoint(folder: string | undefined, ...words: string[]): void {
  if (folder === undefined) throw new UsageError('no checkpoint is given', 'Name its folder.');
  const kinds = words.find((word) => word.startsWith('precision='))?.slice(10) ?? 'fp32';
  const { threads, prefill, prompt, decode, runs, rounds } = numbersOf(
    words.filter((word) => !word.startsWith('precision=')),
  ) as Record<'threads' | 'prefill' | 'prompt' | 'decode' | 'runs' | 'rounds', number>;
  const text = Array.from(Tokenizer.load(folder).encode(TEXT.repeat(Math.ceil(prefill / 20))));
  const asked = { checkpoint: path.resolve(folder), threads, decode, runs };
  const texts = { prefill: text.slice(0, prefill), prompt: text.slice(0, prompt) };
  const python = process.env.AHA_BENCH_PYTHON;
  const table: Record<string, object> = {};
  for (const kind of kinds.split(',')) {
    const precision = KINDS.find((one) => one === kind);
    if (precision === undefined)
      throw new UsageError(`no precision "${kind}"`, `There are: ${KINDS.join(', ')}.`);
    const dtype = precision === 'bf16' ? ('bfloat16' as const) : ('float32' as const);
    const settings = { ...asked, ...texts, precision, dtype };
    const [ours, theirs]: [CheckpointFigures[], CheckpointFigures[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      ours.push(figuresOf(process.execPath, ['--import', 'tsx', 'checkpoint-client.ts'], settings));
      if (python !== undefined && (kind === 'fp32' || kind === 'bf16'))
        theirs.push(figuresOf(python, ['checkpoint_peer.py'], settings));
    }
    table[`aha ${kind}`] = rowOf(ours, settings);
    if (theirs.length > 0)
      table[`transformers ${kind}`] = { ...rowOf(theirs, settings), ...same(ours, theirs) };
  }
  console.log(
    `threads ${threads}; ${prefill} tokens read, ${decode} decoded; load ${loadavg()[0]!.toFixed(1)}`,
  );
  console.table(table);
}

function figuresOf(
  command: string,
  args: readonly string[],
  settings: CheckpointSettings,
): CheckpointFigures {
  const files = args.map((word) => (/\.(ts|py)$/.test(word) ? path.join(import.meta.dirname, word) : word));
  const env = { ...process.env, OMP_NUM_THREADS: String(settings.threads) };
  const result = spawnSync(command, [...files, JSON.stringify(settings)], { encoding: 'utf8', env });
  if (result.status !== 0)
    throw new UsageError(`${command} ended with ${result.status}`, result.stderr.trim());
  return JSON.parse(result.stdout) as CheckpointFigures;
}

function rowOf(all: readonly CheckpointFigures[], { prefill, decode }: CheckpointSettings): object {
  const middle = (what: 'prefill' | 'decode', clock: 'wall' | 'cpu') =>
    median(all.flatMap((one) => one[what][clock]));
  const round = (value: number): number => Number(value.toPrecision(3));
  return {
    torch: all[0]!.torch,
    'read, tokens/CPU s': round(prefill.length / middle('prefill', 'cpu')),
    'read, tokens/s': round(prefill.length / middle('prefill', 'wall')),
    'decode, CPU ms': round((1000 * middle('decode', 'cpu')) / (decode - 1)),
    'decode, ms': round((1000 * middle('decode', 'wall')) / (decode - 1)),
    'resident, MiB': Math.round(median(all.map(({ resident }) => resident)) / 2 ** 20),
    'peak, MiB': Math.round(median(all.map(({ peak }) => peak)) / 2 ** 20),
    loss: Number(all[0]!.loss.toFixed(5)),
  };
}

/** Greedy tokens that agree before the first that does not. */
function same([ours]: readonly CheckpointFigures[], [theirs]: readonly CheckpointFigures[]): object {
  const first = ours!.tokens.findIndex((token, i) => token !== theirs!.tokens[i]);
  return { 'equal tokens': first < 0 ? ours!.tokens.length : first };
}
