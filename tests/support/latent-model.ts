/**
 * A language model of another shape than the product's: one latent for each token in place of keys and values, which all
 * heads read (as in multi-head latent attention), distance in place of rotation (ALiBi), a cache that is one flat table.
 *
 * It shares nothing with the decoder but the modules that hold weights; what works with it works through LanguageModel.
 */
import { z } from 'zod';
import type {
  Architecture,
  BlockCopy,
  CachePass,
  CacheRow,
  CacheShape,
  ForwardInput,
  LanguageModel,
  ModelCache,
  ModelConfig,
  StaticPasses,
  StaticRows,
} from '../../src/models/index.ts';
import {
  Embedding,
  Linear,
  Module,
  type Placement,
  RMSNorm,
  sameSegment,
  segmentPositions,
} from '../../src/models/layers/index.ts';
import {
  arange,
  aten,
  type DType,
  dispose,
  indices,
  itemSize,
  keep,
  noGrad,
  scope,
  type Tensor,
  zeros,
} from '../../src/torch/index.ts';

interface LatentConfig extends ModelConfig {
  readonly latentSize: number;
  readonly heads: number;
}

const keysSchema = z.looseObject({
  vocab_size: z.number(),
  hidden_size: z.number(),
  latent_size: z.number(),
  num_hidden_layers: z.number(),
  num_attention_heads: z.number(),
  max_position_embeddings: z.number(),
  bos_token_id: z.number().nullish(),
  eos_token_id: z.union([z.number(), z.array(z.number())]).nullish(),
  pad_token_id: z.number().nullish(),
});

const powerOf = aten('pow.Scalar');

/** Where the tokens of a pass stand and what they may look at. */
interface Sight {
  /** bool [B, 1, T, S], true = may not look. */
  readonly hidden: Tensor;
  /** Tokens between a query and a key, float32 [B or 1, 1, T, S]. */
  readonly distance: Tensor;
  readonly cache: Latents | null;
}

class LatentLayer extends Module {
  norm: RMSNorm;
  q_proj: Linear;
  latent_proj: Linear;
  o_proj: Linear;
  up_proj: Linear;
  down_proj: Linear;
  readonly heads: number;

  constructor({ hiddenSize, latentSize, heads }: LatentConfig, placement: Placement) {
    super();
    this.heads = heads;
    this.norm = new RMSNorm(hiddenSize, 1e-6, placement);
    this.q_proj = new Linear(hiddenSize, heads * latentSize, false, placement);
    this.latent_proj = new Linear(hiddenSize, latentSize, true, placement);
    this.o_proj = new Linear(heads * latentSize, hiddenSize, false, placement);
    this.up_proj = new Linear(hiddenSize, 2 * hiddenSize, false, placement);
    this.down_proj = new Linear(2 * hiddenSize, hiddenSize, false, placement);
  }

  forward(x: Tensor, layer: number, { hidden, distance, cache }: Sight): Tensor {
    const [B, T] = x.shape as [number, number, number];
    const { heads } = this;
    const normed = this.norm.forward(x);
    const latents = this.latent_proj.forward(normed);
    const all = cache === null ? latents : cache.append(layer, latents);
    const width = all.size(2);
    const queries = this.q_proj.forward(normed).view([B, T, heads, width]).transpose(1, 2);
    const seen = all.unsqueeze(1);
    const exponents = arange(-heads, 0, { dtype: 'float32', device: x.device }).flip([0]);
    const slopes = (powerOf(2, exponents) as Tensor).view([1, heads, 1, 1]);
    const scores = queries
      .matmul(seen.transpose())
      .mul(width ** -0.5)
      .to(x.dtype === 'float64' ? 'float64' : 'float32')
      .sub(distance.mul(slopes))
      .maskedFill(hidden, -1e30);
    const mixed = scores
      .softmax(-1)
      .to(x.dtype)
      .matmul(seen)
      .transpose(1, 2)
      .reshape([B, T, heads * width]);
    const attended = x.add(this.o_proj.forward(mixed));
    return attended.add(this.down_proj.forward(this.up_proj.forward(attended).silu()));
  }
}

class LatentModel extends Module implements LanguageModel {
  embed_tokens: Embedding;
  layers: LatentLayer[];
  norm: RMSNorm;
  lm_head: Linear | null;
  readonly config: LatentConfig;
  readonly readsSegments = false;

  constructor(config: LatentConfig, placement: Placement) {
    super();
    const { vocabSize, hiddenSize } = config;
    this.config = config;
    this.embed_tokens = new Embedding(vocabSize, hiddenSize, placement);
    this.layers = Array.from({ length: config.layers }, () => new LatentLayer(config, placement));
    this.norm = new RMSNorm(hiddenSize, 1e-6, placement);
    this.lm_head = new Linear(hiddenSize, vocabSize, false, placement);
  }

