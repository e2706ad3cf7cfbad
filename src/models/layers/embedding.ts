/** @file Embedding: one row of a table per token, multiplied by a number where the model does so (Gemma: √D). */
import { type DType, embedding, empty, scope, type Tensor, tensor } from '../../torch/index.ts';
import { Module, type Placement } from './module.ts';

/** A row of `size` numbers for each token of the vocabulary. */
export class Embedding extends Module {
  /** [V, D] */
  weight: Tensor;
  readonly #scale: number;
  /** The scale as a number of a dtype. */
  #rounded: { readonly dtype: DType; readonly scale: number } | null = null;

  constructor(vocabSize: number, size: number, placement: Placement, scale = 1) {
    super();
    this.weight = empty([vocabSize, size], placement);
    this.#scale = scale;
  }

  /** int64 [...] → [..., D] */
  forward(tokens: Tensor): Tensor {
    const rows = embedding(this.weight, tokens);
    return this.#scale === 1 ? rows : rows.mul(this.#scaleIn(rows.dtype));
  }

  /** Gemma was trained with the scale rounded to the dtype of its weights: √3072 is 55.5 in bfloat16. */
  #scaleIn(dtype: DType): number {
    if (this.#rounded?.dtype !== dtype) {
      const scale = scope(() => tensor([this.#scale], [1], { dtype }).item());
      this.#rounded = { dtype, scale };
    }
    return this.#rounded.scale;
  }
}
