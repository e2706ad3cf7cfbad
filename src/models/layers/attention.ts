/**
 * @file Grouped-query attention (Ainslie et al. 2023) with rotary positions: softmax(q kᵀ / √d + mask) v.
 *
 * Head h of the queries looks at key head ⌊h / groups⌋. Options cover qwen2 (bias on q, k, v), qwen3 (RMSNorm of each
 * query and key head before the rotation, heads of any size), llama (bias everywhere or nowhere), olmo2 (RMSNorm of all queries
 * and of all keys), gemma3 (a scale of the scores), smollm3 (layers without positions) and phi3 (q, k and v in one weight, a
 * part of each head turned). Softmax is float32.
 */
import { aten, cat, empty, features, linear, type Tensor } from '../../torch/index.ts';
import { type Documents, readsGroups } from './attention-kernels.ts';
import type { KeyValuePass } from './cache.ts';
import { attendOnCpu, rotaryOnCpu } from './cpu-operators.ts';
import { JointLinears } from './joint-linear.ts';
import { Linear } from './linear.ts';
import { attendLong } from './long-attention.ts';
import type { AttentionMask } from './mask.ts';
import { Module, type Placement } from './module.ts';
import { RMSNorm } from './rms-norm.ts';
import type { NormOffset } from './rms-norm-kernel.ts';
import type { Rotation } from './rotary.ts';
import { type HeadNorms, mergedRotaryKernel, rotaryKernel } from './rotary-kernel.ts';
import type { Routing } from './routing.ts';
import type { Boundaries } from './segments.ts';
import { attendWithSinks } from './sink-attention.ts';

export interface AttentionOptions {
  readonly hiddenSize: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Biases of q_proj, k_proj and v_proj. */
  readonly qkvBias: boolean;
  /** Bias of o_proj. */
  readonly outputBias: boolean;
  /** RMSNorm of queries and keys before the rotation; null for none. */
  readonly qkNorm: QueryKeyNorm | null;
  /** The first so many dimensions of a head turn with the position: an even number, 0 for none. */
  readonly rotated: number;
  /** What scores are multiplied by; 1 / √headDim unless given. */
  readonly scale?: number | undefined;
  /** One layer qkv_proj in place of three: queries, keys and values one behind the other. */
  readonly fused?: boolean | undefined;
  /** A sink in each head (sink-attention.ts); none where it is missing. No kernel may read the mask or the cache then. */
  readonly sinks?: boolean;
}

/** How queries and keys are normalised. */
export interface QueryKeyNorm {
  /** Each head by itself, with one weight for all heads of a kind; or all queries, and all keys, of a token together. */
  readonly over: 'heads' | 'tokens';
  readonly eps: number;
  readonly offset: NormOffset;
}

/** What a layer needs of the pass it is part of. */
export interface Pass {
  readonly rotation: Rotation;
  readonly mask: AttentionMask;
  readonly cache: KeyValuePass | null;
  /** Balance loss, recording or replay in the routers of this pass; none unless given. */
  readonly routing?: Routing | undefined;
  /** For layers with states. bool [B, T], false on padding; null or missing where there is none. */
  readonly real?: Tensor | null | undefined;
  /** For layers with states. A number for each document, int32 [B, T]; null or missing where a row is one. */
  readonly documents?: Tensor | null | undefined;
}

/** Self-attention of one layer: projections, head norms where the model has them, rotation, cache. */
export class Attention extends Module {
  /** null where they are one. */
  q_proj: Linear | null;
  k_proj: Linear | null;
  v_proj: Linear | null;
  /** null where they are apart. */
  qkv_proj: Linear | null;
  o_proj: Linear;
  q_norm: RMSNorm | null;
  k_norm: RMSNorm | null;
  /** [heads], or null */
  sinks: Tensor | null;
  readonly options: AttentionOptions;
  /** The layers that read the states; null where they are one. */
  readonly joint: JointLinears | null;
  /** What queries are multiplied by, so that `attend` scales the scores as asked. */
  readonly #factor: number;

