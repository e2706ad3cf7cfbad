/**
 * @file Rotary position embedding (Su et al. 2021), half-split as in Llama and Qwen: dimension i turns with i + D/2.
 *
 * Frequencies: default θ^(−2i/D); `linear` divides them by a factor; `llama3` divides the low ones, keeps the high ones
 * and blends between (Llama 3.1). Angles and tables are float32, whatever the dtype of the model. Yarn is left out.
 */
import { arange, cat, embedding, keep, noGrad, scope, type Tensor, tensor } from '../../torch/index.ts';

/** How positions turn into angles. */
export type RopeConfig =
  | { readonly type: 'default'; readonly theta: number }
  | { readonly type: 'linear'; readonly theta: number; readonly factor: number }
  | {
      readonly type: 'llama3';
      readonly theta: number;
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalMaxPositions: number;
    };

/** The rotation of each token of one forward pass, shared by all layers: broadcasts over [B, H, T, D]. */
export interface Rotation {
  readonly cos: Tensor;
  /** Sine with the sign of the half it is for: (−sin, sin). */
  readonly sin: Tensor;
}

/** Radians per position of each pair of dimensions, [D/2]. */
export function inverseFrequencies(config: RopeConfig, headDim: number): Float32Array {
  const plain = Float32Array.from({ length: headDim / 2 }, (_, i) => config.theta ** (-(2 * i) / headDim));
  if (config.type === 'default') return plain;
  if (config.type === 'linear') return plain.map((frequency) => frequency / config.factor);
  return plain.map((frequency) => {
    // Turns over the original context: many for a high frequency, which is kept, few for a low one.
    const turns = (config.originalMaxPositions * frequency) / (2 * Math.PI);
    const { lowFreqFactor: low, highFreqFactor: high } = config;
    const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)));
    return kept * frequency + ((1 - kept) * frequency) / config.factor;
  });
}

/** Tables of cosines and sines, computed once per device and grown as positions ask for it. */
export class Rotary {
  readonly #frequencies: Float32Array;
  /** [positions, D], float32 */
  private cos: Tensor | null = null;
  private sin: Tensor | null = null;

  constructor(config: RopeConfig, headDim: number) {
    this.#frequencies = inverseFrequencies(config, headDim);
  }

  /** Of consecutive positions from `start`: [T, D], in the dtype and on the device of `like`. */
  consecutive(start: number, length: number, like: Tensor): Rotation {
    const { cos, sin } = this.#tables(start + length, like.device);
    const { dtype } = like;
    return {
      cos: inDtype(cos.narrow(0, start, length), dtype),
      sin: inDtype(sin.narrow(0, start, length), dtype),
    };
  }

  /**
   * Of given positions: [B, 1, T, D].
   * @param positions - int64 [B, T], each below `limit`
   */
  at(positions: Tensor, limit: number, like: Tensor): Rotation {
    const { cos, sin } = this.#tables(limit, like.device);
    const { dtype } = like;
    const index = positions.unsqueeze(1);
    return { cos: inDtype(embedding(cos, index), dtype), sin: inDtype(embedding(sin, index), dtype) };
  }

  #tables(positions: number, device: string): Rotation {
    if (
      this.cos === null ||
      this.sin === null ||
      this.cos.size(0) < positions ||
      this.cos.device !== device
    ) {
      this.dispose();
      const length = 2 ** Math.ceil(Math.log2(Math.max(positions, 256)));
      const made = keep(noGrad(() => scope(() => this.#compute(length, device))));
      this.cos = made.cos;
      this.sin = made.sin;
    }
    return { cos: this.cos, sin: this.sin };
  }

  #compute(length: number, device: string): Rotation {
    const frequencies = tensor(this.#frequencies, [1, this.#frequencies.length], { device });
    const angles = arange(0, length, { dtype: 'float32', device }).unsqueeze(1).mul(frequencies);
    const cos = angles.cos();
    const sin = angles.sin();
    return { cos: cat([cos, cos], 1), sin: cat([sin.neg(), sin], 1) };
  }

  /** Frees the tables; the next use computes them again. */
  dispose(): void {
    this.cos?.dispose();
    this.sin?.dispose();
    this.cos = null;
    this.sin = null;
  }
}

function inDtype(table: Tensor, dtype: Tensor['dtype']): Tensor {
  return dtype === 'float32' ? table : table.to(dtype);
}
