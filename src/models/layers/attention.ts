/**
 * @file Grouped-query attention (Ainslie et al. 2023) with rotary positions: softmax(q kᵀ / √d + mask) v.
 *
 * Head h of the queries looks at key head ⌊h / groups⌋. Options cover qwen2 (bias on q, k, v), qwen3 (RMSNorm of each
 * query and key head before the rotation, heads of any size) and llama (bias everywhere or nowhere). Softmax is float32.
 */
import { aten, cat, empty, features, linear, type Tensor } from '../../torch/index.ts';
import { type Documents, readsGroups } from './attention-kernels.ts';
import type { KeyValuePass } from './cache.ts';
import { JointLinears } from './joint-linear.ts';
import { Linear } from './linear.ts';
import { attendLong } from './long-attention.ts';
import type { AttentionMask } from './mask.ts';
import { Module, type Placement } from './module.ts';
import { RMSNorm } from './rms-norm.ts';
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
  /** ε of the RMSNorm of query and key heads, or null for none. */
  readonly qkNormEps: number | null;
  /** A sink in each head (sink-attention.ts); none where it is missing. No kernel may read the mask or the cache then. */
  readonly sinks?: boolean;
}

/** What a layer needs of the pass it is part of. */
export interface Pass {
  readonly rotation: Rotation;
  readonly mask: AttentionMask;
  readonly cache: KeyValuePass | null;
  /** What is asked of routers; nothing unless given. */
  readonly routing?: Routing | undefined;
}

/** Self-attention of one layer: projections, head norms where the model has them, rotation, cache. */
export class Attention extends Module {
  q_proj: Linear;
  k_proj: Linear;
  v_proj: Linear;
  o_proj: Linear;
  q_norm: RMSNorm | null;
  k_norm: RMSNorm | null;
  /** [heads], or null */
  sinks: Tensor | null;
  readonly options: AttentionOptions;
  readonly joint: JointLinears;

  constructor(options: AttentionOptions, placement: Placement) {
    super();
    const { hiddenSize, heads, kvHeads, headDim, qkvBias, outputBias, qkNormEps, sinks = false } = options;
    this.q_proj = new Linear(hiddenSize, heads * headDim, qkvBias, placement);
    this.k_proj = new Linear(hiddenSize, kvHeads * headDim, qkvBias, placement);
    this.v_proj = new Linear(hiddenSize, kvHeads * headDim, qkvBias, placement);
    this.o_proj = new Linear(heads * headDim, hiddenSize, outputBias, placement);
    this.q_norm = qkNormEps === null ? null : new RMSNorm(headDim, qkNormEps, placement);
    this.k_norm = qkNormEps === null ? null : new RMSNorm(headDim, qkNormEps, placement);
    this.sinks = sinks ? empty([heads], placement) : null;
    this.options = options;
    this.joint = new JointLinears([this.q_proj, this.k_proj, this.v_proj]);
  }

  /** [B, T, D] → [B, T, D] */
  forward(x: Tensor, layer: number, { rotation, mask, cache }: Pass): Tensor {
    const [B, T] = x.shape as [number, number, number];
    const { heads, headDim } = this.options;
    const [q, k, v] = this.#projected(x, { rotation, cache });
    const plain = (): Tensor => {
      const [keys, values] = cache === null ? [k, v] : cache.append(layer, [k, v]);
      if (this.sinks !== null) return attendWithSinks(q, keys!, values!, mask, this.sinks);
      return attend(q, keys!, values!, mask);
    };
    const mixed = cache?.attend?.(layer, q, [k, v]) ?? plain();
    return this.o_proj.forward(mixed.transpose(1, 2).reshape([B, T, heads * headDim]));
  }

  #projected(x: Tensor, { rotation, cache }: Pick<Pass, 'rotation' | 'cache'>): Projected {
    const merged = cache?.merged?.(x, this.joint.layers) ?? null;
    if (merged !== null) return this.#together(merged, null, rotation);
    const { joined } = this.joint;
    if (joined === null) return this.#apart(x, rotation);
    return this.#together(linear(x, joined.weight), joined.bias, rotation);
  }

  get #headNorms(): HeadNorms | null {
    const { q_norm: query, k_norm: key } = this;
    return query === null || key === null ? null : { query: query.weight, key: key.weight, eps: query.eps };
  }

  #apart(x: Tensor, rotation: Rotation): Projected {
    const [B, T] = x.shape as [number, number, number];
    const { heads, kvHeads, headDim } = this.options;
    const split = (projected: Tensor, count: number): Tensor => projected.view([B, T, count, headDim]);
    const [queries, keys] = [this.q_proj.forward(x), this.k_proj.forward(x)];
    const v = split(this.v_proj.forward(x), kvHeads).transpose(1, 2);
    const kernel = rotaryKernel([queries, keys], rotation, this.options, this.#headNorms);
    if (kernel !== null) return [kernel[0].transpose(1, 2), kernel[1].transpose(1, 2), v];
    const [q, k] = [split(queries, heads), split(keys, kvHeads)];
    const turnedQ = rotate((this.q_norm?.forward(q) ?? q).transpose(1, 2), rotation);
    const turnedK = rotate((this.k_norm?.forward(k) ?? k).transpose(1, 2), rotation);
    return [turnedQ, turnedK, v];
  }

  /**
   * @param projected - queries, keys and values of each token, one behind the other
   * @param bias - what is to be added to them; null for nothing
   */
  #together(projected: Tensor, bias: Tensor | null, rotation: Rotation): Projected {
    const kernel = mergedRotaryKernel(projected, bias, rotation, this.options, this.#headNorms);
    if (kernel !== null) return kernel.map((x) => x.transpose(1, 2)) as unknown as Projected;
    const [B, T] = projected.shape as [number, number, number];
    const { heads, kvHeads, headDim } = this.options;
    const whole = bias === null ? projected : projected.add(bias);
    const all = whole.view([B, T, heads + 2 * kvHeads, headDim]);
    const v = all.narrow(2, heads + kvHeads, kvHeads).transpose(1, 2);
    const both = all.narrow(2, 0, heads + kvHeads);
    const parts = (x: Tensor, dim: number): Tensor[] => x.splitSizes([heads, kvHeads], dim);
    if (this.q_norm === null || this.k_norm === null) {
      const [q, k] = parts(rotateApart(both.transpose(1, 2), rotation), 1);
      return [q!, k!, v];
    }
    const [q, k] = parts(both, 2);
    const turn = (x: Tensor): Tensor => rotate(x.transpose(1, 2), rotation);
    return [turn(this.q_norm.forward(q!)), turn(this.k_norm.forward(k!)), v];
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
    // One operator, so that the way back is one too.
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
