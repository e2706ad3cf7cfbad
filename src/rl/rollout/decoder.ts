/**
 * @file The running batch of a sampler: KV cache, padding, and one model step at a time.
 *
 * Prompts of unequal length are padded on the left, so that every row writes the same column of the cache.
 */
import type { LanguageModel, RowCache } from '../../models/index.ts';
import { indices, scope, type Tensor, tensor } from '../../torch/index.ts';

export class Decoder {
  readonly #model: LanguageModel;
  readonly #cache: RowCache;
  /** Columns of padding before each row's prompt. */
  #padding: Int32Array;

  /** @param capacity - columns of the cache: the longest prompt and all that will be decoded after it */
  constructor(model: LanguageModel, batch: number, capacity: number) {
    this.#model = model;
    this.#cache = model.newCache(batch, capacity);
    this.#padding = new Int32Array(batch);
  }

  /** Reads the prompts, one a row; returns the logits after the last token of each, float32 [B, V]. */
  prefill(prompts: readonly Int32Array[]): Tensor {
    const longest = Math.max(...prompts.map((prompt) => prompt.length));
    this.#padding = Int32Array.from(prompts, (prompt) => longest - prompt.length);
    const flat = new Int32Array(prompts.length * longest);
    for (const [row, prompt] of prompts.entries()) flat.set(prompt, row * longest + this.#padding[row]!);
    return scope(() => {
      const tokens = indices(flat, [prompts.length, longest], this.#model.device);
      const hidden = this.#model.hidden({ tokens, cache: this.#cache, ...this.#maskUpTo(longest) });
      return this.#model.logits(hidden.select(1, longest - 1));
    });
  }

  /** Reads one more token per row (int64 [B]); returns the logits after it, float32 [B, V]. */
  step(tokens: Tensor): Tensor {
    return scope(() => {
      const mask = this.#maskUpTo(this.#cache.length + 1);
      const hidden = this.#model.hidden({ tokens: tokens.unsqueeze(1), cache: this.#cache, ...mask });
      return this.#model.logits(hidden.select(1, 0));
    });
  }

  /** The batch becomes these rows of it, repeated or left out as given. */
  selectRows(rows: Int32Array): void {
    this.#padding = rows.map((row) => this.#padding[row]!);
    scope(() => this.#cache.selectRows(indices(rows, undefined, this.#model.device)));
  }

  /** True where a column holds a real token; no mask where no row is padded. */
  #maskUpTo(columns: number): { attentionMask?: Tensor } {
    if (this.#padding.every((count) => count === 0)) return {};
    const mask = new Uint8Array(this.#padding.length * columns);
    for (const [row, count] of this.#padding.entries())
      mask.fill(1, row * columns + count, (row + 1) * columns);
    const shape = [this.#padding.length, columns];
    return { attentionMask: tensor(mask, shape, { dtype: 'bool', device: this.#model.device }) };
  }

  dispose(): void {
    this.#cache.dispose();
  }
}
