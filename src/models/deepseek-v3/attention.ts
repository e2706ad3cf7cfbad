/**
 * @file Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434, section 2.1; names as in its appendix C).
 *
 *   c = norm(W_DKV x)                     the latent of keys and values, C numbers a token
 *   r = RoPE(W_KR x)                      the rotated part of the key, R numbers that all heads share
 *   [k_h; v_h] = W_UKV,h c                the rest of the key, and the value, of head h
 *   q_h = [q_h^C; RoPE(q_h^R)]            of x, or of a latent of its own: W_UQ norm(W_DQ x)
 *   o_h = Σ softmax((q_h^C · k_h + q_h^R · r) / √(d + R)) v_h
 *
 * The cache holds c and r alone. Two forms compute the same. `expanded` makes k_h and v_h of every latent: d + R + E numbers for
 * each score. `absorbed` moves W_UKV to the queries' side (q · W_UK c = (W_UKᵀ q) · c) and to the output: all heads attend
 * to the latents themselves, C + R + C numbers for each score, and nothing is expanded. It is the less work where a row reads
 * a few tokens and has many: with T tokens, as long as T (2 C − d − E) < C (d + E), 170 in DeepSeek-V3. No kernel of attention has heads that
 * wide, so that all scores are there at once; therefore it is used for decoding and speculation alone.
 */
import { cat, type Tensor } from '../../torch/index.ts';
import {
  type AttentionMask,
  attend,
  Linear,
  Module,
  type Pass,
  type Placement,
  RMSNorm,
  type Rotation,
  rotate,
  scoreFactor,
} from '../layers/index.ts';
import type { DeepseekV3Config } from './config.ts';

/** Most tokens of a row that are read by the absorbed form: a drafted one or two, and the one before them. */
const FEW = 4;

export class LatentAttention extends Module {
  q_proj: Linear | null;
  q_a_proj: Linear | null;
  q_a_layernorm: RMSNorm | null;
  q_b_proj: Linear | null;
  kv_a_proj_with_mqa: Linear;
  kv_a_layernorm: RMSNorm;
  kv_b_proj: Linear;
  o_proj: Linear;
  readonly config: DeepseekV3Config;
  /** What the scores are multiplied by. */
  readonly scale: number;

  constructor(config: DeepseekV3Config, placement: Placement) {
    super();
    const { hiddenSize, heads, queryRank, latentSize, attentionBias: bias, rmsNormEps: eps } = config;
    const { plainDim, rotatedDim, valueDim, rope, maxPositions } = config;
    const queries = heads * (plainDim + rotatedDim);
    const latent = queryRank !== null;
    this.q_proj = latent ? null : new Linear(hiddenSize, queries, false, placement);
    this.q_a_proj = latent ? new Linear(hiddenSize, queryRank, bias, placement) : null;
    this.q_a_layernorm = latent ? new RMSNorm(queryRank, eps, placement) : null;
    this.q_b_proj = latent ? new Linear(queryRank, queries, false, placement) : null;
    this.kv_a_proj_with_mqa = new Linear(hiddenSize, latentSize + rotatedDim, bias, placement);
    this.kv_a_layernorm = new RMSNorm(latentSize, eps, placement);
    this.kv_b_proj = new Linear(latentSize, heads * (plainDim + valueDim), false, placement);
    this.o_proj = new Linear(heads * valueDim, hiddenSize, bias, placement);
    this.config = config;
    this.scale = (plainDim + rotatedDim) ** -0.5 * scoreFactor(rope, { headDim: rotatedDim, maxPositions });
  }

