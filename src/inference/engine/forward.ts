/** @file One pass of the model over rows of unequal length: what they have not read yet, and the logits behind it. */
import type { LanguageModel, ModelCache } from '../../models/index.ts';
import { indices, scope, type Tensor } from '../../torch/index.ts';
import type { CachedTokens } from './cached-tokens.ts';

/** Tokens of a row, and how many of the pending ones this pass reads. Its blocks hold room for them. */
export interface Reading {
  readonly cached: CachedTokens;
  readonly tokens: number;
}

/**
 * Reads tokens of B rows at once; rows that read fewer than the longest are padded behind.
 *
 * @param wanted - rows whose logits are asked for, in order; null for all
 * @returns logits after the last token that each wanted row read, float32 [wanted, V]
 */
export function forward(
  model: LanguageModel,
  cache: ModelCache,
  readings: readonly Reading[],
  wanted: readonly number[] | null,
): Tensor {
  const longest = Math.max(...readings.map(({ tokens }) => tokens));
  const tokens = new Int32Array(readings.length * longest);
  for (const [row, { cached, tokens: count }] of readings.entries()) {
    for (let t = 0; t < count; t++) tokens[row * longest + t] = cached.tokens[cached.computed + t]!;
  }
  const rows = readings.map(({ cached, tokens: count }) => ({
    blocks: cached.blocks,
    start: cached.computed,
    tokens: count,
  }));
  return scope(() => {
    const hidden = model.hidden({
      tokens: indices(tokens, [rows.length, longest], model.device),
      cache: cache.pass(rows),
    });
    if (longest === 1 && wanted === null) return model.logits(hidden.select(1, 0));
    const asked = wanted ?? [...rows.keys()];
    const last = asked.map((row) => row * longest + rows[row]!.tokens - 1);
    return model.logits(hidden.flatten(0, 1).indexSelect(0, indices(last, undefined, model.device)));
  });
}
