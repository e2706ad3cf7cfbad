/**
 * @file The gated delta net of Qwen3.5 and Qwen3-Next: linear attention that keeps one matrix for each head in place of keys
 * and values of each token.
 *
 *   [q; k; v] = conv(W x)              short-convolution.ts
 *   β = σ(W_b x)
 *   g = −exp(A_log) · softplus(W_a x + dt_bias)
 *   y = W_o (norm(o) · silu(W_z x))    with o of delta-rule.ts, norm over each head
 *
 * The cache holds, for each row, the convolution's window and the matrices, in float32.
 */
import { arange, empty, type Tensor, widened } from '../../torch/index.ts';
import {
  chunkedDeltaRule,
  type DeltaOutputs,
  Linear,
  Module,
  type Pass,
  type Placement,
  RMSNorm,
  recurrentDeltaRule,
  ShortConvolution,
  type StateKind,
} from '../layers/index.ts';

export interface DeltaNetConfig {
  /** Of queries and keys; a head serves valueHeads / keyHeads neighbouring heads of the values. */
  readonly keyHeads: number;
  readonly keyDim: number;
  readonly valueHeads: number;
  readonly valueDim: number;
  /** K: tokens that the convolution reads. */
  readonly taps: number;
}

interface Options extends DeltaNetConfig {
  readonly hiddenSize: number;
  readonly rmsNormEps: number;
}

/** What a layer keeps of a row: the window, and the memory. */
export function deltaNetStates(config: DeltaNetConfig, { dtype }: Pick<Placement, 'dtype'>): StateKind[] {
  const { keyDim, valueHeads, valueDim, taps } = config;
  return [
    { shape: [taps - 1, columnsOf(config)], dtype },
    { shape: [valueHeads, keyDim, valueDim], dtype: widened(dtype) },
  ];
}

/** Queries, keys and values of a token, one behind the other. */
function columnsOf({ keyHeads, keyDim, valueHeads, valueDim }: DeltaNetConfig): number {
  return 2 * keyHeads * keyDim + valueHeads * valueDim;
}

export class GatedDeltaNet extends Module {
  in_proj_qkv: Linear;
  in_proj_z: Linear;
  in_proj_b: Linear;
  in_proj_a: Linear;
  conv1d: ShortConvolution;
  /** [valueHeads], both */
  dt_bias: Tensor;
  A_log: Tensor;
  norm: RMSNorm;
  out_proj: Linear;
  readonly options: Options;
  /** Its number among the layers with states. */
  readonly slot: number;

  constructor(options: Options, slot: number, placement: Placement) {
    super();
    const { hiddenSize, valueHeads, valueDim, taps, rmsNormEps } = options;
    const width = valueHeads * valueDim;
    const reading = (out: number): Linear => new Linear(hiddenSize, out, false, placement);
    this.in_proj_qkv = reading(columnsOf(options));
    this.in_proj_z = reading(width);
    this.in_proj_b = reading(valueHeads);
    this.in_proj_a = reading(valueHeads);
    this.conv1d = new ShortConvolution(columnsOf(options), taps, placement);
    const wide = { ...placement, dtype: widened(placement.dtype) };
    this.dt_bias = empty([valueHeads], wide);
    this.A_log = empty([valueHeads], wide);
    this.norm = new RMSNorm(valueDim, rmsNormEps, placement);
    this.out_proj = new Linear(width, hiddenSize, false, placement);
    this.options = options;
    this.slot = slot;
  }

  /** A rounded A_log or dt_bias would let the memory fade at another rate in every step. */
  override get keepsFloat32(): boolean {
    return true;
  }

  /** [B, T, D] → [B, T, D] */
  forward(x: Tensor, _: number, { cache, real: unpadded, documents }: Pass): Tensor {
    const [B, T] = x.shape as [number, number, number];
    const { valueHeads, valueDim } = this.options;
    const states = cache?.states ?? null;
    const real = states?.real ?? unpadded ?? null;
    // Padding is nothing to the convolution, writes nothing and lets nothing fade.
    const seen = real === null ? x : x.mul(real.unsqueeze(2).to(x.dtype));
    const [window = null, memory = null] = states?.read(this.slot) ?? [];
    const { y, tokens } = this.conv1d.forward(this.in_proj_qkv.forward(seen), window, documents ?? null);
    const one = T === 1 && memory !== null;
    const inputs = { ...this.#heads(y), ...this.#gates(seen, real) };
    const outputs: DeltaOutputs = one
      ? recurrentDeltaRule(inputs, memory)
      : chunkedDeltaRule(inputs, memory, documents ?? null);
    states?.write(this.slot, [this.#lastOf(tokens, states.counts), outputs.memory]);
    const gate = this.in_proj_z.forward(x).view([B, T, valueHeads, valueDim]);
    const normal = this.norm.forward(outputs.read.to(x.dtype).contiguous());
    const dtype = widened(x.dtype);
    const gated = normal.to(dtype).mul(gate.to(dtype).silu()).to(x.dtype);
    return this.out_proj.forward(gated.view([B, T, valueHeads * valueDim]));
  }

  #heads(y: Tensor): { readonly q: Tensor; readonly k: Tensor; readonly v: Tensor } {
    const { keyHeads, keyDim, valueHeads, valueDim } = this.options;
    const [B, T] = y.shape as [number, number, number];
    const keys = keyHeads * keyDim;
    const [q, k, v] = y.splitSizes([keys, keys, valueHeads * valueDim], 2);
    const split = (all: Tensor, heads: number, dim: number): Tensor => all.view([B, T, heads, dim]);
    return {
      q: split(q!, keyHeads, keyDim),
      k: split(k!, keyHeads, keyDim),
      v: split(v!, valueHeads, valueDim),
    };
  }

  #gates(x: Tensor, real: Tensor | null): { readonly g: Tensor; readonly beta: Tensor } {
    const { dtype } = this.A_log;
    const beta = this.in_proj_b.forward(x).sigmoid();
    const steps = this.in_proj_a.forward(x).to(dtype).add(this.dt_bias).softplus();
    const g = steps.mul(this.A_log.exp().neg());
    if (real === null) return { g, beta };
    const each = real.unsqueeze(2);
    return { g: g.mul(each.to(g.dtype)), beta: beta.mul(each.to(beta.dtype)) };
  }

  /** The window behind the last token of each row. @param tokens - [B, K − 1 + T, columns] */
  #lastOf(tokens: Tensor, counts: Tensor | null): Tensor {
    const { reach } = this.conv1d;
    const [B, length, columns] = tokens.shape as [number, number, number];
    if (counts === null) return tokens.narrow(1, length - reach, reach);
    const places = counts.unsqueeze(1).add(arange(0, reach, { device: tokens.device }));
    return tokens.gather(1, places.unsqueeze(2).expand([B, reach, columns]));
  }
}