  get device(): string {
    return this.embed_tokens.weight.device;
  }

  get dtype(): DType {
    return this.embed_tokens.weight.dtype;
  }

  get cacheBytesPerToken(): number {
    return this.config.layers * this.config.latentSize * itemSize[this.dtype];
  }

  newCache(shape: CacheShape): LatentCache {
    return new LatentCache(this, shape);
  }

  dropHead(): void {
    dispose(this.lm_head);
    this.lm_head = null;
  }

  hidden(input: ForwardInput): Tensor {
    return scope(() => {
      const sight = sightOf(input);
      let x = this.embed_tokens.forward(input.tokens);
      for (const [index, layer] of this.layers.entries()) x = layer.forward(x, index, sight);
      return this.norm.forward(x);
    });
  }

  logits(hidden: Tensor): Tensor {
    return scope(() => this.lm_head!.forward(hidden).to(hidden.dtype === 'float64' ? 'float64' : 'float32'));
  }

  forward(input: ForwardInput): Tensor {
    return scope(() => this.logits(this.hidden(input)));
  }
}

function sightOf({ tokens, cache, attentionMask, segments }: ForwardInput): Sight {
  const { device } = tokens;
  const [B, T] = tokens.shape as [number, number];
  if (cache !== undefined) {
    if (!(cache instanceof LatentPass || cache instanceof StaticLatentPass))
      throw new TypeError('the cache is that of another model');
    const queries = cache.positions.view([B, 1, T, 1]);
    const keys = arange(0, cache.length, { device }).view([1, 1, 1, -1]);
    return { hidden: keys.gt(queries), distance: queries.sub(keys).to('float32'), cache };
  }
  const places = segments ? segmentPositions(segments, T, device) : arange(0, T, { device }).view([1, T]);
  const rows = places.size(0);
  const [queries, keys] = [places.view([rows, 1, T, 1]), places.view([rows, 1, 1, T])];
  const future = keys.gt(queries);
  const padding = attentionMask?.eq(0).view([B, 1, 1, T]);
  const outside = segments ? sameSegment(segments, T, device).logicalNot() : padding;
  const hidden = outside === undefined ? future : future.logicalOr(outside);
  return { hidden, distance: queries.sub(keys).to('float32'), cache: null };
}

/** Per layer a table of latents, one line for each token of each block. */
class LatentCache implements ModelCache {
  readonly blocks: number;
  readonly blockSize: number;
  readonly tables: readonly Tensor[];
  readonly staticPasses: StaticPasses = {
    anyOrder: true,
    anyLength: false,
    prepare: () => 0,
    pass: (rows) => new StaticLatentPass(this, rows),
  };

  constructor({ config, dtype, device }: LatentModel, { blocks, blockSize }: CacheShape) {
    this.blocks = blocks;
    this.blockSize = blockSize;
    this.tables = Array.from({ length: config.layers }, () =>
      keep(zeros([blocks * blockSize, config.latentSize], { dtype, device })),
    );
  }

  pass(rows: readonly CacheRow[]): LatentPass {
    return new LatentPass(this, rows);
  }

  copy(copies: readonly BlockCopy[]): void {
    const linesOf = (which: 'from' | 'to'): number[] =>
      copies.flatMap((copy) =>
        Array.from({ length: copy.tokens }, (_, t) => copy[which] * this.blockSize + t),
      );
    if (copies.length === 0) return;
    noGrad(() =>
      scope(() => {
        const on = (lines: readonly number[]): Tensor =>
          indices(lines, [lines.length], this.tables[0]!.device);
        const [from, to] = [on(linesOf('from')), on(linesOf('to'))];
        for (const table of this.tables) table.indexCopy_(0, to, table.indexSelect(0, from));
      }),
    );
  }

  clear(blocks: readonly number[]): void {
    for (const table of this.tables) {
      for (const block of blocks)
        scope(() => table.narrow(0, block * this.blockSize, this.blockSize).zero_());
    }
  }

  dispose(): void {
    dispose([...this.tables]);
  }
}

/** A pass, as the layers use it. */
interface Latents extends CachePass {
  readonly length: number;
  readonly positions: Tensor;
  append(layer: number, latents: Tensor): Tensor;
}

class LatentPass implements Latents {
  readonly rows: readonly CacheRow[];
  readonly shape: readonly [rows: number, tokens: number];
  /** Tokens of the longest row by the end of the pass. */
  readonly length: number;
  /** int64 [B, T] */
  readonly positions: Tensor;
  readonly #cache: LatentCache;
  readonly #longest: number;

