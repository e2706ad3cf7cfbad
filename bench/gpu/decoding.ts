/** @file Decoding: sample(), and the engine as rollouts and a server drive it, with CUDA graphs and without. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Chosen,
  type Continuation,
  Engine,
  FREE,
  PLAIN,
  Prompt,
  Sequence,
  sample,
  type TokenRule,
} from '../../src/inference/engine/index.ts';
import type { LanguageModel } from '../../src/models/index.ts';
import { Random } from '../../src/random.ts';
import { Bench, median, milliseconds, now, round } from './bench.ts';
import type { Settings } from './settings.ts';

/** Steps in the stretch of time that is noted for a trace. */
const TRACED_STEPS = 40;

/**
 * sample(): rows of equal prompts, or with `vary=1` of 16 lengths, that all run to the end.
 *
 * `batches`: rows at once. `prompt`, `new`: tokens. `group`: rows that share a prompt. `graphs=0`: without CUDA graphs.
 */
export function sampled(settings: Settings): void {
  const bench = new Bench('sample', settings);
  const batches = settings.numbers('batches', bench.sized([1, 64, 256], [1, 4]));
  const P = settings.number('prompt', bench.sized(512, 128));
  const G = settings.number('new', bench.sized(512, 24), 2);
  const group = settings.number('group', 1);
  const vary = settings.flag('vary');
  const graphs = settings.oneOf('graphs', ['0', '1'], '1') === '1';
  settings.done();
  const model = bench.model();
  for (const B of batches) {
    const lengths = Array.from({ length: Math.ceil(B / group) }, (_, i) =>
      vary ? Math.max(1, P - (i % 16) * 8) : P,
    );
    const prompts = lengths.map((length) => bench.tokens(length));
    const run = (maxTokens: number, onToken?: (row: number) => void): void => {
      const rows = { groupSize: group, maxTokens, maxRows: B, stopTokens: [] };
      const options = { temperature: 1, seed: 1, graphs, ...rows } as const;
      sample(model, prompts, onToken === undefined ? options : { ...options, onToken });
      bench.synchronize();
    };
    run(Math.min(8, G));
    const prefill = Array.from({ length: 3 }, () => bench.time(() => run(1)));
    const at: bigint[] = [];
    const begun = now();
    run(G, (row) => {
      if (row === 0) at.push(now());
    });
    const total = milliseconds(begun, now());
    const steps = between(at);
    const middle = at.length >> 1;
    const traced = Math.min(TRACED_STEPS, at.length - 1 - middle);
    bench.window(`aha-sample-${bench.shape}-${bench.dtype}-B${B}`, at[middle]!, at[middle + traced]!, traced);
    bench.print({
      B,
      group,
      P,
      G,
      vary,
      graphs,
      total_s: round(total / 1000, 2),
      prefill_ms: round(median(prefill), 1),
      step_ms: round(median(steps), 3),
      step_first: round(median(steps.slice(0, 50)), 3),
      step_last: round(median(steps.slice(-50)), 3),
      tokps: Math.round(((B * G) / total) * 1000),
      decode_tokps: Math.round((B / median(steps)) * 1000),
      peakGiB: round(bench.memoryGiB.peak, 2),
    });
  }
}

function between(at: readonly bigint[]): number[] {
  return at.slice(1).map((time, i) => milliseconds(at[i]!, time));
}

/** Takes a number of tokens, and counts those of all rows. */
class Taker implements Continuation {
  static made = 0;
  readonly ready = true;
  readonly free = true;
  readonly tokens: number[] = [];
  #left: number;

  constructor(tokens: number) {
    this.#left = tokens;
  }

  constrain(): TokenRule {
    return FREE;
  }

  accept({ token }: Chosen): boolean {
    Taker.made++;
    this.tokens.push(token);
    return --this.#left > 0;
  }

  started(): void {}

  failed(error: unknown): void {
    throw error;
  }
}

const LAYOUTS = ['rollout', 'serve'] as const;
const ENDS = ['together', 'apart'] as const;

/** How rows are drawn; temperature is 1. */
interface How {
  readonly topP: number;
  readonly topK: number;
  readonly frequencyPenalty: number;
}

/** One run of the engine. */
interface Load {
  readonly bench: Bench;
  readonly model: LanguageModel;
  readonly rows: number;
  readonly prompt: number;
  readonly how: How;
  readonly layout: (typeof LAYOUTS)[number];
  readonly ends: (typeof ENDS)[number];
  readonly graphs: boolean;
}

/**
 * The engine until all rows have ended: each case of the lists `batches`, `layouts`, `ends` and `graphs`.
 *
 * `layouts`: `rollout` is one block for each row, prompts first; `serve` is blocks of 16 tokens, prompts between steps.
 * `ends`: `apart` lets rows end between half of `new` and all of it. `graphs`: 1, 0. `batches`, `prompt`, `new`: as for
 * sample. `topp`, `topk`, `frequency`: top-p, top-k, frequency penalty. `equal` counts rows whose tokens are those of the
 * same case with the first of `graphs`. `peer=1`: transformers' generate() of the same rows afterwards.
 */
