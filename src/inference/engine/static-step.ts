/**
 * @file StaticStep: one token for each row by operators whose shapes depend on two buckets alone, of rows and of columns.
 *
 * All that changes from step to step is in tensors that stay where they are: one upload brings it, and what is chosen is on
 * the device when the next step asks for it. Rows that fill up the bucket write into a block that nobody holds.
 */
import type { LanguageModel, ModelCache, StaticPasses } from '../../models/index.ts';
import {
  aten,
  Download,
  dispose,
  empty,
  keep,
  linear,
  runsKernels,
  scope,
  stack,
  type Tensor,
  Upload,
  where,
  zeros,
} from '../../torch/index.ts';
import { type AdjustedRow, Adjustments, NOWHERE, type Place } from './adjustments.ts';
import { type Cut, cutNumbers } from './cut.ts';
import { type DrawnTokens, drawn, drawnOfCut, drawnOrLikeliest, likeliest } from './draw.ts';
import { drawnByKernel } from './draw-kernel.ts';
import { Recorder } from './recorder.ts';

/** A row of a step. */
export interface StepRow extends AdjustedRow {
  readonly blocks: readonly number[];
  /** Tokens of the row in the cache: the position of its new one. */
  readonly start: number;
  /** The new token; or null where it is what the last step chose, in its row `source`. */
  readonly token: number | null;
  readonly source: number;
  /** Of the next token. */
  readonly cut: Cut;
  /** Of the next token; 1 where it is the most probable one. */
  readonly temperature: number;
  /** The number in [0, 1) that draws the next token; −1 for the most probable one. */
  readonly uniform: number;
}

/**
 * How the next tokens are chosen inside of the step:
 * - `no`: not at all, it gives logits
 * - `greedy`: the most probable ones, all of them
 * - `drawn`: drawn at temperature 1, all of them
 * - `each`: drawn at the temperature of each row, or the most probable ones
 * - `cut`: as `each`, of what the row's top k and top p leave
 *
 * Penalties and biases go before all of them but `no`.
 */
export type Choice = 'no' | 'greedy' | 'drawn' | 'each' | 'cut';

/** What a step chose: token and log π of it at the temperature of each row. */
export interface Drawn {
  readonly tokens: Float32Array;
  readonly logprobs: Float32Array;
}

export interface StaticStepOptions {
  /** Most rows of a step. */
  readonly rows: number;
  /** Longest row. */
  readonly context: number;
  /** A block of the cache that no row holds. */
  readonly scratch: number;
  /** Rows are the first blocks, each its own; see StaticRows. */
  readonly inOrder: boolean;
}

/** Numbers of a row in the input, in this order, before its blocks. */
const FIELD = {
  token: 0,
  source: 1,
  start: 2,
  uniform: 3,
  temperature: 4,
  kept: 5,
  mass: 6,
  slot: 7,
  adds: 8,
} as const;
const FIELDS = Object.keys(FIELD).length;
const LEAST_COLUMNS = 32;
/** The same where columns that no row uses cost next to nothing; each bucket has four times as many as the one before. */
const LEAST_CHEAP_COLUMNS = 512;
const NO_SOURCE = -1;
/** What is recorded before it is asked for: at most so many steps, of the choices that most requests make. */
const MOST_WARM = 40;
const WARM: readonly Choice[] = ['each', 'cut'];

const viewAs = aten('view.dtype');

/** What is chosen by a step, and whether penalties or biases go before. */
interface Kind {
  readonly choice: Choice;
  readonly adjusts: boolean;
}

export class StaticStep {
  readonly #model: LanguageModel;
  readonly #passes: StaticPasses;
  readonly #blockSize: number;
  readonly #options: StaticStepOptions;
  readonly #recorder: Recorder;
  readonly #upload: Upload;
  readonly #download: Download;
  readonly #adjustments: Adjustments;
  /** What the last step chose, int64 [rows]. */
  readonly #last: Tensor;
  /** The same for the host: tokens, then their log-probabilities, float32 [2 · rows]. */
  readonly #output: Tensor;
  /** [rows, V], from when they are first asked for */
  #logits: Tensor | null = null;
  /** Of the cache: its memory as the graphs know it. */
  #memory = -1;

  constructor(model: LanguageModel, cache: ModelCache, passes: StaticPasses, options: StaticStepOptions) {
    const { device } = model;
    const { rows, context } = options;
    this.#model = model;
    this.#passes = passes;
    this.#blockSize = cache.blockSize;
    this.#options = options;
    this.#recorder = new Recorder(device);
    this.#upload = new Upload(rows * (FIELDS + Math.ceil(context / cache.blockSize)), device);
    this.#download = new Download(2 * rows, device);
    this.#adjustments = new Adjustments(model.config.vocabSize, rows, device);
    this.#last = keep(zeros([rows], { dtype: 'int64', device }));
    this.#output = keep(zeros([2 * rows], { device }));
  }

