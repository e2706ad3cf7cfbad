/**
 * @file A checkpoint on the CPU beside transformers: reading a prompt, decoding a token, loss, greedy tokens, memory.
 *
 *   npm run bench -- checkpoint <folder> [threads=1] [prefill=512] [prompt=128] [decode=32] [runs=3] [rounds=2]
 *
 * The weights are in float32, bfloat16 and quantised (`fp32`, `bf16`, `int8`, `nf4`: setting `precision`, a list). Each
 * measurement is a process; ours and the peers' go by turns. AHA_BENCH_PYTHON names a Python with transformers, which has the
 * first two, AHA_LLAMA_CPP a folder with node-llama-cpp (docs/extending.md), which has fp32 and, for int8, Q8_0.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { UsageError } from '../src/errors.ts';
import { saveAsGguf } from '../src/models/index.ts';
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
export async function checkpoint(folder: string | undefined, ...words: string[]): Promise<void> {
  if (folder === undefined) throw new UsageError('no checkpoint is given', 'Name its folder.');
  const kinds = words.find((word) => word.startsWith('precision='))?.slice(10) ?? 'fp32';
  const { threads, prefill, prompt, decode, runs, rounds } = numbersOf(
    words.filter((word) => !word.startsWith('precision=')),
  ) as Record<'threads' | 'prefill' | 'prompt' | 'decode' | 'runs' | 'rounds', number>;
  const text = Array.from(Tokenizer.load(folder).encode(TEXT.repeat(Math.ceil(prefill / 20))));
  const asked = { checkpoint: path.resolve(folder), threads, decode, runs };
  const texts = { prefill: text.slice(0, prefill), prompt: text.slice(0, prompt) };
  const scratch = mkdtempSync(path.join(tmpdir(), 'aha-bench-checkpoint-'));
  const table: Record<string, object> = {};
  for (const kind of kinds.split(',')) {
    const precision = KINDS.find((one) => one === kind);
    if (precision === undefined)
      throw new UsageError(`no precision "${kind}"`, `There are: ${KINDS.join(', ')}.`);
    const dtype = precision === 'bf16' ? ('bfloat16' as const) : ('float32' as const);
    const settings = { ...asked, ...texts, precision, dtype };
    const sides = await sidesOf(settings, scratch);
    const figures = sides.map((): CheckpointFigures[] => []);
    for (let round = 0; round < rounds; round++)
      for (const [i, { command, args, settings: own }] of sides.entries())
        figures[i]!.push(figuresOf(command, args, own));
    for (const [i, { name }] of sides.entries()) {
      const row = rowOf(figures[i]!, settings);
      table[`${name} ${kind}`] = i === 0 ? row : { ...row, ...same(figures[0]!, figures[i]!) };
    }
  }
  rmSync(scratch, { recursive: true });
  console.log(
    `threads ${threads}; ${prefill} tokens read, ${decode} decoded; load ${loadavg()[0]!.toFixed(1)}`,
  );
  console.table(table);
}

/** A program that measures. */
interface Side {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly settings: CheckpointSettings;
}

const TSX = ['--import', 'tsx'];
const GGUF = { fp32: 'f32', int8: 'q8_0' } as const;

/** Ours, then the peers that are here and have this kind of weights. */
async function sidesOf(settings: CheckpointSettings, scratch: string): Promise<Side[]> {
  const { precision, checkpoint: folder } = settings;
  const { AHA_BENCH_PYTHON: python, AHA_LLAMA_CPP: llama } = process.env;
  const sides: Side[] = [
    { name: 'aha', command: process.execPath, args: [...TSX, 'checkpoint-client.ts'], settings },
  ];
  if (python !== undefined && (precision === 'fp32' || precision === 'bf16'))
    sides.push({ name: 'transformers', command: python, args: ['checkpoint_peer.py'], settings });
  if (llama !== undefined && (precision === 'fp32' || precision === 'int8')) {
    const file = path.join(scratch, `${precision}.gguf`);
    await saveAsGguf(folder, file, GGUF[precision]);
    const args = [...TSX, 'checkpoint-llama.ts', path.resolve(llama)];
    sides.push({
      name: 'llama.cpp',
      command: process.execPath,
      args,
      settings: { ...settings, checkpoint: file },
    });
  }
  return sides;
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
    loss: all[0]!.loss === null ? '' : Number(all[0]!.loss.toFixed(5)),
  };
}

/** Greedy tokens that agree before the first that does not. */
function same([ours]: readonly CheckpointFigures[], [theirs]: readonly CheckpointFigures[]): object {
  const first = ours!.tokens.findIndex((token, i) => token !== theirs!.tokens[i]);
  return { 'equal tokens': first < 0 ? ours!.tokens.length : first };
}
