/**
 * @file Chunks of predictions: how many rows of logits are held at once, their memory, and the backward pass of their sum.
 *
 * Logits are float32 [N, V]: at 16k tokens and a vocabulary of 152k they would take 10 GB, and again for their gradient.
 */
import { cat, type DType, emptyLike, itemSize, memory, type Tensor } from '../../torch/index.ts';
import type { HeadOptions, Predicted } from './head.ts';
import { runsHeadKernel } from './head-kernel.ts';

/** Logits held at once, in elements. */
const BUDGET = { cpu: 1 << 24, cuda: 1 << 28 } as const;

/**
 * Logits held at once on a device, in elements: few enough on a CPU to stay near its caches, on a GPU enough to fill it,
 * and no more than a quarter of the memory that is free.
 */
export function logitsBudget(device: string): number {
  const { cuda } = device === 'cpu' ? {} : memory(device);
  if (cuda === undefined) return BUDGET.cpu;
  const free = cuda.free + cuda.reserved - cuda.allocated;
  return Math.min(BUDGET.cuda, Math.floor(free / 4 / MOST_BYTES));
}

/**
 * Bytes that the head takes at most for so many predictions, for an estimate.
 * @param place - device, dtype of the weights, and whether the head's kernel runs, for a GPU that is not here
 */
export function headBytes(
  predictions: number,
  vocabulary: number,
  place: { readonly device: string; readonly dtype: DType; readonly headKernel?: boolean },
  options: Partial<HeadOptions> = {},
): number {
  const { device, dtype, headKernel } = place;
  if (device === 'cpu') return Math.min(predictions * vocabulary, BUDGET.cpu) * AUTOGRAD_BYTES;
  // A kernel reads the logits and leaves their gradient in their place.
  const each = (headKernel ?? runsHeadKernel(device, dtype)) ? itemSize[dtype] : formulaBytes(dtype, options);
  return Math.min(predictions * vocabulary, BUDGET.cuda) * each;
}

/** Of each logit: with its log-softmax and two more for the entropy, all float32. */
const AUTOGRAD_BYTES = 16;

/**
 * Of each logit: with its softmax in float32 and, of bfloat16, a float32 copy; with a temperature the softmax on the way
 * back is rounded besides; a gradient of the entropy takes four float32 numbers.
 */
function formulaBytes(
  dtype: DType,
  { temperature = 1, entropyGradient = false }: Partial<HeadOptions>,
): number {
  const narrow = itemSize[dtype] < 4 ? itemSize[dtype] : 0;
  if (entropyGradient) return narrow + 16;
  return narrow + 8 + (temperature === 1 ? 0 : narrow);
}

/** The most of these. */
const MOST_BYTES = 18;

/** Rows whose logits are held at once. @param budget - in logits; by the device unless given */
export function chunkRows(device: string, vocabulary: number, budget = logitsBudget(device)): number {
  return Math.max(1, Math.floor(budget / vocabulary));
}

/** States without history, [n, D], and their targets, [n]. */
export interface Chunk {
  readonly hidden: Tensor;
  readonly targets: Tensor;
}

/** @param hidden - [N, D] @param targets - [N] */
export function chunksOf(hidden: Tensor, targets: Tensor, rows: number): Chunk[] {
  const ofTargets = targets.split(rows);
  return hidden
    .detach()
    .split(rows)
    .map((part, i) => ({ hidden: part, targets: ofTargets[i]! }));
}

/** What is known of all chunks, in order. */
export function joined(predicted: readonly Predicted[]): Predicted {
  const all = (pick: (part: Predicted) => Tensor): Tensor => cat(predicted.map(pick));
  return {
    logprobs: all((part) => part.logprobs),
    entropy: all((part) => part.entropy),
    correct: predicted[0]!.correct && all((part) => part.correct!),
  };
}

/**
 * Backpropagates into what states were computed from.
 * @param hidden - [N, D], with history
 * @param fill - writes the gradient in the states of a chunk, [n, D]
 */
export function backwardChunks(
  hidden: Tensor,
  rows: number,
  fill: (into: Tensor, chunk: number) => void,
): void {
  const gradient = emptyLike(hidden);
  for (const [i, into] of gradient.split(rows).entries()) fill(into, i);
  hidden.backward(gradient);
}
