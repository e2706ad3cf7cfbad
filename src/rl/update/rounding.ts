/**
 * @file Rounding: where each value lies in the vector that a model computes with, rounded from float32 values.
 *
 * The order of the values is that of the module. In the rounded vector the weights of joint layers (JointLinears) are
 * neighbours, and so are their biases. What keeps its order is one stretch.
 */
import type { JointLinears } from '../../models/layers/index.ts';
import { type DType, empty, type Stretch, type Tensor } from '../../torch/index.ts';

export type Named = readonly [name: string, parameter: Tensor];

/** What the model computes with where that is rounded from the values. */
export interface Rounding {
  /** [M] */
  readonly vector: Tensor;
  /** Stretches of the values, ascending, and where they begin in the vector. */
  readonly stretches: readonly Stretch[];
}

/**
 * Memory for rounded parameters.
 * @param parameters - in the order of the values
 */
export function roundingOf(
  parameters: readonly Named[],
  joints: readonly JointLinears[],
  dtype: DType,
): Rounding {
  const from = new Map<Tensor, number>();
  let length = 0;
  for (const [, one] of parameters) {
    from.set(one, length);
    length += one.numel;
  }
  let to = 0;
  const stretches = inOrder(parameters, joints).map((one): Stretch => {
    const stretch = { from: from.get(one)!, to, count: one.numel };
    to += one.numel;
    return stretch;
  });
  const { device } = parameters[0]![1];
  return { vector: empty([length], { dtype, device }), stretches: merged(ascending(stretches)) };
}

/** The parameters; the weights of joint layers right behind the first of them, and then their biases. */
function inOrder(parameters: readonly Named[], joints: readonly JointLinears[]): Tensor[] {
  const all = new Set(parameters.map(([, one]) => one));
  const followers = new Map<Tensor, readonly Tensor[]>();
  for (const { layers } of joints) {
    const [first, ...weights] = layers.map(({ weight }) => weight);
    const others = [...weights, ...layers.flatMap(({ bias }) => bias ?? [])];
    if (others.every((one) => all.has(one))) followers.set(first!, others);
  }
  const follow = new Set([...followers.values()].flat());
  return parameters.flatMap(([, one]) => (follow.has(one) ? [] : [one, ...(followers.get(one) ?? [])]));
}

function ascending(stretches: readonly Stretch[]): Stretch[] {
  return stretches.toSorted((a, b) => a.from - b.from);
}

/** Stretches that go on where the one before ends, as one. */
export function merged(stretches: readonly Stretch[]): Stretch[] {
  const all: Stretch[] = [];
  for (const one of stretches) {
    const last = all.at(-1);
    if (last !== undefined && last.from + last.count === one.from && last.to + last.count === one.to)
      all[all.length - 1] = { ...last, count: last.count + one.count };
    else all.push(one);
  }
  return all;
}

/** Where a value is in the rounded vector. */
export function roundedPlace({ stretches }: Rounding, offset: number): number {
  const { from, to } = stretches.findLast((stretch) => stretch.from <= offset)!;
  return to + offset - from;
}
