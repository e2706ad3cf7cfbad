/**
 * @file Growth of time and memory with the length of rows, the rows decoded at once, the size of groups, and the model.
 *
 *   npm run bench -- gpu growth dtype=bfloat16 > growth.jsonl
 *   npm run bench -- growth-plots growth.jsonl <directory>
 *
 * A warm-up takes another shape than what is measured: real steps meet each shape for the first time too. Only the time of
 * libraries that load with the first step is kept out.
 */
import { padRows, type Rows } from '../../src/data/index.ts';
import { UserError } from '../../src/errors.ts';
import { sample } from '../../src/inference/engine/index.ts';
import { initModel, type LanguageModel, parseConfig } from '../../src/models/index.ts';
import { Learner, optimizerSchema } from '../../src/rl/update/index.ts';
import { nextTokenStep } from '../../src/stages/common/next-token.ts';
import { emptyCache, resetPeak } from '../../src/torch/index.ts';
import { Bench, median, parametersOf, round } from './bench.ts';
import type { Settings } from './settings.ts';
import { SHAPES, type ShapeName } from './shapes.ts';

/** What grows. */
export const AXES = ['length', 'rows', 'group', 'model'] as const;

export type Axis = (typeof AXES)[number];

/** From small to large, with the rows of 1,024 tokens that a step takes. */
const MODELS: readonly (readonly [shape: ShapeName, rows: number])[] = [
  ['m10', 16],
  ['m135', 16],
  ['qwen2', 16],
  ['qwen1b', 8],
  ['qwen3b', 8],
  ['qwen7b', 4],
];

/** Sizes that a GPU needs seconds for, and a CPU as well. */
interface Sizes {
  readonly lengths: readonly number[];
  /** Tokens of a training step; a longer row is a step of its own. */
  readonly tokens: number;
  readonly rows: readonly number[];
  readonly groups: readonly number[];
  /** Tokens of prompts and responses that are decoded. */
  readonly prompt: number;
  readonly response: number;
  readonly models: typeof MODELS;
  readonly modelLength: number;
}

const LARGE: Sizes = {
  lengths: [512, 1024, 2048, 4096, 8192, 16_384, 32_768],
  tokens: 16_384,
  rows: [1, 4, 16, 64, 256, 512],
  groups: [1, 2, 4, 8, 16, 32, 64],
  prompt: 512,
  response: 128,
  models: MODELS,
  modelLength: 1024,
};

const SMALL: Sizes = {
  lengths: [16, 32, 64],
  tokens: 64,
  rows: [1, 2, 4],
  groups: [1, 2, 4],
  prompt: 16,
  response: 8,
  models: [
    ['tiny', 2],
    ['world', 2],
  ],
  modelLength: 32,
};

/** `axes`: those of the list. `runs`: measured steps of each point. */
export function growth(settings: Settings): void {
  const axes = settings.some('axes', AXES);
  const runs = settings.number('runs', 3);
  const bench = new Bench('growth', settings);
  settings.done();
  const sizes = bench.sized(LARGE, SMALL);
  if (axes.includes('length')) lengths(bench, sizes, runs);
  if (axes.includes('rows') || axes.includes('group')) decoding(bench, sizes, axes);
  if (axes.includes('model')) models(settings, sizes, runs);
}

/** Fine-tuning steps of about the same number of tokens in rows of growing length, with and without recomputation. */
function lengths(bench: Bench, sizes: Sizes, runs: number): void {
  const learner = learnerOf(bench);
  warm(bench, learner, sizes.lengths[0]!);
  for (const recompute of [false, true]) {
    for (const length of sizes.lengths) {
      const rows = Math.max(1, Math.floor(sizes.tokens / length));
      const figures = training(bench, learner, { rows, length, recompute, runs });
      bench.print({ axis: 'length', x: length, rows, recompute, ...figures });
    }
  }
  learner.dispose();
  learner.model.dispose();
  emptyCache();
}

