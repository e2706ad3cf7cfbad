/** @file Embedding: one row of a table per token. */
import { embedding, empty, type Tensor } from '../../torch/index.ts';
import { Module, type Placement } from './module.ts';

/** A row of `size` numbers for each token of the vocabulary. */
export class Embedding extends Module {
  /** [V, D] */
  weight: Tensor;

  constructor(vocabSize: number, size: number, placement: Placement) {
    super();
    this.weight = empty([vocabSize, size], placement);
  }

  /** int64 [...] → [..., D] */
  forward(tokens: Tensor): Tensor {
    return embedding(this.weight, tokens);
  }
}
