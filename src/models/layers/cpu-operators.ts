/**
 * @file Operators of the addon for a CPU, each in one pass where torch takes several: RMSNorm, SwiGLU, the rotation, and the
 * attention of one new token a row.
 *
 * They are for float32 and have no gradient: decoding and reading use them, training does not. Each function gives null where
 * its operator does not take the tensors, and the caller computes the same with torch's operators, which have the same bits on
 * a processor with AVX-512 (native/src/fused-rows.cc, native/src/decode-attention.cc).
 */
import { aten, runsOnCpu, type Tensor } from '../../torch/index.ts';
import type { NormOffset } from './rms-norm-kernel.ts';
import type { Rotation } from './rotary.ts';

const norm = aten('aha::rms_norm');
const addedNorm = aten('aha::added_rms_norm');
const gated = aten('aha::swiglu');
const turned = aten('aha::rotary');
const attention = aten('aha::decode_attention');

/** Numbers of a vector. */
const LANES = 16;

/** RMSNorm over the last dimension: [..., D] → [..., D]. */
export function rmsNormOnCpu(x: Tensor, weight: Tensor, eps: number, offset: NormOffset): Tensor | null {
  if (x.size(-1) % (2 * LANES) !== 0 || !runsOnCpu(x)) return null;
  return norm(x, weight, eps, offset === 1) as Tensor;
}

/** The sum of two tensors and its norm, [..., D] each. */
export function addedRmsNormOnCpu(
  x: Tensor,
  more: Tensor,
  weight: Tensor,
  eps: number,
  offset: NormOffset,
): readonly [sum: Tensor, y: Tensor] | null {
  if (x.size(-1) % (2 * LANES) !== 0 || !runsOnCpu(x)) return null;
  return addedNorm(x, more, weight, eps, offset === 1) as [Tensor, Tensor];
}

/** silu(gate) · up, [..., I] each. */
export function swigluOnCpu(gate: Tensor, up: Tensor): Tensor | null {
  return runsOnCpu(gate) ? (gated(gate, up) as Tensor) : null;
}

/**
 * The first heads of each token turned: x [B, T, W] → [B, T, heads, D], where heads · D ≤ W.
 * @param rotation - [T, D] or [B, 1, T, D]
 */
export function rotaryOnCpu(x: Tensor, { cos, sin }: Rotation, heads: number): Tensor | null {
  if (cos.size(-1) % (2 * LANES) !== 0 || !runsOnCpu(x)) return null;
  return turned(x, cos, sin, heads) as Tensor;
}

/**
 * The attention of one token a row: q [B, H, 1, D], k [B, Hkv, S, D], v [B, Hkv, S, E] → [B, H, 1, E].
 * @param bias - [B or 1, 1, 1, S], or null
 */
export function attendOnCpu(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | null): Tensor | null {
  const D = q.size(3);
  if (q.size(2) !== 1 || D % LANES !== 0 || v.size(3) % LANES !== 0 || !runsOnCpu(q)) return null;
  return attention(q, k, v, bias, D ** -0.5) as Tensor;
}
