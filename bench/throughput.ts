/**
 * @file Tokens per second of the engine as a rollout and as the server set it, and of the server, on one model in one run.
 *
 *   npm run bench -- throughput [checkpoint] [rows…]
 *
 * `sample` is a rollout: one cache block for each row, read in place. `engine` has the server's blocks, which each pass
 * gathers. `http` is `aha serve` asked by as many clients at once, streamed: texts, events, two processes included.
 */
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
import { type LanguageModel, loadModel } from '../src/models/index.ts';
import { Random } from '../src/random.ts';
import { Tokenizer } from '../src/text/index.ts';
import { resolveDevice } from '../src/torch/index.ts';
import { startServer } from './serving.ts';

const PROMPT_TOKENS = 24;
const NEW_TOKENS = 128;
const REPEATS = 3;

/** Prints a row for each number of replies at once; medians of three. */
export async function throughput(checkpoint = 'models/tiny-base', ...rows: string[]): Promise<void> {
  const device = resolveDevice('auto');
  const model = loadModel(checkpoint, { device, dtype: device === 'cpu' ? 'float32' : 'bfloat16' });
  const counts = rows.length > 0 ? rows.map(Number) : [1, 8, 32];
  const inProcess = counts.map((count) => ({
    sampler: repeated(() => sampled(model, count)),
    engine: repeated(() => engined(model, count)),
  }));
  model.dispose();
  const http = await overHttp(checkpoint, counts);
  console.log(
    `${checkpoint}, ${PROMPT_TOKENS} prompt tokens and ${NEW_TOKENS} new ones, ${device}; tokens/s`,
  );
  console.log('replies at once | sample | engine | http | engine ÷ sample | http ÷ engine');
  for (const [i, count] of counts.entries()) {
    const { sampler, engine } = inProcess[i]!;
    const served = http[i]!;
    const figures = [
      count,
      ...[sampler, engine, served].map((figure) => figure.toFixed(0)),
      (engine / sampler).toFixed(2),
      (served / engine).toFixed(2),
    ];
    console.log(figures.join(' | '));
  }
}

/** Median of so many measurements. */
function repeated(measure: () => number): number {
  return median(Array.from({ length: REPEATS }, measure));
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
  #taken = 0;
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

function engined(model: LanguageModel, rows: number): number {
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
  for (let row = 0; row < rows; row++) {
    const random = Random.derive(row, 'throughput');
    const sampling = { ...PLAIN, temperature: 1, counts: new Map<number, number>(), random };
    engine.add(new Sequence(new Prompt(promptOf(row)), sampling, new Counter()));
  }
  try {
    return rate(rows * NEW_TOKENS, () => {
      while (engine.busy) engine.step();
    });
  } finally {
    engine.dispose();
  }
}

/** The same load through `aha serve`. */
async function overHttp(checkpoint: string, counts: readonly number[]): Promise<number[]> {
  const { child, url } = await startServer([
    `model=${checkpoint}`,
    '--no-page',
    '--max-rows',
    `${Math.max(...counts)}`,
  ]);
  const ends = Object.fromEntries(Tokenizer.load(checkpoint).eosIds.map((id) => [id, -100]));
  const rates: number[] = [];
  for (const count of counts) {
    const measured: number[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat++)
      measured.push(await asked(new URL('/v1/chat/completions', url), count, ends));
    rates.push(median(measured));
  }
  child.kill('SIGTERM');
  return rates;
}

/** So many streamed replies at once; tokens per second. */
async function asked(url: URL, clients: number, ends: object): Promise<number> {
  const begun = performance.now();
  const tokens = await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      const content = `what is ${client + 1} + 2 + 30 + 4 ?`;
      const body = {
        model: 'model',
        messages: [{ role: 'user', content }],
        max_tokens: NEW_TOKENS,
        stream: true,
        seed: client,
        logit_bias: ends,
      };
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const text = await response.text();
      return Number(/"completion_tokens":(\d+)/.exec(text)?.[1]);
    }),
  );
  return tokens.reduce((sum, count) => sum + count, 0) / ((performance.now() - begun) / 1000);
}
