/**
 * @file Adjustments: penalties and biases of the rows of a static step, kept on the device.
 *
 * A penalty depends on what the reply holds, the token before this one included, and a step may begin before the host has
 * seen that token. So the device counts. Each row that asks for it has a slot: its biases, how often its reply holds each
 * token, and what that takes from the logit. A row enters with the host's counts, and every step adds one token.
 */
import { aten, dispose, indices, keep, scope, type Tensor, tensor, zeros } from '../../torch/index.ts';
import type { SamplingRow } from './sequence.ts';

/** A row as far as it is adjusted. */
export interface AdjustedRow {
  /** Its settings, which identify it; null where it has neither penalty nor bias. */
  readonly adjusted: SamplingRow | null;
  /** Tokens of the row before its new one. */
  readonly start: number;
  /** The new token; null where only the device knows it. */
  readonly token: number | null;
}

/** Where a row's numbers are, and whether its new token is to be counted. */
export interface Place {
  readonly slot: number;
  readonly adds: 0 | 1;
}

/** The slot of rows that are not adjusted: all 0. */
export const NOWHERE: Place = { slot: 0, adds: 0 };

interface Entry {
  readonly slot: number;
  /** The device has counted the token at this position, and all before it. */
  counted: number;
}

export class Adjustments {
  readonly #vocabulary: number;
  readonly #most: number;
  readonly #device: string;
  #tables: Tables | null = null;
  readonly #entries = new Map<SamplingRow, Entry>();
  #free: number[] = [];

  /** @param most - rows of a step */
  constructor(vocabulary: number, most: number, device: string) {
    this.#vocabulary = vocabulary;
    this.#most = most;
    this.#device = device;
  }

  /**
   * A place for each row of a step that is about to run.
   * @param moved - called where memory that steps read has moved
   */
  place(rows: readonly AdjustedRow[], moved: () => void): Place[] {
    const now = new Set(rows.flatMap(({ adjusted }) => adjusted ?? []));
    this.#makeRoom(now.size, moved);
    return rows.map(({ adjusted, start, token }) => {
      if (adjusted === null) return NOWHERE;
      const known = this.#entries.get(adjusted);
      if (known !== undefined && known.counted === start - 1) {
        known.counted = start;
        return { slot: known.slot, adds: 1 };
      }
      const slot = known?.slot ?? this.#take(now);
      this.#entries.set(adjusted, { slot, counted: start });
      this.#tables!.write(slot, adjusted);
      // The host has counted the tokens it knows.
      return { slot, adds: token === null ? 1 : 0 };
    });
  }

  /**
   * Counts the new tokens of the rows, and adds to their logits what their settings say; recorded in a step.
   * @param logits - [B, V]
   * @param slots - int64 [B]
   * @param tokens - int64 [B]
   * @param adds - float32 [B]
   */
  apply(logits: Tensor, slots: Tensor, tokens: Tensor, adds: Tensor): Tensor {
    return this.#tables!.apply(logits, slots, tokens, adds);
  }

  /** Slots for so many rows at once, and the one of all others. */
  #makeRoom(rows: number, moved: () => void): void {
    const slots = this.#tables?.slots ?? 0;
    if (rows < slots) return;
    if (this.#tables !== null) moved();
    this.#tables?.dispose();
    this.#entries.clear();
    const size = Math.min(2 ** Math.ceil(Math.log2(Math.max(rows, 1))), this.#most) + 1;
    this.#tables = new Tables(size, this.#vocabulary, this.#device);
    this.#free = Array.from({ length: size - 1 }, (_, i) => size - 1 - i);
  }

  /** A slot that no row of this step has. */
  #take(now: ReadonlySet<SamplingRow>): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    for (const [row, { slot }] of this.#entries) {
      if (now.has(row)) continue;
      this.#entries.delete(row);
      return slot;
    }
    throw new RangeError('more adjusted rows than slots');
  }

  dispose(): void {
    this.#tables?.dispose();
    this.#entries.clear();
  }
}

const indexAdd = aten('index_add_');

/** The numbers of all slots. */
class Tables {
  readonly slots: number;
  readonly #vocabulary: number;
  readonly #device: string;
  /** [slots, V] each: added to logits, how often the reply holds a token, what that adds. */
  readonly #biases: Tensor;
  readonly #counts: Tensor;
  readonly #penalties: Tensor;
  /** Presence and frequency penalty, float64 [slots, 2]: sums are rounded once, as the host rounds them. */
  readonly #strengths: Tensor;

  constructor(slots: number, vocabulary: number, device: string) {
    this.slots = slots;
    this.#vocabulary = vocabulary;
    this.#device = device;
    const table = (): Tensor => keep(zeros([slots, vocabulary], { device }));
    [this.#biases, this.#counts, this.#penalties] = [table(), table(), table()];
    this.#strengths = keep(zeros([slots, 2], { device, dtype: 'float64' }));
  }

  /** Writes a row as the host knows it. */
  write(slot: number, { bias, counts, presencePenalty, frequencyPenalty }: SamplingRow): void {
    scope(() => {
      this.#strengths
        .select(0, slot)
        .copy_(tensor(Float64Array.of(presencePenalty, frequencyPenalty), [2], { dtype: 'float64' }));
      const of = (count: number): number => -presencePenalty - frequencyPenalty * count;
      this.#fill(this.#biases, slot, [...bias]);
      this.#fill(this.#counts, slot, [...counts]);
      this.#fill(
        this.#penalties,
        slot,
        [...counts].map(([token, count]) => [token, of(count)] as const),
      );
    });
  }

  #fill(table: Tensor, slot: number, entries: readonly (readonly [token: number, value: number])[]): void {
    const row = table.select(0, slot).zero_();
    if (entries.length === 0) return;
    const device = this.#device;
    const places = entries.map(([token]) => token);
    const values = entries.map(([, value]) => value);
    indexAdd(row, 0, indices(places, undefined, device), tensor(values, undefined, { device }));
  }

  apply(logits: Tensor, slots: Tensor, tokens: Tensor, adds: Tensor): Tensor {
    const places = slots.mul(this.#vocabulary).add(tokens);
    const counted = this.#counts.view([-1]);
    const counts = counted.indexSelect(0, places).add(adds);
    counted.indexCopy_(0, places, counts);
    const strengths = this.#strengths.indexSelect(0, slots);
    const [presence, frequency] = [strengths.select(1, 0), strengths.select(1, 1)];
    const amounts = presence.neg().sub(frequency.mul(counts.to('float64')));
    this.#penalties.view([-1]).indexCopy_(0, places, amounts.to('float32'));
    // One after the other, as the chooser adds them.
    return logits.add(this.#biases.indexSelect(0, slots)).add(this.#penalties.indexSelect(0, slots));
  }

  dispose(): void {
    dispose([this.#biases, this.#counts, this.#penalties, this.#strengths]);
  }
}