  constructor(options: AttentionOptions, placement: Placement) {
    super();
    const {
      hiddenSize,
      heads,
      kvHeads,
      headDim,
      qkvBias,
      outputBias,
      qkNorm,
      scale,
      fused = false,
      sinks = false,
    } = options;
    const reading = (out: number): Linear => new Linear(hiddenSize, out * headDim, qkvBias, placement);
    this.q_proj = fused ? null : reading(heads);
    this.k_proj = fused ? null : reading(kvHeads);
    this.v_proj = fused ? null : reading(kvHeads);
    this.qkv_proj = fused ? reading(heads + 2 * kvHeads) : null;
    this.o_proj = new Linear(heads * headDim, hiddenSize, outputBias, placement);
    const norm = (count: number): RMSNorm | null => {
      if (qkNorm === null) return null;
      const size = qkNorm.over === 'heads' ? headDim : count * headDim;
      return new RMSNorm(size, qkNorm.eps, placement, qkNorm.offset);
    };
    this.q_norm = norm(heads);
    this.k_norm = norm(kvHeads);
    this.sinks = sinks ? empty([heads], placement) : null;
    this.options = options;
    this.joint = fused ? null : new JointLinears([this.q_proj!, this.k_proj!, this.v_proj!]);
    this.#factor = scale === undefined ? 1 : scale * headDim ** 0.5;
  }

  /** [B, T, D] → [B, T, D] */
  forward(x: Tensor, layer: number, { rotation, mask, cache }: Pass): Tensor {
    const [B, T] = x.shape as [number, number, number];
    const { heads, headDim } = this.options;
    const [turned, k, v] = this.#projected(x, { rotation, cache });
    const q = this.#factor === 1 ? turned : turned.mul(this.#factor);
    const plain = (): Tensor => {
      const [keys, values] = cache === null ? [k, v] : cache.append(layer, [k, v]);
      if (this.sinks !== null) return attendWithSinks(q, keys!, values!, mask, this.sinks);
      return attend(q, keys!, values!, mask);
    };
    const mixed = cache?.attend?.(layer, q, [k, v]) ?? plain();
    return this.o_proj.forward(mixed.transpose(1, 2).reshape([B, T, heads * headDim]));
  }

