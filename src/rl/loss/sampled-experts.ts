/** @file The experts that a sampler sent the tokens of completions to, laid out as a micro-batch is. */
import type { Completion } from '../../records.ts';
import { indices, type Tensor } from '../../torch/index.ts';

/**
 * By layer int64 [places, k]; −1 for padding, for the last token of a response, which the sampler did not read, and for
 * completions without a record. Undefined where no completion has one.
 * @param starts - the place of each completion's first token
 */
export function sampledExperts(
  completions: readonly Completion[],
  starts: Int32Array,
  places: number,
  device: string,
): ReadonlyMap<number, Tensor> | undefined {
  const first = completions.find(({ experts }) => experts !== undefined)?.experts;
  if (first === undefined) return undefined;
  const { layers, perToken } = first;
  const width = layers.length * perToken;
  const laidOut = layers.map(() => new Int32Array(places * perToken).fill(-1));
  for (const [i, { experts }] of completions.entries()) {
    if (experts === undefined) continue;
    for (let token = 0; token < experts.experts.length / width; token++) {
      for (const [l, values] of laidOut.entries()) {
        const from = token * width + l * perToken;
        values.set(experts.experts.subarray(from, from + perToken), (starts[i]! + token) * perToken);
      }
    }
  }
  return new Map(layers.map((layer, l) => [layer, indices(laidOut[l]!, [places, perToken], device)]));
}