  /** [B, T, D] → [B, T, D] */
  forward(x: Tensor, layer: number, { rotation, mask, cache }: Pass): Tensor {
    const [B, T] = x.shape as [number, number, number];
    const { heads, plainDim, rotatedDim, valueDim, latentSize } = this.config;
    const queries = this.#queries(x)
      .view([B, T, heads, plainDim + rotatedDim])
      .transpose(1, 2);
    const [plain, turning] = queries.splitSizes([plainDim, rotatedDim], 3);
    const turned = this.#turn(turning!, rotation);
    const [latent, key] = this.kv_a_proj_with_mqa.forward(x).splitSizes([latentSize, rotatedDim], 2);
    const latents = this.kv_a_layernorm.forward(latent!.contiguous());
    const own = cat([latents.unsqueeze(1), this.#turn(key!.unsqueeze(1), rotation)], 3);
    const all = cache === null ? own : cache.append(layer, [own])[0]!;
    const few = T <= FEW && all.size(2) > T && mask.bias !== null;
    const absorbs = cache !== null && (T === 1 || few);
    const mixed = absorbs
      ? this.#absorbed(plain!, turned, all, mask)
      : this.#expanded(plain!, turned, all, mask);
    return this.o_proj.forward(mixed.transpose(1, 2).reshape([B, T, heads * valueDim]));
  }

  /** [B, T, D] → [B, T, H · (d + R)] */
  #queries(x: Tensor): Tensor {
    if (this.q_proj !== null) return this.q_proj.forward(x);
    return this.q_b_proj!.forward(this.q_a_layernorm!.forward(this.q_a_proj!.forward(x)));
  }

  /** Turns [B, H, T, R]; what neighbours were lie half a head apart then, in queries and keys alike. */
  #turn(x: Tensor, rotation: Rotation): Tensor {
    if (!this.config.interleaved) return rotate(x, rotation);
    const [B, H, T, R] = x.shape as [number, number, number, number];
    const halves = x.reshape([B, H, T, R / 2, 2]).transpose(3, 4);
    return rotate(halves.reshape([B, H, T, R]), rotation);
  }

  /**
   * @param plain - [B, H, T, d]
   * @param turned - [B, H, T, R]
   * @param all - latents and rotated keys, [B, 1, S, C + R]
   * @returns [B, H, T, E]
   */
  #expanded(plain: Tensor, turned: Tensor, all: Tensor, mask: AttentionMask): Tensor {
    const [B, , S] = all.shape as [number, number, number, number];
    const { heads, plainDim, rotatedDim, valueDim, latentSize } = this.config;
    const [latents, rotated] = all.splitSizes([latentSize, rotatedDim], 3);
    const expanded = this.kv_b_proj.forward(latents!.squeeze(1)).view([B, S, heads, plainDim + valueDim]);
    const [keys, values] = expanded.transpose(1, 2).splitSizes([plainDim, valueDim], 3);
    const k = cat([keys!, rotated!.expand([B, heads, S, rotatedDim])], 3);
    return attend(this.#scaled(cat([plain, turned], 3)), k, values!, mask);
  }

  /** As #expanded, of a few tokens a row. */
  #absorbed(plain: Tensor, turned: Tensor, all: Tensor, mask: AttentionMask): Tensor {
    const { heads, plainDim, rotatedDim, valueDim, latentSize } = this.config;
    const [B, , T] = plain.shape as [number, number, number, number];
    const weight = this.kv_b_proj.appliedWeight(plain.dtype).view([heads, plainDim + valueDim, latentSize]);
    const [up, out] = weight.splitSizes([plainDim, valueDim], 1);
    // The queries of all heads stand where those of one would, since all read the same latents.
    const queries = cat([eachHead(plain, up!), turned], 3).reshape([
      B,
      1,
      heads * T,
      latentSize + rotatedDim,
    ]);
    const bias = T === 1 ? mask.bias : mask.bias!.repeat([1, 1, heads, 1]);
    const mixed = attend(this.#scaled(queries), all, all.narrow(3, 0, latentSize), { bias, causal: false });
    return eachHead(mixed.view([B, heads, T, latentSize]), out!.transpose(1, 2));
  }

  /** So that `attend`, which divides scores by the root of the queries' size, scales them as this attention does. */
  #scaled(queries: Tensor): Tensor {
    const factor = this.scale * queries.size(3) ** 0.5;
    return factor === 1 ? queries : queries.mul(factor);
  }
}

/** A product for each head: [B, H, T, n] × [H, n, m] → [B, H, T, m] */
function eachHead(x: Tensor, weights: Tensor): Tensor {
  const [B, H, T, n] = x.shape as [number, number, number, number];
  const rows = x.transpose(0, 1).reshape([H, B * T, n]);
  return rows
    .bmm(weights)
    .view([H, B, T, weights.size(2)])
    .transpose(0, 1);
}
