/**
 * @file Rotary position embedding (Su et al. 2021), half-split as in Llama and Qwen: dimension i turns with i + D/2.
 *
 * Angles and tables are float32, whatever the dtype of the model; rope.ts has the frequencies.
 */
import {
  arange,
  cat,
  dispose,
  embedding,
  keep,
  noGrad,
  scope,
  type Tensor,
  tensor,
} from '../../torch/index.ts';
import {
  attentionFactor,
  inverseFrequencies,
  type RopeConfig,
  type RopeShape,
  steadyLength,
} from './rope.ts';

/** The rotation of each token of one forward pass, shared by all layers: broadcasts over [B, H, T, D]. */
export interface Rotation {
  readonly cos: Tensor;
  /** Sine with the sign of the half it is for: (−sin, sin). */
  readonly sin: Tensor;
}

/** Tables of cosines and sines, computed once per device and grown as positions ask for it. */
export class Rotary {
  /** Longest sequence whose angles do not depend on its length, see `steadyLength`. */
  readonly steady: number;
  readonly #config: RopeConfig;
  readonly #shape: RopeShape;
  /** Length that the tables are for where angles depend on it; at most `steady` otherwise. */
  #length = 0;
  /** [positions, D], float32 */
  private cos: Tensor | null = null;
  private sin: Tensor | null = null;
  /** Tables that longer ones have replaced. They are right as far as they go, and a CUDA graph may still read them. */
  private replaced: Tensor[] = [];

  constructor(config: RopeConfig, shape: RopeShape) {
    this.steady = steadyLength(config, shape);
    this.#config = config;
    this.#shape = shape;
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
   * @param limit - tokens of the longest sequence, or more where that is at most `steady`
   */
  at(positions: Tensor, limit: number, like: Tensor): Rotation {
    const { cos, sin } = this.#tables(limit, like.device);
    const { dtype } = like;
    const index = positions.unsqueeze(1);
    return { cos: inDtype(embedding(cos, index), dtype), sin: inDtype(embedding(sin, index), dtype) };
  }

  #tables(positions: number, device: string): Rotation {
    const length = Math.max(positions, this.steady);
    if (
      this.cos === null ||
      this.sin === null ||
      this.cos.size(0) < positions ||
      this.cos.device !== device ||
      this.#length !== length
    ) {
      this.#replace(length, device);
      const rows = 2 ** Math.ceil(Math.log2(Math.max(positions, 256)));
      const made = keep(noGrad(() => scope(() => this.#compute(rows, length, device))));
      this.cos = made.cos;
      this.sin = made.sin;
      this.#length = length;
    }
    return { cos: this.cos, sin: this.sin };
  }

  #replace(length: number, device: string): void {
    const { cos, sin } = this;
    if (cos === null || sin === null || this.#length !== length || cos.device !== device) this.dispose();
    else this.replaced.push(cos, sin);
  }

  #compute(rows: number, length: number, device: string): Rotation {
    const inverse = inverseFrequencies(this.#config, this.#shape, length);
    const factor = attentionFactor(this.#config, this.#shape);
    const frequencies = tensor(inverse, [1, inverse.length], { device });
    const angles = arange(0, rows, { dtype: 'float32', device }).unsqueeze(1).mul(frequencies);
    const cos = angles.cos().mul(factor);
    const sin = angles.sin().mul(factor);
    return { cos: cat([cos, cos], 1), sin: cat([sin.neg(), sin], 1) };
  }

  /** Frees the tables; the next use computes them again. */
  dispose(): void {
    this.cos?.dispose();
    this.sin?.dispose();
    this.cos = null;
    this.sin = null;
    dispose(this.replaced);
    this.replaced = [];
  }
}

function inDtype(table: Tensor, dtype: Tensor['dtype']): Tensor {
  return dtype === 'float32' ? table : table.to(dtype);
}