  #projected(x: Tensor, { rotation, cache }: Pick<Pass, 'rotation' | 'cache'>): Projected {
    const { joint, qkv_proj: fused } = this;
    if (joint === null) return this.#together(fused!.forward(x), null, rotation);
    const merged = cache?.merged?.(x, joint.layers) ?? null;
    if (merged !== null) return this.#together(merged, null, rotation);
    const { joined } = joint;
    if (joined === null) return this.#apart(x, rotation);
    return this.#together(linear(x, joined.weight), joined.bias, rotation);
  }

  get #headNorms(): HeadNorms | null {
    const { q_norm: query, k_norm: key } = this;
    if (query === null || key === null) return null;
    return { query: query.weight, key: key.weight, eps: query.eps, offset: query.offset };
  }

  /** Whether norm and rotation are those that kernels have: of each head by itself, and of all of it. */
  get #hasKernel(): boolean {
    const { qkNorm, rotated, headDim } = this.options;
    return rotated === headDim && qkNorm?.over !== 'tokens';
  }

  /**
   * Queries or keys, normalised and turned.
   * @param x - [B, T, count · D]
   * @returns [B, count, T, D]
   */
  #turned(x: Tensor, norm: RMSNorm | null, rotation: Rotation): Tensor {
    const { headDim, rotated, qkNorm } = this.options;
    const [B, T, width] = x.shape as [number, number, number];
    const whole = norm !== null && qkNorm?.over === 'tokens' ? norm.forward(x.contiguous()) : x;
    const heads = whole.view([B, T, width / headDim, headDim]);
    const normal = norm !== null && qkNorm?.over === 'heads' ? norm.forward(heads) : heads;
    const onCpu =
      rotated === headDim ? rotaryOnCpu(normal.view([B, T, width]), rotation, width / headDim) : null;
    if (onCpu !== null) return onCpu.transpose(1, 2);
    return rotatePart(normal.transpose(1, 2), rotated, rotation);
  }

  #apart(x: Tensor, rotation: Rotation): Projected {
    const [B, T] = x.shape as [number, number, number];
    const { kvHeads, headDim } = this.options;
    const [queries, keys] = [this.q_proj!.forward(x), this.k_proj!.forward(x)];
    const v = this.v_proj!.forward(x).view([B, T, kvHeads, headDim]).transpose(1, 2);
    const kernel = this.#hasKernel
      ? rotaryKernel([queries, keys], rotation, this.options, this.#headNorms)
      : null;
    if (kernel !== null) return [kernel[0].transpose(1, 2), kernel[1].transpose(1, 2), v];
    return [this.#turned(queries, this.q_norm, rotation), this.#turned(keys, this.k_norm, rotation), v];
  }

  /**
   * @param projected - queries, keys and values of each token, one behind the other
   * @param bias - what is to be added to them; null for nothing
   */
  #together(projected: Tensor, bias: Tensor | null, rotation: Rotation): Projected {
    const kernel = this.#hasKernel
      ? mergedRotaryKernel(projected, bias, rotation, this.options, this.#headNorms)
      : null;
    if (kernel !== null) return kernel.map((x) => x.transpose(1, 2)) as unknown as Projected;
    const [B, T] = projected.shape as [number, number, number];
    const { heads, kvHeads, headDim } = this.options;
    const whole = bias === null ? projected : projected.add(bias);
    const all = whole.view([B, T, heads + 2 * kvHeads, headDim]);
    const v = all.narrow(2, heads + kvHeads, kvHeads).transpose(1, 2);
    if (this.q_norm === null && this.options.rotated === headDim) {
      const turned = rotaryOnCpu(whole, rotation, heads + kvHeads)?.transpose(1, 2);
      if (turned !== undefined) return [turned.narrow(1, 0, heads), turned.narrow(1, heads, kvHeads), v];
      const both = all.narrow(2, 0, heads + kvHeads).transpose(1, 2);
      const [q, k] = rotateApart(both, rotation).splitSizes([heads, kvHeads], 1);
      return [q!, k!, v];
    }
    const [q, k] = whole.splitSizes([heads * headDim, kvHeads * headDim, kvHeads * headDim], 2);
    return [this.#turned(q!, this.q_norm, rotation), this.#turned(k!, this.k_norm, rotation), v];
  }
}

/** Queries, keys and values of one layer, the first two turned: [B, H or Hkv, T, D]. */
type Projected = readonly [q: Tensor, k: Tensor, v: Tensor];

const roll = aten('roll');
const addcmul = aten('addcmul');

/** Turns each pair of dimensions (i, i + D/2) by its angle. x [B, H, T, D] */
export function rotate(x: Tensor, { cos, sin }: Rotation): Tensor {
  const swapped = roll(x, [x.size(-1) / 2], [-1]) as Tensor;
  return addcmul(x.mul(cos), swapped, sin) as Tensor;
}

/** Turns the first `rotated` dimensions of each head and leaves the others as they are. x [B, H, T, D] */
export function rotatePart(x: Tensor, rotated: number, rotation: Rotation): Tensor {
  const D = x.size(3);
  if (rotated === 0) return x;
  if (rotated === D) return rotate(x, rotation);
  const [turning, rest] = x.splitSizes([rotated, D - rotated], 3);
  return cat([rotate(turning!, rotation), rest!], 3);
}

/** The same of heads that lie apart in memory, which `roll` would copy first. */
function rotateApart(x: Tensor, { cos, sin }: Rotation): Tensor {
  const [B, H, T, D] = x.shape as [number, number, number, number];
  const halves = x.view([B, H, T, 2, D / 2]).flip([3]);
  return addcmul(x.mul(cos), halves.reshape([B, H, T, D]), sin) as Tensor;
}

/**
 * @param q - [B, H, T, D]
 * @param k - [B, Hkv, S, D]
 * @param v - [B, Hkv, S, E]; documents and long rows ask for E = D
 * @returns [B, H, T, E]
 */
export function attend(q: Tensor, k: Tensor, v: Tensor, mask: AttentionMask): Tensor {
  const onCpu = attendOnCpu(q, k, v, mask.bias);
  if (onCpu !== null) return onCpu;
  if (mask.documents !== undefined) return attendDocuments(q, k, v, mask.documents);
  if (mask.long === true) return attendLong(q, k, v);
  return features.scaledDotProductAttention ? attendFused(q, k, v, mask) : attendComposed(q, k, v, mask);
}

const fusedAttention = features.scaledDotProductAttention ? aten('scaled_dot_product_attention') : null;

function attendFused(q: Tensor, k: Tensor, v: Tensor, { bias, causal }: AttentionMask): Tensor {
  const groups = q.size(1) / k.size(1);
  const fused = (query: Tensor, key: Tensor, value: Tensor): Tensor =>
    fusedAttention!(query, key, value, bias, 0, causal) as Tensor;
  if (groups === 1) return fused(q, k, v);
  if (q.size(2) === 1) {
    // One token: the query heads of a key head stand where its queries would.
    const [B, H, , D] = q.shape as [number, number, number, number];
    return fused(q.reshape([B, H / groups, groups, D]), k, v).reshape([B, H, 1, v.size(3)]);
  }
  const { dtype, device } = q;
  if (readsGroups({ dtype, device, headDim: q.size(3) }, bias !== null))
    return fusedAttention!(q, k, v, null, 0, causal, undefined, true) as Tensor;
  return fused(q, repeatHeads(k, groups), repeatHeads(v, groups));
}

const varlen = {
  flash: aten('_flash_attention_forward'),
  efficient: aten('_efficient_attention_forward'),
};

/** `custom_mask_type` of the efficient kernel: each query sees the keys of its document up to its own. */
const CAUSAL = 1;

/** Documents laid end to end in the rows, each read by itself: [B, H, T, D] → [B, H, T, D]. */
function attendDocuments(q: Tensor, k: Tensor, v: Tensor, documents: Documents): Tensor {
  const [B, H, T, D] = q.shape as [number, number, number, number];
  /** [B, H, T, D] → of each stretch [tokens, H, D] */
  const parts = (x: Tensor): Tensor[] => {
    const flat = x.transpose(1, 2).reshape([B * T, x.size(1), D]);
    // One operator, so that the backward pass is one too.
    return stretches.length === 1 ? [flat] : flat.splitSizes(stretches.map(({ tokens }) => tokens));
  };
  const { stretches } = documents;
  const [queries, keys, values] = [parts(q), parts(k), parts(v)];
  const out = stretches.map(({ documents: bounds }, i) => {
    const own = [queries[i]!, keys[i]!, values[i]!] as const;
    return bounds === null ? attendWhole(...own) : attendStretch(...own, bounds, documents);
  });
  return (out.length === 1 ? out[0]! : cat(out)).reshape([B, T, H, D]).transpose(1, 2);
}

/** One long document. @param q - [T, H, D] @returns [T, H, D] */
function attendWhole(q: Tensor, k: Tensor, v: Tensor): Tensor {
  const row = (x: Tensor): Tensor => x.transpose(0, 1).unsqueeze(0);
  return attendLong(row(q), row(k), row(v)).squeeze(0).transpose(0, 1);
}

/** Documents between long ones. @param q - [tokens, H, D] @returns [tokens, H, D] */
function attendStretch(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { starts, longest }: Boundaries,
  { kernel, window }: Documents,
): Tensor {
  const bounds = [starts, starts, longest, longest] as const;
  if (kernel === 'flash') {
    // No dropout, causal, no debug mask, the usual scale; tokens seen before a query's own.
    const rest = [0, true, false, undefined, window === null ? undefined : window - 1] as const;
    return (varlen.flash(q, k, v, ...bounds, ...rest) as Tensor[])[0]!;
  }
  const [tokens, H, D] = q.shape as [number, number, number];
  const each = (x: Tensor): Tensor =>
    x
      .unsqueeze(2)
      .expand([tokens, x.size(1), H / x.size(1), D])
      .reshape([1, tokens, H, D]);
  const queries = q.unsqueeze(0);
  const [out] = varlen.efficient(queries, each(k), each(v), null, ...bounds, 0, CAUSAL, true) as Tensor[];
  return out!.squeeze(0);
}

/** Each head `groups` times, one after another: [B, H, S, D] → [B, H · groups, S, D] */
export function repeatHeads(x: Tensor, groups: number): Tensor {
  const [B, H, S, D] = x.shape as [number, number, number, number];
  return x
    .unsqueeze(2)
    .expand([B, H, groups, S, D])
    .reshape([B, H * groups, S, D]);
}

/** The query heads of one key head are laid out along T, so that keys and values are never repeated. */
function attendComposed(q: Tensor, k: Tensor, v: Tensor, { bias }: AttentionMask): Tensor {
  const [B, H, T, D] = q.shape as [number, number, number, number];
  const kvHeads = k.size(1);
  const queries = q.mul(D ** -0.5).reshape([B, kvHeads, (H / kvHeads) * T, D]);
  const scores = queries.matmul(k.transpose());
  if (bias !== null) scores.add_(bias);
  return softmax(scores)
    .matmul(v)
    .reshape([B, H, T, v.size(3)]);
}

const softmaxIn = aten('softmax.int');

/** Over the last dimension, computed in float32 at least. */
function softmax(scores: Tensor): Tensor {
  const { dtype } = scores;
  if (dtype !== 'bfloat16' && dtype !== 'float16') return scores.softmax(-1);
  return (softmaxIn(scores, -1, 'float32') as Tensor).to(dtype);
}
