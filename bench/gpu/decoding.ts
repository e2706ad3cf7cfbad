/** @file Decoding: sample(), the engine as a server drives it, and one step recorded as a CUDA graph. */
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
import {
  aten,
  CudaGraph,
  dispose,
  indices,
  keep,
  noGrad,
  rand,
  scope,
  type Tensor,
  zeros,
} from '../../src/torch/index.ts';
import { Bench, median, milliseconds, now, round } from './bench.ts';
import type { Settings } from './settings.ts';

/** Steps in the stretch of time that is noted for a trace. */
const TRACED_STEPS = 40;

/**
 * sample(): rows of equal prompts, or with `vary=1` of 16 lengths, that all run to the end.
 *
 * `batches`: rows at once. `prompt`, `new`: tokens. `group`: rows that share a prompt.
 */
export function sampled(settings: Settings): void {
  const bench = new Bench('sample', settings);
  const batches = settings.numbers('batches', bench.sized([1, 64, 256], [1, 4]));
  const P = settings.number('prompt', bench.sized(512, 128));
  const G = settings.number('new', bench.sized(512, 24), 2);
  const group = settings.number('group', 1);
  const vary = settings.flag('vary');
  settings.done();
  const model = bench.model();
  for (const B of batches) {
    const lengths = Array.from({ length: Math.ceil(B / group) }, (_, i) =>
      vary ? Math.max(1, P - (i % 16) * 8) : P,
    );
    const prompts = lengths.map((length) => bench.tokens(length));
    const run = (maxTokens: number, onToken?: (row: number) => void): void => {
      const options = { temperature: 1, groupSize: group, maxTokens, maxRows: B, stopTokens: [], seed: 1 };
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
  #left: number;

  constructor(tokens: number) {
    this.#left = tokens;
  }

  constrain(): TokenRule {
    return FREE;
  }

  accept(_chosen: Chosen): boolean {
    Taker.made++;
    return --this.#left > 0;
  }

  started(): void {}

  failed(error: unknown): void {
    throw error;
  }
}

/**
 * The engine with blocks of 16 tokens and prompts read between steps, as `aha serve` runs it.
 *
 * `batches`, `prompt`, `new` as for sample. `stagger=1`: rows end between half of `new` and all of it. `topp`: top-p.
 */
export function engine(settings: Settings): void {
  const bench = new Bench('engine', settings);
  const batches = settings.numbers('batches', bench.sized([1, 64, 256], [1, 4]));
  const P = settings.number('prompt', bench.sized(512, 128));
  const G = settings.number('new', bench.sized(512, 24), 2);
  const topP = settings.number('topp', 1, 0);
  const stagger = settings.flag('stagger');
  settings.done();
  const model = bench.model();
  for (const B of batches) {
    const load = { bench, model, rows: B, prompt: P, topP, stagger };
    drive(load, Math.min(4, G), () => undefined);
    const at: bigint[] = [];
    Taker.made = 0;
    const begun = now();
    drive(load, G, () => void at.push(now()));
    const total = milliseconds(begun, now());
    const steps = between(at);
    const end = Math.max(1, at.length - 100);
    bench.window(
      `aha-engine-${bench.shape}-${bench.dtype}-B${B}`,
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
      total_s: round(total / 1000, 2),
      step_ms: round(median(steps), 3),
      step_last: round(median(late), 3),
      stagger,
      made: Taker.made,
      tokps: Math.round((Taker.made / total) * 1000),
      decode_tokps: Math.round((B / median(late)) * 1000),
      peakGiB: round(bench.memoryGiB.peak, 2),
    });
  }
}

interface Load {
  readonly bench: Bench;
  readonly model: LanguageModel;
  readonly rows: number;
  readonly prompt: number;
  readonly topP: number;
  readonly stagger: boolean;
}

/** Runs all rows to their end. */
function drive(
  { bench, model, rows, prompt, topP, stagger }: Load,
  tokens: number,
  stepped: () => void,
): void {
  const context = Math.min(model.config.maxPositions, prompt + tokens + 32);
  const cacheTokens = rows * (prompt + tokens + 32);
  const running = new Engine(model, {
    maxRows: rows,
    context,
    blockSize: 16,
    cacheTokens,
    prefillTokens: 4096,
    favours: 'latency',
  });
  for (let row = 0; row < rows; row++) {
    const random = Random.derive(row, 'bench');
    const sampling = { ...PLAIN, temperature: 1, topP, counts: new Map<number, number>(), random };
    const share = stagger ? 0.5 + (0.5 * (row + 1)) / rows : 1;
    const taker = new Taker(Math.max(1, Math.round(tokens * share)));
    running.add(new Sequence(new Prompt(bench.tokens(prompt)), sampling, taker));
  }
  while (running.busy) {
    running.step();
    stepped();
  }
  bench.synchronize();
  running.dispose();
}

const searchSorted = aten('searchsorted.Tensor');

/** A token a row at temperature 1, as the engine draws it. float32 [B, V], [B, 1] → int64 [B, 1] */
function draw(logits: Tensor, uniforms: Tensor): Tensor {
  const sums = logits.logSoftmax(-1).exp().cumsum(-1);
  const marks = sums.narrow(-1, sums.size(-1) - 1, 1).mul(uniforms);
  return (searchSorted(sums, marks, false, true) as Tensor).clamp_(null, sums.size(-1) - 1);
}

/**
 * One decoding step at the end of `S` tokens: operator by operator, and on a GPU as a CUDA graph, the draw of a token
 * outside or inside of it.
 */
export function graph(settings: Settings): void {
  const bench = new Bench('graph', settings);
  const S = settings.number('S', bench.sized(1024, 128), 2);
  const batches = settings.numbers('batches', bench.sized([1, 64, 256], [1, 4]));
  settings.done();
  const model = bench.model();
  for (const B of batches) noGrad(() => scope(() => measureGraph(bench, model, B, S)));
}

function measureGraph(bench: Bench, model: LanguageModel, B: number, S: number): void {
  const { device } = bench;
  const cache = model.newCache({ blocks: B, blockSize: S });
  const pass = cache.pass(
    Array.from({ length: B }, (_, row) => ({ blocks: [row], start: S - 1, tokens: 1 })),
  );
  const tokens = keep(indices(bench.tokens(B), [B, 1], device));
  const logits = keep(zeros([B, bench.vocabulary], { device }));
  const uniforms = keep(rand([B, 1], { device }));
  const step = (): void => {
    scope(() => void logits.copy_(model.logits(model.hidden({ tokens, cache: pass }).select(1, 0))));
  };
  const choose = (): void => {
    scope(() => void tokens.copy_(draw(logits, uniforms)));
  };
  const time = (fn: () => void, count = 30): number => {
    for (let i = 0; i < 3; i++) fn();
    bench.synchronize();
    const total = bench.time(() => {
      for (let i = 0; i < count; i++) fn();
    });
    return round(total / count, 3);
  };
  const eager = time(() => {
    step();
    choose();
  });
  bench.print({
    B,
    S,
    eager_ms: eager,
    ...(bench.cuda && graphFigures(device, { step, choose, tokens, time })),
  });
  dispose([tokens, logits, uniforms]);
  cache.dispose();
}

interface Steps {
  readonly step: () => void;
  readonly choose: () => void;
  readonly tokens: Tensor;
  readonly time: (fn: () => void, count: number) => number;
}

/** Milliseconds of a step that is replayed; the error's message where it cannot be recorded. */
function graphFigures(device: string, { step, choose, tokens, time }: Steps): object {
  const model = recorded(device, 'graph_error', step, (replay) => ({
    graph_model_ms: time(replay, 100),
    graph_plus_eager_choose_ms: time(() => {
      replay();
      choose();
    }, 100),
    graph_choose_and_read_ms: time(() => {
      replay();
      choose();
      tokens.toInt32Array();
    }, 100),
  }));
  const whole = (): void => {
    step();
    choose();
  };
  const all = recorded(device, 'graph_all_error', whole, (replay) => ({ graph_all_ms: time(replay, 100) }));
  return { ...model, ...all };
}

function recorded(
  device: string,
  onError: string,
  fn: () => void,
  measure: (replay: () => void) => object,
): object {
  try {
    const recording = new CudaGraph(device, fn);
    const figures = measure(() => recording.replay());
    recording.dispose();
    return figures;
  } catch (error) {
    return { [onError]: (error as Error).message.slice(0, 300) };
  }
}
