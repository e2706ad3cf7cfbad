/**
 * @file Tokens per second of the engine as a rollout and as the server set it, and of the server, on one model in one run.
 *
 *   npm run bench -- throughput [checkpoint | shape=<name>] [rows…] [--device <device>]
 *
 * `sample` is a rollout: one cache block for each row, read in place. `engine` has the server's blocks, and reads the tokens of
 * a step before it begins the next; `ahead` begins it before, as a server does for replies without rules. `http` is `aha serve`
 * with as many clients at once, streamed: texts, events and two processes included. All draw at temperature 1 from the whole distribution. `shape` is a published shape (bench/gpu/shapes.ts) with random weights.
 *
 * Three runs each, one after the other in the same engine, and seven in the same server. The first meets its shapes for the
 * first time (graphs are recorded, code is compiled) and has a column of its own; the other column is the median. Each run of
 * the server has a line of its own too: when its replies began, CUDA graphs recorded, and passes that read prompts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { quantiles } from '../src/evaluation/statistics/quantile.ts';
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
} from '../src/inference/engine/index.ts';
import { initModel, type LanguageModel, loadModel, parseConfig } from '../src/models/index.ts';
import { Random } from '../src/random.ts';
import { Tokenizer } from '../src/text/index.ts';
import { resolveDevice } from '../src/torch/index.ts';
import { writeRandomCheckpoint } from './gpu/random-checkpoint.ts';
import { Settings } from './gpu/settings.ts';
import { SHAPES, type ShapeName } from './gpu/shapes.ts';
import { startServer } from './serving.ts';
import { askAtOnce, type Served } from './throughput-client.ts';

const PROMPT_TOKENS = 24;
const NEW_TOKENS = 128;
const REPEATS = 3;
const SERVED_REPEATS = 7;
/** A vocabulary of which a random draw is hardly ever an end. */
const MANY_TOKENS = 10_000;

interface Asked {
  readonly checkpoint: string | null;
  readonly shape: ShapeName;
  readonly counts: readonly number[];
  readonly device: string;
}