export function engine(settings: Settings): void {
  const bench = new Bench('engine', settings);
  const batches = settings.numbers('batches', bench.sized([1, 64, 256], [1, 4]));
  const P = settings.number('prompt', bench.sized(512, 128));
  const G = settings.number('new', bench.sized(512, 24), 2);
  const how = {
    topP: settings.number('topp', 1, 0),
    topK: settings.number('topk', 0, 0),
    frequencyPenalty: settings.number('frequency', 0, 0),
  };
  const layouts = settings.some('layouts', LAYOUTS);
  const endings = settings.some('ends', ENDS);
  const graphs = settings.some('graphs', ['1', '0'] as const);
  const peer = settings.flag('peer');
  settings.done();
  const model = bench.model();
  for (const rows of batches) {
    for (const layout of layouts) {
      for (const ends of endings) {
        let first: Said | null = null;
        for (const graph of graphs) {
          const load = { bench, model, rows, prompt: P, how, layout, ends, graphs: graph === '1' };
          const said = measure(load, G, first);
          first ??= said;
        }
      }
    }
  }
  model.dispose();
  if (peer) runPeer(bench, batches, P, G);
}

/** Tokens of each row. */
type Said = readonly (readonly number[])[];

/** @param first - what the same rows said in another run */
function measure(load: Load, G: number, first: Said | null): Said {
  const { bench, rows: B, prompt: P, layout, ends, graphs, how } = load;
  drive(load, Math.min(4, G), () => undefined);
  const at: bigint[] = [];
  Taker.made = 0;
  const begun = now();
  const { recorded, said } = drive(load, G, () => void at.push(now()));
  const total = milliseconds(begun, now());
  const steps = between(at);
  const end = Math.max(1, at.length - 100);
  bench.window(
    `aha-engine-${bench.shape}-${bench.dtype}-B${B}-${layout}-${ends}-${graphs ? 'graphs' : 'plain'}`,
    at[Math.max(0, end - TRACED_STEPS - 1)]!,
    at[end - 1]!,
    Math.min(TRACED_STEPS, end - 1),
  );
  // The last steps with all rows in them; of a short run all of its steps.
  const late = steps.length > 100 ? steps.slice(-100, -10) : steps;
  bench.print({
    B,
    P,
    G,
    layout,
    ends,
    graphs: recorded,
    ...Object.fromEntries(Object.entries(how).filter(([name, value]) => value !== Number(name === 'topP'))),
    ...(first && { equal: said.filter((row, i) => row.join() === first[i]!.join()).length }),
    total_s: round(total / 1000, 2),
    first_ms: round(milliseconds(begun, at[0]!), 1),
    step_ms: round(median(steps), 3),
    step_last: round(median(late), 3),
    made: Taker.made,
    tokps: Math.round((Taker.made / total) * 1000),
    decode_tokps: Math.round((B / median(late)) * 1000),
    peakGiB: round(bench.memoryGiB.peak, 2),
  });
  return said;
}

/** Runs all rows to their end. @returns CUDA graphs that were recorded; null where it made ordinary passes */
function drive(
  load: Load,
  tokens: number,
  stepped: () => void,
): { readonly recorded: number | null; readonly said: Said } {
  const { bench, model, rows, prompt, how, layout, ends, graphs } = load;
  const context = Math.min(model.config.maxPositions, prompt + tokens + 32);
  const running = new Engine(model, {
    maxRows: rows,
    context,
    cacheTokens: rows * context,
    graphs,
    ...(layout === 'rollout'
      ? { blockSize: context, prefillTokens: 8192, favours: 'throughput' }
      : { blockSize: 16, prefillTokens: 4096, favours: 'latency' }),
  });
  const takers: Taker[] = [];
  for (let row = 0; row < rows; row++) {
    const random = Random.derive(row, 'bench');
    const logprobs = layout === 'rollout' ? 'policy' : null;
    const counts = new Map<number, number>();
    const sampling = { ...PLAIN, temperature: 1, ...how, counts, random, logprobs } as const;
    const share = ends === 'apart' ? 0.5 + (0.5 * (row + 1)) / rows : 1;
    const taker = new Taker(Math.max(1, Math.round(tokens * share)));
    takers.push(taker);
    // The same prompts in every run.
    const words = Random.derive(row, 'prompt');
    const asked = Array.from({ length: prompt }, () => words.int(0, model.config.vocabSize - 1));
    running.add(new Sequence(new Prompt(asked), sampling, taker));
  }
  while (running.busy) {
    running.step();
    stepped();
  }
  bench.synchronize();
  const { decoding } = running;
  running.dispose();
  const recorded = decoding === 'ordinary' ? null : decoding.graphs;
  return { recorded, said: takers.map((taker) => taker.tokens) };
}

/** Prints the lines of peer.py for the same rows; its error where Python or transformers is missing. */
function runPeer({ shape, dtype }: Bench, batches: readonly number[], P: number, G: number): void {
  const script = path.join(path.dirname(fileURLToPath(import.meta.url)), 'peer.py');
  const words = [
    `shape=${shape}`,
    `dtype=${dtype}`,
    `batches=${batches.join(',')}`,
    `prompt=${P}`,
    `new=${G}`,
  ];
  const { error, status } = spawnSync('python3', [script, 'gen', ...words], { stdio: 'inherit' });
  if (error !== undefined || status !== 0)
    console.error(`peer.py: ${error?.message ?? `exit status ${status}`}`);
}
