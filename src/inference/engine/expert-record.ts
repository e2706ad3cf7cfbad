/** @file ExpertRecord: the experts that the tokens of a sequence were sent to, as they are read. */
import type { Routing } from '../../models/index.ts';
import type { ExpertChoices } from '../../records.ts';
import { dispose, scope, stack } from '../../torch/index.ts';

/** Rows of a pass, in which of its places each lies, and where its tokens stand in the sequence. */
interface RecordedRow {
  readonly record: ExpertRecord | null;
  readonly start: number;
  readonly tokens: number;
}

export class ExpertRecord {
  layers: readonly number[] = [];
  perToken = 0;
  /** Layers, and in each its experts, of a token after another. */
  #values = new Uint16Array();

  /** The same so far, to go on from another way. */
  copy(): ExpertRecord {
    const copied = new ExpertRecord();
    copied.layers = this.layers;
    copied.perToken = this.perToken;
    copied.#values = this.#values.slice();
    return copied;
  }

  /** Of the first so many tokens; one byte an expert where that is enough. */
  choices(tokens: number): ExpertChoices {
    const { layers, perToken } = this;
    const values = this.#values.slice(0, tokens * layers.length * perToken);
    const isSmall = values.every((expert) => expert < 256);
    return { layers, perToken, experts: isSmall ? Uint8Array.from(values) : values };
  }

  set(token: number, values: Uint16Array): void {
    const end = (token + 1) * values.length;
    if (end > this.#values.length) {
      const longer = new Uint16Array(Math.max(end, 2 * this.#values.length));
      longer.set(this.#values);
      this.#values = longer;
    }
    this.#values.set(values, token * values.length);
  }
}

/**
 * Adds what a pass has chosen to the records of its rows.
 * @param longest - places of a row in the pass
 */
export function recordChoices(routing: Routing, rows: readonly RecordedRow[], longest: number): void {
  const choices = routing.takeChoices();
  const layers = [...choices.keys()].sort((a, b) => a - b);
  if (layers.length === 0) return;
  const perToken = choices.get(layers[0]!)!.size(1);
  // Layers, then experts, of each place: [N, L, k].
  const all = scope(() =>
    stack(
      layers.map((layer) => choices.get(layer)!),
      1,
    ).toInt32Array(),
  );
  dispose(choices);
  const width = layers.length * perToken;
  for (const [row, { record, start, tokens }] of rows.entries()) {
    if (record === null) continue;
    record.layers = layers;
    record.perToken = perToken;
    for (let t = 0; t < tokens; t++) {
      const at = (row * longest + t) * width;
      record.set(start + t, Uint16Array.from(all.subarray(at, at + width)));
    }
  }
}