  constructor(cache: LatentCache, rows: readonly CacheRow[]) {
    this.rows = rows;
    this.#cache = cache;
    this.#longest = Math.max(...rows.map(({ tokens }) => tokens));
    this.shape = [rows.length, this.#longest];
    this.length = Math.max(...rows.map(({ start, tokens }) => start + tokens));
    const positions = rows.flatMap(({ start }) => Array.from({ length: this.#longest }, (_, t) => start + t));
    this.positions = indices(positions, [rows.length, this.#longest], cache.tables[0]!.device);
  }

  #line({ blocks }: CacheRow, token: number): number {
    const { blockSize } = this.#cache;
    return (blocks[Math.floor(token / blockSize)] ?? blocks[0]!) * blockSize + (token % blockSize);
  }

  /** [B, T, C] → [B, S, C] */
  append(layer: number, latents: Tensor): Tensor {
    const table = this.#cache.tables[layer]!;
    const width = latents.size(2);
    const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
    const lines = this.rows.flatMap((row) => range(row.tokens).map((t) => this.#line(row, row.start + t)));
    const real = this.rows.flatMap((row, i) => range(row.tokens).map((t) => i * this.#longest + t));
    const on = (of: readonly number[]): Tensor => indices(of, [of.length], table.device);
    const flat = latents.reshape([-1, width]).indexSelect(0, on(real));
    noGrad(() => table.indexCopy_(0, on(lines), flat));
    const read = this.rows.flatMap((row) => range(this.length).map((t) => this.#line(row, t)));
    return table.indexSelect(0, on(read)).view([this.rows.length, this.length, width]);
  }
}

const floorDivide = aten('floor_divide.Scalar');
const remainder = aten('remainder.Scalar');

/** One token a row; the lines of the table are computed on the device. */
class StaticLatentPass implements Latents {
  readonly shape: readonly [rows: number, tokens: number];
  readonly length: number;
  readonly positions: Tensor;
  readonly #cache: LatentCache;
  readonly #rows: StaticRows;

  constructor(cache: LatentCache, rows: StaticRows) {
    const [B] = rows.starts.shape as [number];
    this.shape = [B, 1];
    this.length = rows.columns;
    this.positions = rows.starts.view([B, 1]);
    this.#cache = cache;
    this.#rows = rows;
  }

  /** Lines of tokens of each row, int64 [B, n]. */
  #lines(tokens: Tensor): Tensor {
    const { blockSize } = this.#cache;
    const block = this.#rows.table.gather(1, floorDivide(tokens, blockSize) as Tensor);
    return block.mul(blockSize).add(remainder(tokens, blockSize) as Tensor);
  }

  append(layer: number, latents: Tensor): Tensor {
    const [B] = this.shape;
    const table = this.#cache.tables[layer]!;
    const width = latents.size(2);
    const lines = this.#lines(this.positions).flatten();
    noGrad(() => table.indexCopy_(0, lines, latents.view([B, width])));
    const columns = arange(0, this.length, { device: table.device }).expand([B, this.length]);
    return table.indexSelect(0, this.#lines(columns).flatten()).view([B, this.length, width]);
  }
}

export const latent: Architecture<LatentConfig> = {
  modelType: 'latent-test',
  className: 'LatentForCausalLM',
  parse: (keys) => {
    const file = keysSchema.parse(keys);
    return {
      modelType: 'latent-test',
      vocabSize: file.vocab_size,
      hiddenSize: file.hidden_size,
      latentSize: file.latent_size,
      layers: file.num_hidden_layers,
      heads: file.num_attention_heads,
      maxPositions: file.max_position_embeddings,
      tieEmbeddings: false,
      initializerRange: 0.02,
      bosId: file.bos_token_id ?? null,
      eosIds: [file.eos_token_id ?? []].flat(),
      padId: file.pad_token_id ?? null,
    };
  },
  keys: (config, dtype) => ({
    architectures: ['LatentForCausalLM'],
    model_type: 'latent-test',
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    latent_size: config.latentSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    max_position_embeddings: config.maxPositions,
    bos_token_id: config.bosId,
    eos_token_id: config.eosIds.length > 1 ? [...config.eosIds] : (config.eosIds[0] ?? null),
    pad_token_id: config.padId,
    torch_dtype: dtype,
  }),
  create: (config, placement) => new LatentModel(config, placement),
};

/** A small one, with the vocabulary of the small world. */
export const LATENT_KEYS = {
  model_type: 'latent-test',
  vocab_size: 96,
  hidden_size: 32,
  latent_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 3,
  max_position_embeddings: 128,
};
