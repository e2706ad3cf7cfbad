/**
 * @file One measurement of a checkpoint in a process of its own, so that its memory is that of this checkpoint alone.
 *
 * Reads settings as JSON from its argument, writes one JSON object.
 */
import { readFileSync } from 'node:fs';
import { type Response, sample } from '../src/inference/engine/index.ts';
import { loadReader, useReadingNumerics } from '../src/models/index.ts';
import type { ReadingPrecision } from '../src/precision.ts';
import { LogprobPass } from '../src/rl/loss/index.ts';
import { indices, noGrad, scope, setThreads, torchVersion } from '../src/torch/index.ts';
import { timesOf } from './tiny.ts';

export interface CheckpointSettings {
  readonly checkpoint: string;
  readonly precision: ReadingPrecision;
  /** Of the peer's weights. */
  readonly dtype: 'float32' | 'bfloat16';
  readonly threads: number;
  /** Tokens to read at once. */
  readonly prefill: readonly number[];
  /** Tokens before the first that is decoded. */
  readonly prompt: readonly number[];
  /** Tokens to decode, greedily. */
  readonly decode: number;
  readonly runs: number;
}

export interface CheckpointFigures {
  readonly torch: string;
  /** Seconds, each run. */
  readonly prefill: { readonly wall: readonly number[]; readonly cpu: readonly number[] };
  /** Seconds of all tokens but the first, each run. */
  readonly decode: { readonly wall: readonly number[]; readonly cpu: readonly number[] };
  /** Mean cross-entropy of the prefill's tokens, nats; null where it is not measured. */
  readonly loss: number | null;
  readonly tokens: readonly number[];
  /** Resident bytes: the most of the process's life, and at its end. */
  readonly peak: number;
  readonly resident: number;
}

const WARMUP = 1;

function measure({ checkpoint, precision, threads, ...asked }: CheckpointSettings): CheckpointFigures {
  setThreads(threads);
  const model = loadReader(checkpoint, 'cpu', useReadingNumerics(precision, 'cpu'));
  model.readFewRows?.();
  const { prefill, prompt, decode, runs } = asked;
  const greedy = { temperature: 0, topP: 1, topK: 0, groupSize: 1, stopTokens: [], seed: 0 };
  let tokens: readonly number[] = [];
  const decoded = (maxTokens: number) => (): void => {
    const [[response]] = sample(model, [Int32Array.from(prompt)], { ...greedy, maxTokens }) as [Response[]];
    tokens = Array.from(response!.tokens);
  };
  // What a prompt's reading takes is left out: it is in both.
  const first = timesOf(decoded(1), WARMUP, runs);
  const all = timesOf(decoded(decode), WARMUP, runs);
  const less = (clock: 'wall' | 'cpu') => all[clock].map((time, i) => time - first[clock][i]!);
  let loss = 0;
  const read = timesOf(
    () => {
      sample(model, [Int32Array.from(prefill)], { ...greedy, maxTokens: 1 });
    },
    WARMUP,
    runs,
  );
  noGrad(() =>
    scope(() => {
      const input = indices(prefill.slice(0, -1), [1, prefill.length - 1]);
      const targets = indices(prefill.slice(1));
      const hidden = model.hidden({ tokens: input }).select(0, 0);
      loss = -new LogprobPass(model, hidden, targets, model.config.vocabSize).logprobs.mean().item();
    }),
  );
  const status = readFileSync('/proc/self/status', 'utf8');
  const kilobytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)![1]);
  return {
    torch: torchVersion,
    prefill: read,
    decode: { wall: less('wall'), cpu: less('cpu') },
    loss,
    tokens,
    peak: kilobytes('VmHWM') * 1024,
    resident: kilobytes('VmRSS') * 1024,
  };
}

console.log(JSON.stringify(measure(JSON.parse(process.argv[2]!) as CheckpointSettings)));
