/** @file Sets of allowed tokens as masks on the model's device, made once and kept while they are in use. */
import { dispose, indices, keep, noGrad, ones, scope, type Tensor, tensor } from '../../torch/index.ts';
import type { TokenSet } from './sequence.ts';

/** Masks kept: at 150,000 tokens one takes 150 kB. */
const MOST_MASKS = 256;

export class TokenMasks {
  readonly #device: string;
  readonly #masks = new Map<TokenSet, Tensor>();

  constructor(device: string) {
    this.#device = device;
  }

  /** True where a token is not in the set, bool [V]. Valid until the next call. */
  forbidden(set: TokenSet, vocabulary: number): Tensor {
    const known = this.#masks.get(set);
    if (known !== undefined) {
      // Youngest last.
      this.#masks.delete(set);
      this.#masks.set(set, known);
      return known;
    }
    const made = this.#make(set, vocabulary);
    this.#masks.set(set, made);
    return made;
  }

  /** Frees the masks used longest ago beyond those that are kept. */
  trim(): void {
    for (const [set, mask] of this.#masks) {
      if (this.#masks.size <= MOST_MASKS) return;
      mask.dispose();
      this.#masks.delete(set);
    }
  }

  #make(set: TokenSet, vocabulary: number): Tensor {
    return noGrad(() =>
      scope(() => {
        const mask = ones([vocabulary], { dtype: 'bool', device: this.#device });
        const no = tensor(new Uint8Array(set.ids.length), undefined, { dtype: 'bool', device: this.#device });
        return keep(mask.indexCopy_(0, indices(set.ids, undefined, this.#device), no));
      }),
    );
  }

  dispose(): void {
    dispose([...this.#masks.values()]);
    this.#masks.clear();
  }
}