/** Fine-tuning steps of growing models. */
function models(settings: Settings, sizes: Sizes, runs: number): void {
  for (const [shape, rows] of sizes.models) {
    const bench = new Bench('growth', settings, shape, shape);
    const recompute = shape === 'qwen7b';
    try {
      const learner = learnerOf(bench);
      warm(bench, learner, sizes.modelLength);
      const figures = training(bench, learner, { rows, length: sizes.modelLength, recompute, runs });
      bench.print({ axis: 'model', x: parametersOf(learner.model), rows, recompute, ...figures });
      learner.dispose();
      learner.model.dispose();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      bench.print({ axis: 'model', x: null, rows, recompute, failed: error.message });
    }
    emptyCache();
  }
}

function learnerOf(bench: Bench): Learner {
  const model = drawn(bench, bench.cuda ? bench.dtype : 'float32');
  return new Learner(model, optimizerSchema.parse({ peak: 1e-5 }), 1000, bench.dtype);
}

/** Random weights, drawn where they are used: a large model would take minutes to draw on the host. */
function drawn({ shape, device }: Bench, dtype: Bench['dtype']): LanguageModel {
  return initModel(parseConfig(SHAPES[shape], shape), 0, { device, dtype, drawnOn: 'device' });
}

/** Three steps of a shape that is not measured. */
function warm(bench: Bench, learner: Learner, length: number): void {
  const row = Math.max(2, length - 8);
  for (let i = 0; i < 3; i++) nextTokenStep(learner, [rowsOf(bench, 1, row)]);
}

interface Training {
  readonly rows: number;
  readonly length: number;
  readonly recompute: boolean;
  readonly runs: number;
}

/** Time of the first step of a shape and of later ones, tokens/s of these, and the peak of memory. */
function training(bench: Bench, learner: Learner, { rows, length, recompute, runs }: Training): object {
  emptyCache();
  if (bench.cuda) resetPeak(bench.device);
  try {
    const times = Array.from({ length: runs + 1 }, () => {
      const batch = rowsOf(bench, rows, length);
      return bench.time(() => void nextTokenStep(learner, [batch], { recompute }));
    });
    const ms = median(times.slice(1));
    const tokps = Math.round((rows * length * 1000) / ms);
    return {
      firstMs: round(times[0]!, 1),
      ms: round(ms, 1),
      tokps,
      mfu: bench.mfu({ length, parameters: parametersOf(learner.model) }, tokps),
      peakGiB: round(bench.memoryGiB.peak, 2),
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { failed: 'out of memory' };
  }
}

function rowsOf(bench: Bench, rows: number, length: number): Rows {
  const trained = new Uint8Array(length).fill(1);
  return padRows(
    Array.from({ length: rows }, () => ({ tokens: bench.tokens(length), trained })),
    0,
  );
}

/** Responses decoded: more rows at once, and the same rows in larger groups, whose prompts are read once a group. */
function decoding(bench: Bench, sizes: Sizes, axes: readonly Axis[]): void {
  const model = drawn(bench, bench.dtype);
  decode(bench, model, { prompts: 2, group: 1, prompt: sizes.prompt - 5, response: 4 });
  const { prompt, response } = sizes;
  if (axes.includes('rows')) {
    for (const rows of sizes.rows)
      print('rows', rows, decode(bench, model, { prompts: rows, group: 1, prompt, response }));
  }
  if (axes.includes('group')) {
    const rows = sizes.groups.at(-1)!;
    for (const group of sizes.groups)
      print('group', group, decode(bench, model, { prompts: rows / group, group, prompt, response }));
  }
  model.dispose();
  emptyCache();

  function print(axis: Axis, x: number, figures: object): void {
    bench.print({ axis, x, ...figures });
  }
}

interface Decoding {
  readonly prompts: number;
  readonly group: number;
  readonly prompt: number;
  readonly response: number;
}

function decode(bench: Bench, model: LanguageModel, { prompts, group, prompt, response }: Decoding): object {
  const rows = prompts * group;
  emptyCache();
  if (bench.cuda) resetPeak(bench.device);
  const tokens = Array.from({ length: prompts }, () => bench.tokens(prompt));
  const options = { groupSize: group, maxTokens: response, maxRows: rows, stopTokens: [], seed: 1 };
  const ms = bench.time(() => void sample(model, tokens, { temperature: 1, ...options }));
  return {
    rows,
    ms: round(ms, 1),
    tokps: Math.round((rows * response * 1000) / ms),
    peakGiB: round(bench.memoryGiB.peak, 2),
  };
}