/** Prints a row for each number of replies at once. */
export async function throughput(...words: string[]): Promise<void> {
  const asked = askedOf(words);
  const { checkpoint, shape, device } = asked;
  if (checkpoint !== null) {
    await measured(checkpoint, checkpoint, asked);
    return;
  }
  const dir = mkdtempSync(path.join(tmpdir(), 'aha-throughput-'));
  try {
    const random = path.join(dir, 'model');
    const dtype = device === 'cpu' ? 'float32' : 'bfloat16';
    await writeRandomCheckpoint(initModel(parseConfig(SHAPES[shape], shape), 0, { device, dtype }), random);
    await measured(`random weights of shape ${shape}`, random, asked);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function askedOf(words: readonly string[]): Asked {
  const at = words.indexOf('--device');
  const device = resolveDevice(at < 0 ? 'auto' : (words[at + 1] ?? ''));
  const rest = at < 0 ? words : words.toSpliced(at, 2);
  const settings = new Settings(rest.filter((word) => word.includes('=')));
  const shapes = Object.keys(SHAPES) as ShapeName[];
  const shape = settings.text('shape', '') === '' ? null : settings.oneOf('shape', shapes, 'qwen2');
  settings.done();
  const plain = rest.filter((word) => !word.includes('='));
  const counts = plain.filter((word) => Number(word) > 0).map(Number);
  const [checkpoint = 'models/tiny-base'] = plain.filter((word) => !(Number(word) > 0));
  return {
    checkpoint: shape === null ? checkpoint : null,
    shape: shape ?? 'qwen2',
    counts: counts.length > 0 ? counts : [1, 8, 32],
    device,
  };
}

async function measured(title: string, checkpoint: string, { counts, device }: Asked): Promise<void> {
  const model = loadModel(checkpoint, { device, dtype: device === 'cpu' ? 'float32' : 'bfloat16' });
  const bias = biasOf(checkpoint, model);
  const inProcess = counts.map((count) => ({
    sampler: repeated(() => sampled(model, count)),
    engine: engined(model, count, bias, false),
    ahead: engined(model, count, bias, true),
  }));
  model.dispose();
  const http = await overHttp(checkpoint, counts, bias, device);
  console.log(`${title}, ${PROMPT_TOKENS} prompt tokens and ${NEW_TOKENS} new ones, ${device}; tokens/s`);
  console.log(
    'replies at once | sample | engine, first | engine | ahead | http, first | http | http ÷ engine | http ÷ ahead | first event ms: median, last',
  );
  for (const [i, count] of counts.entries()) {
    const { sampler, engine, ahead } = inProcess[i]!;
    const runs = http[i]!;
    const served = runs.map(({ tokensPerSecond }) => tokensPerSecond);
    const figures = [
      count,
      ...[median(sampler), engine[0]!, median(engine), median(ahead), served[0]!, median(served)].map(
        (figure) => figure.toFixed(0),
      ),
      ...[engine, ahead].map((rates) => (median(served) / median(rates)).toFixed(2)),
      [runs.map(({ firstEventMs }) => firstEventMs), runs.map(({ lastBegunMs }) => lastBegunMs)]
        .map((ms) => median(ms).toFixed(0))
        .join(', '),
    ];
    console.log(figures.join(' | '));
  }
}

/** What keeps a trained model from ending early. Random weights seldom do, and a bias would be work for nothing. */
function biasOf(checkpoint: string, { config }: LanguageModel): { readonly [token: string]: number } {
  const ends = config.vocabSize > MANY_TOKENS ? [] : Tokenizer.load(checkpoint).eosIds;
  return Object.fromEntries(ends.map((id) => [id, -100]));
}

function repeated(measure: () => number): number[] {
  return Array.from({ length: REPEATS }, measure);
}

function median(values: readonly number[]): number {
  return quantiles(values, [0.5])[0]!;
}

function promptOf(row: number): Int32Array {
  return Int32Array.from({ length: PROMPT_TOKENS }, (_, t) => 8 + ((7 * t + 3 * row) % 70));
}

/** Tokens per second of `run`, which makes `tokens`. */
function rate(tokens: number, run: () => void): number {
  const begun = performance.now();
  run();
  return tokens / ((performance.now() - begun) / 1000);
}

function sampled(model: LanguageModel, rows: number): number {
  const prompts = Array.from({ length: rows }, (_, row) => promptOf(row));
  const options = { temperature: 1, groupSize: 1, maxTokens: NEW_TOKENS, stopTokens: [], seed: 1 };
  return rate(rows * NEW_TOKENS, () => void sample(model, prompts, options));
}

/** Takes tokens and does nothing with them. */
class Counter implements Continuation {
  readonly ready = true;
  readonly free: boolean;
  #taken = 0;

  /** @param free - steps are begun before the tokens of the last are read */
  constructor(free: boolean) {
    this.free = free;
  }

  constrain(): TokenRule {
    return FREE;
  }
  accept(_chosen: Chosen): boolean {
    return ++this.#taken < NEW_TOKENS;
  }
  started(): void {}
  failed(error: unknown): void {
    throw error;
  }
}

/** Tokens per second of each run, all by one engine. */
function engined(
  model: LanguageModel,
  rows: number,
  bias: { readonly [token: string]: number },
  ahead: boolean,
): number[] {
  const cacheTokens = rows * (PROMPT_TOKENS + NEW_TOKENS + 16);
  const context = Math.min(model.config.maxPositions, cacheTokens);
  const engine = new Engine(model, {
    maxRows: rows,
    context,
    blockSize: 16,
    cacheTokens,
    prefillTokens: 4096,
    favours: 'latency',
  });
  const added = new Map(Object.entries(bias).map(([token, amount]) => [Number(token), amount]));
  const run = (): number => {
    for (let row = 0; row < rows; row++) {
      const random = Random.derive(row, 'throughput');
      const sampling = {
        ...PLAIN,
        temperature: 1,
        bias: added,
        counts: new Map<number, number>(),
        random,
      };
      engine.add(new Sequence(new Prompt(promptOf(row)), sampling, new Counter(ahead)));
    }
    return rate(rows * NEW_TOKENS, () => {
      while (engine.busy) engine.step();
    });
  };
  try {
    return repeated(run);
  } finally {
    engine.dispose();
  }
}

/** The same load through `aha serve`. */
async function overHttp(
  checkpoint: string,
  counts: readonly number[],
  bias: { readonly [token: string]: number },
  device: string,
): Promise<Served[][]> {
  const rows = ['--max-rows', `${Math.max(...counts)}`];
  const { child, url } = await startServer([`model=${checkpoint}`, '--no-page', '--device', device, ...rows]);
  const served: Served[][] = [];
  for (const clients of counts) {
    const runs: Served[] = [];
    for (let run = 0; run < SERVED_REPEATS; run++) {
      const before = await countsOf(url);
      const one = await askAtOnce(url, { clients, newTokens: NEW_TOKENS, bias });
      const after = await countsOf(url);
      const [graphs, passes] = after.map((count, k) => count - before[k]!);
      const begun = `first event ${one.firstEventMs.toFixed(0)} ms (median), ${one.lastBegunMs.toFixed(0)} (last)`;
      console.log(
        `http, ${clients} replies, run ${run + 1}: ${one.tokensPerSecond.toFixed(0)} tokens/s, ${begun}, ` +
          `${graphs} graphs recorded, ${passes} prompt passes`,
      );
      runs.push(one);
    }
    served.push(runs);
  }
  child.kill('SIGTERM');
  return served;
}

/** A model's process tells of its counters this often. */
const STATS_MS = 500;

/** CUDA graphs recorded and passes that read prompts, since the server began. */
async function countsOf(url: URL): Promise<number[]> {
  await sleep(STATS_MS + 100);
  const metrics = await (await fetch(new URL('/metrics', url))).text();
  return ['graphs_recorded', 'prompt_passes'].map((name) =>
    Number(new RegExp(`^aha_engine_${name}_total(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(metrics)?.[1]),
  );
}
