/** @file The numbers of a cache's columns on a device, which masks compare positions with. */
import { arange, keep, type Tensor } from '../../torch/index.ts';

/** Made at first. */
const FIRST_COLUMNS = 256;

/** 0, 1, 2 … [1, 1, 1, n] on a device: made once, and longer when more are asked for. */
export class ColumnNumbers {
  readonly #device: string;
  #numbers: Tensor | null = null;

  constructor(device: string) {
    this.#device = device;
  }

  upTo(length: number): Tensor {
    if (this.#numbers === null || this.#numbers.size(3) < length) {
      this.dispose();
      const count = 2 ** Math.ceil(Math.log2(Math.max(length, FIRST_COLUMNS)));
      this.#numbers = keep(arange(0, count, { device: this.#device }).view([1, 1, 1, count]));
    }
    return this.#numbers.narrow(3, 0, length);
  }

  dispose(): void {
    this.#numbers?.dispose();
    this.#numbers = null;
  }
}
