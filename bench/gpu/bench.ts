/**
 * @file Helpers of the GPU measurements: the model of a published shape with random weights, the clock, the line
 * printed.
 *
 * Every measurement prints one JSON object a line: `who`, `mode`, `shape`, `dtype`, `precision`, `kernels` (whether
 * fused kernels run), `tag`, then its figures. `peer.py` prints the same for transformers.
 */
import { appendFileSync } from 'node:fs';
import {
  initModel,
  type LanguageModel,
  type Numerics,
  parseConfig,
  useNumerics,
} from '../../src/models/index.ts';
import { PRECISIONS } from '../../src/precision.ts';
import { Random } from '../../src/random.ts';
import { type DType, memory, resolveDevice, runsKernels, synchronize } from '../../src/torch/index.ts';
import type { Settings } from './settings.ts';
import { SHAPES, type Shape, type ShapeName } from './shapes.ts';

const GIBIBYTE = 2 ** 30;
/** Dense bfloat16 FLOP/s of an H100 or H200, which `mfu` is a share of. */
const PEAK_FLOPS = 989e12;
/** Token ids of random rows: the special tokens of the large vocabularies are above. */
const ORDINARY_TOKENS = 150_000;

/** One measurement: its model, its device, its clock and what it prints. */
export class Bench {
  readonly device: string;
  readonly cuda: boolean;
  readonly precision: Numerics['precision'];
  /** Of the weights that are computed with. */
  readonly dtype: Numerics['dtype'];
  readonly shape: ShapeName;
  readonly vocabulary: number;
  readonly #mode: string;
  readonly #tag: string;
  readonly #windows: string;
  readonly #random = Random.derive(12_345, 'bench');

  /**
   * @param defaultShape - of a machine with a GPU; `tiny` on the CPU
   * @param fixed - the shape where the measurement chooses it
   */
  constructor(mode: string, settings: Settings, defaultShape: ShapeName = 'qwen2', fixed?: ShapeName) {
    this.#mode = mode;
    this.device = resolveDevice(settings.text('device', 'auto'));
    this.cuda = this.device.startsWith('cuda');
    const shapes = Object.keys(SHAPES) as ShapeName[];
    this.shape = fixed ?? settings.oneOf('shape', shapes, this.cuda ? defaultShape : 'tiny');
    const dtype = settings.oneOf('dtype', ['float32', 'bfloat16'], 'float32');
    const asked = settings.oneOf('precision', PRECISIONS, dtype === 'bfloat16' ? 'bf16' : 'fp32');
    ({ precision: this.precision, dtype: this.dtype } = useNumerics(asked, this.device));
    this.vocabulary = SHAPES[this.shape].vocab_size;
    this.#tag = settings.text('tag', '');
    this.#windows = settings.text('windows', '');
  }

  /** `large` on a GPU, `small` on the CPU: the default of a setting that only a GPU does in seconds. */
  sized<T>(large: T, small: T): T {
    return this.cuda ? large : small;
  }

  /** A model of the shape, its weights from seed 0: the same on every device. */
  model(dtype: DType = this.dtype): LanguageModel {
    const { device } = this;
    return initModel(parseConfig(SHAPES[this.shape], this.shape), 0, { device, dtype });
  }

  tokens(count: number): Int32Array {
    const end = Math.min(this.vocabulary, ORDINARY_TOKENS) - 1;
    return Int32Array.from({ length: count }, () => this.#random.int(0, end));
  }

  synchronize(): void {
    synchronize(this.device);
  }

  /** Milliseconds of one call, its work on the device included. */
  time(fn: () => void): number {
    const begun = now();
    fn();
    this.synchronize();
    return milliseconds(begun, now());
  }

  /** Device memory in GiB, 0 on the CPU: what is live, and the most that was. */
  get memoryGiB(): { readonly live: number; readonly peak: number } {
    const { cuda } = memory(this.device);
    return { live: (cuda?.allocated ?? 0) / GIBIBYTE, peak: (cuda?.peak ?? 0) / GIBIBYTE };
  }

  /** Notes a stretch of time for `npm run bench -- trace`, where `windows=<file>` asks for it. */
  window(name: string, from: bigint, to: bigint, steps: number): void {
    if (this.#windows !== '') appendFileSync(this.#windows, `${name} ${from} ${to} ${steps}\n`);
  }

  /**
   * Warms up, times a step several times and prints the median, with what the last step computed.
   * @param counts - of a step: all its tokens, the length of their rows, the model's parameters
   */
  steps({ warm, runs }: Repeats, step: () => Outcome, counts: StepCounts, more: object): void {
    let last: Outcome | undefined;
    const take = (): void => {
      last = step();
    };
    for (let i = 0; i < warm; i++) take();
    this.synchronize();
    const begun = now();
    const times = Array.from({ length: runs }, () => this.time(take));
    this.window(`aha-${this.#mode}-${this.shape}-${this.dtype}-${this.#tag}`, begun, now(), runs);
    const ms = median(times);
    const perSecond = (counts.tokens / ms) * 1000;
    this.print({
      ms: round(ms, 2),
      min: round(Math.min(...times), 2),
      max: round(Math.max(...times), 2),
      tokps: Math.round(perSecond),
      mfu: this.mfu(counts, perSecond),
      peakGiB: round(this.memoryGiB.peak, 2),
      loss: last?.loss,
      gradNorm: last?.gradNorm,
      ...more,
    });
  }

  /** Share of the card's bfloat16 FLOP/s that training at this speed uses, in %. */
  mfu(counts: Omit<StepCounts, 'tokens'>, tokensPerSecond: number): number {
    return round(((this.#flops(counts) * tokensPerSecond) / PEAK_FLOPS) * 100, 1);
  }

  /** FLOP of training on one token: 6 a parameter, and attention over half of its row. */
  #flops({ parameters, length }: Omit<StepCounts, 'tokens'>): number {
    const shape: Shape = SHAPES[this.shape];
    const headDim = shape.head_dim ?? shape.hidden_size / shape.num_attention_heads;
    return 6 * parameters + 6 * shape.num_hidden_layers * shape.num_attention_heads * headDim * length;
  }

  print(figures: object): void {
    const { shape, dtype, precision, device } = this;
    const kernels = runsKernels(device, dtype);
    const of = { who: 'aha', mode: this.#mode, shape, dtype, precision, kernels, tag: this.#tag };
    console.log(JSON.stringify({ ...of, ...figures }));
  }
}

/** How often a step is taken: first untimed, then timed. */
interface Repeats {
  readonly warm: number;
  readonly runs: number;
}

/** The settings `warm` and `runs`. */
export function repeatsOf(settings: Settings): Repeats {
  return { warm: settings.number('warm', 3, 0), runs: settings.number('runs', 7) };
}

/** What a step computed: the same on every machine, but for rounding. */
interface Outcome {
  readonly loss: number;
  readonly gradNorm: number;
}

interface StepCounts {
  readonly tokens: number;
  readonly length: number;
  readonly parameters: number;
}

/** Nanoseconds of CLOCK_MONOTONIC, which trace.cc writes too. */
export function now(): bigint {
  return process.hrtime.bigint();
}

export function milliseconds(from: bigint, to: bigint): number {
  return Number(to - from) / 1e6;
}

/** The upper median; NaN of nothing. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

export function parametersOf(model: LanguageModel): number {
  return model.parameters().reduce((sum, { numel }) => sum + numel, 0);
}
