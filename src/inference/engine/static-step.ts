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
  scope,
  stack,
  type Tensor,
  Upload,
  where,
  zeros,
} from '../../torch/index.ts';
import { type DrawnTokens, drawn, drawnOrLikeliest, likeliest } from './draw.ts';
import { Recorder } from './recorder.ts';

/** A row of a step. */
export interface StepRow {
  readonly blocks: readonly number[];
  /** Tokens of the row in the cache: the position of its new one. */
  readonly start: number;
  /** The new token; or null where it is what the last step chose, in its row `source`. */
  readonly token: number | null;
  readonly source: number;
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
 */
export type Choice = 'no' | 'greedy' | 'drawn' | 'each';

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

/** Numbers of a row in the input, before its blocks: token, source, start, uniform, temperature. */
const FIELDS = 5;
const LEAST_COLUMNS = 32;
const NO_SOURCE = -1;

const viewAs = aten('view.dtype');

export class StaticStep {
  readonly #model: LanguageModel;
  readonly #passes: StaticPasses;
  readonly #blockSize: number;
  readonly #options: StaticStepOptions;
  readonly #recorder: Recorder;
  readonly #upload: Upload;
  readonly #download: Download;
  /** What the last step chose, int64 [rows]. */
  readonly #last: Tensor;
  /** The same for the host: tokens, then their log-probabilities, float32 [2 · rows]. */
  readonly #output: Tensor;
  /** [rows of the largest bucket so far, V] */
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
    const columns = this.#columnsFor(longest);
    const memory = this.#passes.prepare(columns);
    if (memory !== this.#memory) this.#recorder.clear();
    this.#memory = memory;
    if (choice === 'no') this.#holdLogits(B);
    const N = Math.ceil(columns / this.#blockSize);
    this.#upload.send(this.#inputOf(rows, B, N));
    this.#recorder.run(`${B} rows of ${columns}, ${choice}`, () =>
      scope(() => this.#step(B, N, columns, choice)),
    );
    return B;
  }

  /** Powers of two and, where columns cost, the middle between them. */
  #columnsFor(longest: number): number {
    const { context } = this.#options;
    let columns = LEAST_COLUMNS;
    while (columns < longest) columns *= 2;
    const middle = columns * 0.75;
    const free = this.#passes.anyOrder && this.#blockSize >= context;
    return Math.min(!free && longest <= middle && middle > LEAST_COLUMNS ? middle : columns, context);
  }

  #holdLogits(rows: number): void {
    if (this.#logits !== null && this.#logits.size(0) >= rows) return;
    this.#recorder.clear();
    this.#logits?.dispose();
    const { config, dtype, device } = this.#model;
    const wide = dtype === 'float64' ? 'float64' : 'float32';
    this.#logits = keep(empty([rows, config.vocabSize], { dtype: wide, device }));
  }

  #inputOf(rows: readonly StepRow[], B: number, N: number): Int32Array {
    const input = new Int32Array(B * (FIELDS + N));
    const floats = new Float32Array(input.buffer);
    input.fill(NO_SOURCE, B, 2 * B);
    floats.fill(1, 4 * B, 5 * B);
    input.fill(this.#options.scratch, FIELDS * B);
    for (let row = 0; row < rows.length; row++) {
      const { blocks, start, token, source, temperature, uniform } = rows[row]!;
      input[row] = token ?? 0;
      input[B + row] = token === null ? source : NO_SOURCE;
      input[2 * B + row] = start;
      floats[3 * B + row] = uniform;
      floats[4 * B + row] = temperature;
      const at = FIELDS * B + row * N;
      // Filled up with the row's own first block: what is masked still counts as 0 × its value.
      for (let n = 0; n < N; n++) input[at + n] = blocks[n] ?? blocks[0]!;
    }
    return input;
  }

  /** The operators of a step. */
  #step(B: number, N: number, columns: number, choice: Choice): void {
    const input = this.#upload.target;
    const { context: limit, inOrder } = this.#options;
    const field = (index: number): Tensor => input.narrow(0, index * B, B);
    const source = field(1).to('int64');
    const last = this.#last.indexSelect(0, source.clamp(0, null));
    const tokens = where(source.ge(0), last, field(0).to('int64')).view([B, 1]);
    const table = input
      .narrow(0, FIELDS * B, B * N)
      .to('int64')
      .view([B, N]);
    const starts = field(2).to('int64');
    const cache = this.#passes.pass({ starts, table, columns, limit, inOrder });
    const logits = this.#model.logits(this.#model.hidden({ tokens, cache }).select(1, 0));
    if (choice === 'no') {
      this.#logits!.narrow(0, 0, B).copy_(logits);
      return;
    }
    const { tokens: chosen, logprobs } = this.#chosen(B, logits, choice);
    this.#last.narrow(0, 0, B).copy_(chosen);
    this.#output
      .narrow(0, 0, 2 * B)
      .view([2, B])
      .copy_(stack([chosen.to(logprobs.dtype), logprobs]));
  }

  #chosen(B: number, logits: Tensor, choice: Exclude<Choice, 'no'>): DrawnTokens {
    if (choice === 'greedy') return likeliest(logits);
    const field = (index: number): Tensor =>
      viewAs(this.#upload.target.narrow(0, index * B, B), 'float32') as Tensor;
    if (choice === 'drawn') return drawn(logits, field(3));
    return drawnOrLikeliest(logits.div(field(4).view([B, 1])), field(3));
  }

  /** Waits for what was begun, and frees what it holds; cache and model are the caller's. */
  dispose(): void {
    this.#recorder.clear();
    this.#upload.dispose();
    this.#download.dispose();
    dispose([this.#last, this.#output, this.#logits]);
  }
}
