/** @file One pass of the model over rows of unequal length: what they have not read yet, and the logits behind it. */
import type { BlockCache, LanguageModel } from '../../models/index.ts';
import { arange, indices, scope, type Tensor } from '../../torch/index.ts';
import type { Sequence } from './sequence.ts';

/** A sequence and how many of its pending tokens this pass reads. Its blocks hold room for them. */
export interface Reading {
  readonly sequence: Sequence;
  readonly tokens: number;
}

/**
 * Reads tokens of B sequences at once; rows that read fewer than the longest are padded behind.
 *
 * @returns logits after the last token each row read, float32 [B, V]
 */
export function forward(model: LanguageModel, cache: BlockCache, readings: readonly Reading[]): Tensor {
  const rows = readings.length;
  const longest = Math.max(...readings.map(({ tokens }) => tokens));
  const { blockSize } = cache;
  const blocksPerRow = Math.max(
    ...readings.map(({ sequence, tokens }) => Math.ceil((sequence.computed + tokens) / blockSize)),
  );
  const tokens = new Int32Array(rows * longest);
  const positions = new Int32Array(rows * longest);
  const places = new Int32Array(rows * longest);
  const table = new Int32Array(rows * blocksPerRow);
  for (const [row, { sequence, tokens: count }] of readings.entries()) {
    for (let t = 0; t < count; t++) {
      const at = sequence.computed + t;
      const block = sequence.blocks[Math.floor(at / blockSize)]!;
      tokens[row * longest + t] = sequence.tokens[at]!;
      positions[row * longest + t] = at;
      places[row * longest + t] = block * blockSize + (at % blockSize);
    }
    // Filled up with its own: what one row holds, NaN too, never reaches another.
    table.fill(sequence.blocks[0]!, row * blocksPerRow, (row + 1) * blocksPerRow);
    table.set(sequence.blocks.slice(0, blocksPerRow), row * blocksPerRow);
  }
  const { device } = model;
  return scope(() => {
    const at = indices(positions, [rows, longest], device);
    const columns = arange(0, blocksPerRow * blockSize, { device });
    const hidden = model.hidden({
      tokens: indices(tokens, [rows, longest], device),
      positions: at,
      // A column is a position: what a token may see is what lies at its own or before.
      blockMask: columns.view([1, 1, 1, -1]).le(at.view([rows, 1, longest, 1])),
      cache: cache.pass({
        places: indices(places, undefined, device),
        table: indices(table, undefined, device),
        rows,
        newTokens: longest,
        blocksPerRow,
      }),
    });
    const last = indices(
      readings.map(({ tokens: count }, row) => row * longest + count - 1),
      undefined,
      device,
    );
    return model.logits(hidden.view([rows * longest, -1]).indexSelect(0, last));
  });
}
