/** @file Gradient modes and gradients that do not accumulate. */
import { native } from './native.ts';
import { Tensor } from './tensor.ts';

let recording = true;

/** Whether operators record history. */
export function recordsHistory(): boolean {
  return recording;
}

function withGrad<T>(enabled: boolean, fn: () => T): T {
  const before = recording;
  native.setGradEnabled(enabled);
  recording = enabled;
  try {
    return fn();
  } finally {
    native.setGradEnabled(before);
    recording = before;
  }
}

/** Runs `fn` without recording history. Not for async functions: the mode is restored when `fn` returns. */
export function noGrad<T>(fn: () => T): T {
  return withGrad(false, fn);
}

/** Runs `fn` with history recorded, inside a `noGrad`. */
export function enableGrad<T>(fn: () => T): T {
  return withGrad(true, fn);
}

/**
 * ∂ outputs / ∂ inputs, leaving `.grad` alone.
 * @param options.outputGradients - one per output; ones for scalars unless given
 * @returns one gradient per input, null where `allowUnused` and the input took no part
 */
export function gradients(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  options: { outputGradients?: readonly Tensor[]; retainGraph?: boolean; allowUnused?: boolean } = {},
): (Tensor | null)[] {
  return native
    .gradients(
      outputs.map((output) => output.handle),
      inputs.map((input) => input.handle),
      options.outputGradients?.map((gradient) => gradient.handle) ?? null,
      options.retainGraph ?? false,
      false,
      options.allowUnused ?? false,
    )
    .map((handle) => (handle === null ? null : new Tensor(handle)));
}

/** Backpropagates from several outputs at once, accumulating into the leaves' `grad`. */
export function backward(outputs: readonly Tensor[], outputGradients?: readonly Tensor[]): void {
  native.backward(
    outputs.map((output) => output.handle),
    outputGradients?.map((gradient) => gradient.handle) ?? null,
  );
}