  /** Why a step could not be recorded; null while all could. */
  get failure(): Error | null {
    return this.#recorder.failure;
  }

  get graphs(): number {
    return this.#recorder.size;
  }

  /** Graphs recorded so far. */
  get recorded(): number {
    return this.#recorder.recorded;
  }

  /** Records steps before any row asks for them: those of few columns first. To be called before the first step. */
  warm(): void {
    const { rows, context } = this.#options;
    let left = MOST_WARM;
    for (let columns = 0; columns < context; ) {
      columns = this.#columnsFor(columns + 1);
      for (const choice of WARM) {
        for (let B = 0; B < rows; left--) {
          if (left === 0 || this.failure !== null) return;
          B = Math.min(Math.max(1, 2 * B), rows);
          // The second time is the one that is recorded; recording waits for the device, as uploads in turn ask for.
          for (let run = 0; run < 2; run++) this.#runBucket([], B, columns, choice);
        }
      }
    }
  }

  /** Logits after the rows' tokens, [rows, V]: valid until the next step. */
  logits(rows: readonly StepRow[]): Tensor {
    this.#run(rows, 'no');
    return this.#logits!.narrow(0, 0, rows.length);
  }

  /** Chooses a token for each row. The result waits for the device; at most one step may be begun before that. */
  choose(rows: readonly StepRow[], choice: Exclude<Choice, 'no'>): () => Drawn {
    const bucket = this.#run(rows, choice);
    const wait = scope(() => this.#download.begin(this.#output.narrow(0, 0, 2 * bucket)));
    return () => {
      const both = wait();
      return { tokens: both.subarray(0, rows.length), logprobs: both.subarray(bucket) };
    };
  }

  /** @returns rows of the bucket */
  #run(rows: readonly StepRow[], choice: Choice): number {
    const longest = rows.reduce((most, { start }) => Math.max(most, start + 1), 0);
    const B = Math.min(2 ** Math.ceil(Math.log2(rows.length)), this.#options.rows);
    this.#runBucket(rows, B, this.#columnsFor(longest), choice);
    return B;
  }

  /** @param B - rows of the bucket: those given, and others that are none */
  #runBucket(rows: readonly StepRow[], B: number, columns: number, asked: Choice): void {
    const memory = this.#passes.prepare(columns);
    if (memory !== this.#memory) this.#recorder.clear();
    this.#memory = memory;
    if (asked === 'no') this.#holdLogits();
    const N = Math.ceil(columns / this.#blockSize);
    const adjusts = asked !== 'no' && rows.some(({ adjusted }) => adjusted !== null);
    // The kernel draws at the temperature of each row and takes the most probable token in the same way.
    const isAny = !adjusts && (asked === 'greedy' || asked === 'drawn') && this.#drawsAtOnce;
    const choice = isAny ? 'each' : asked;
    const places = adjusts ? this.#adjustments.place(rows, () => this.#recorder.clear()) : null;
    this.#upload.send(this.#inputOf(rows, places, B, N));
    const kind = { choice, adjusts };
    this.#recorder.run(`${B} rows of ${columns}, ${choice}${adjusts ? ', adjusted' : ''}`, () =>
      scope(() => this.#step(B, N, columns, kind)),
    );
  }

  /** Few buckets where columns are cheap; else powers of two and, where columns cost, the middle between them. */
  #columnsFor(longest: number): number {
    const { context } = this.#options;
    if (this.#passes.anyLength && this.#blockSize < context) {
      let cheap = LEAST_CHEAP_COLUMNS;
      while (cheap < longest) cheap *= 4;
      return Math.min(cheap, context);
    }
    let columns = LEAST_COLUMNS;
    while (columns < longest) columns *= 2;
    const middle = columns * 0.75;
    const free = this.#passes.anyOrder && this.#blockSize >= context;
    return Math.min(!free && longest <= middle && middle > LEAST_COLUMNS ? middle : columns, context);
  }

  #holdLogits(): void {
    if (this.#logits !== null) return;
    const { config, dtype, device } = this.#model;
    const wide = dtype === 'float64' ? 'float64' : 'float32';
    this.#logits = keep(empty([this.#options.rows, config.vocabSize], { dtype: wide, device }));
  }

  #inputOf(rows: readonly StepRow[], places: readonly Place[] | null, B: number, N: number): Int32Array {
    const input = new Int32Array(B * (FIELDS + N));
    const floats = new Float32Array(input.buffer);
    const all = (field: number): [number, number] => [field * B, (field + 1) * B];
    input.fill(NO_SOURCE, ...all(FIELD.source));
    floats.fill(1, ...all(FIELD.temperature));
    input.fill(1, ...all(FIELD.kept));
    input.fill(this.#options.scratch, FIELDS * B);
    for (let row = 0; row < rows.length; row++) {
      const { blocks, start, token, source, temperature, uniform, cut } = rows[row]!;
      const { kept, mass } = cutNumbers(cut, this.#model.config.vocabSize);
      const { slot, adds } = places?.[row] ?? NOWHERE;
      input[FIELD.token * B + row] = token ?? 0;
      input[FIELD.source * B + row] = token === null ? source : NO_SOURCE;
      input[FIELD.start * B + row] = start;
      floats[FIELD.uniform * B + row] = uniform;
      floats[FIELD.temperature * B + row] = temperature;
      input[FIELD.kept * B + row] = kept;
      floats[FIELD.mass * B + row] = mass;
      input[FIELD.slot * B + row] = slot;
      floats[FIELD.adds * B + row] = adds;
      const at = FIELDS * B + row * N;
      // Filled up with the row's own first block: what is masked still counts as 0 × its value.
      for (let n = 0; n < N; n++) input[at + n] = blocks[n] ?? blocks[0]!;
    }
    return input;
  }

  /** The operators of a step. */
  #step(B: number, N: number, columns: number, { choice, adjusts }: Kind): void {
    const { context: limit, inOrder } = this.#options;
    const source = this.#whole(B, 'source');
    const last = this.#last.indexSelect(0, source.clamp(0, null));
    const tokens = where(source.ge(0), last, this.#whole(B, 'token'));
    const table = this.#upload.target
      .narrow(0, FIELDS * B, B * N)
      .to('int64')
      .view([B, N]);
    const starts = this.#whole(B, 'start');
    const cache = this.#passes.pass({ starts, table, columns, limit, inOrder });
    const read = this.#model.hidden({ tokens: tokens.view([B, 1]), cache }).select(1, 0);
    if (choice === 'no') {
      this.#logits!.narrow(0, 0, B).copy_(this.#model.logits(read));
      return;
    }
    const { tokens: chosen, logprobs } =
      (adjusts || choice === 'cut' ? null : this.#drawnAtOnce(B, read)) ??
      this.#chosen(B, this.#adjusted(B, read, adjusts ? tokens : null), choice);
    this.#last.narrow(0, 0, B).copy_(chosen);
    this.#output
      .narrow(0, 0, 2 * B)
      .view([2, B])
      .copy_(stack([chosen.to(logprobs.dtype), logprobs]));
  }

  /** A kernel draws from logits as the head gives them. */
  get #drawsAtOnce(): boolean {
    const { headWeight: weight } = this.#model;
    return weight !== undefined && runsKernels(weight.device, weight.dtype);
  }

  /** Tokens by this kernel; null where it does not run. */
  #drawnAtOnce(B: number, read: Tensor): DrawnTokens | null {
    if (!this.#drawsAtOnce) return null;
    const logits = linear(read, this.#model.headWeight!);
    return drawnByKernel(logits, this.#real(B, 'uniform'), this.#real(B, 'temperature'));
  }

  /** Logits after the tokens, of which penalties and biases are told; null for neither. */
  #adjusted(B: number, read: Tensor, tokens: Tensor | null): Tensor {
    const logits = this.#model.logits(read);
    if (tokens === null) return logits;
    return this.#adjustments.apply(logits, this.#whole(B, 'slot'), tokens, this.#real(B, 'adds'));
  }

  #chosen(B: number, logits: Tensor, choice: Exclude<Choice, 'no'>): DrawnTokens {
    if (choice === 'greedy') return likeliest(logits);
    const uniforms = this.#real(B, 'uniform');
    if (choice === 'drawn') return drawn(logits, uniforms);
    const temperatures = this.#real(B, 'temperature');
    if (choice === 'each') return drawnOrLikeliest(logits.div(temperatures.view([B, 1])), uniforms);
    const cut = { kept: this.#whole(B, 'kept'), mass: this.#real(B, 'mass') };
    return drawnOfCut({ logits, temperatures }, cut, uniforms);
  }

  /** A field of whole numbers of all rows of the input, int64 [B]. */
  #whole(B: number, field: keyof typeof FIELD): Tensor {
    return this.#upload.target.narrow(0, FIELD[field] * B, B).to('int64');
  }

  /** A field of other numbers, float32 [B]. */
  #real(B: number, field: keyof typeof FIELD): Tensor {
    return viewAs(this.#upload.target.narrow(0, FIELD[field] * B, B), 'float32') as Tensor;
  }

  /** Waits for what was begun, and frees what it holds; cache and model are the caller's. */
  dispose(): void {
    this.#recorder.clear();
    this.#upload.dispose();
    this.#download.dispose();
    this.#adjustments.dispose();
    dispose([this.#last, this.#output, this.#logits]);
  }
}
