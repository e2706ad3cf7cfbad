/** @file Each fused kernel beside the operators it replaces: how far apart they are, and how long both take. */

import { drawn } from '../../src/inference/engine/draw.ts';
import { drawnByKernel } from '../../src/inference/engine/draw-kernel.ts';
import { attend, rotate } from '../../src/models/layers/attention.ts';
import { decodeAttention } from '../../src/models/layers/decode-attention-kernel.ts';
import { activations, RMSNorm, type Rotation } from '../../src/models/layers/index.ts';
import { mergedRotaryKernel } from '../../src/models/layers/rotary-kernel.ts';
import { mergedSwigluKernel } from '../../src/models/layers/swiglu-kernel.ts';
import {
  arange,
  full,
  gradients,
  noGrad,
  rand,
  randn,
  scope,
  type Tensor,
  withoutKernels,
} from '../../src/torch/index.ts';
import { Bench, median, round } from './bench.ts';
import type { Settings } from './settings.ts';
import { SHAPES, type Shape } from './shapes.ts';

/** An operator both ways: inputs → outputs. */
interface Case {
  readonly name: string;
  readonly inputs: readonly Tensor[];
  readonly fused: () => readonly Tensor[];
  readonly composed: () => readonly Tensor[];
}

/**
 * Each kernel of training, and those of decoding. Largest differences, as a share of the largest value, of outputs and of gradients; and µs of a call forward, and of its
 * gradient, of both.
 *
 * `rows`, `len`: rows of a pass and their tokens. `decoded`: rows of a decoding step over caches of `len` tokens. On the CPU,
 * where no kernels run, both are the composed form.
 */
export function kernels(settings: Settings): void {
  const bench = new Bench('kernels', settings);
  const B = settings.number('rows', bench.sized(8, 2));
  const T = settings.number('len', bench.sized(1024, 16));
  const decoded = settings.number('decoded', bench.sized(256, 4));
  settings.done();
  scope(() => {
    for (const one of casesOf(bench, SHAPES[bench.shape], B, T)) scope(() => compare(bench, one));
  });
  noGrad(() => {
    scope(() => compareAttention(bench, SHAPES[bench.shape], decoded, T));
    scope(() => compareDraw(bench, decoded));
  });
}

function casesOf(bench: Bench, shape: Shape, B: number, T: number): Case[] {
  const {
    hidden_size: D,
    intermediate_size: I,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
  } = shape;
  const headDim = shape.head_dim ?? D / heads;
  const leaf = (sizes: readonly number[]): Tensor =>
    randn(sizes, { device: bench.device }).to(bench.dtype).requiresGrad_();
  const norm = (size: number): RMSNorm => {
    const made = new RMSNorm(size, 1e-6, bench);
    noGrad(() => made.weight.copy_(randn([size], { device: bench.device })));
    made.requiresGrad_();
    return made;
  };
  const [x, more, both] = [leaf([B, T, D]), leaf([B, T, D]), leaf([B, T, 2 * I])];
  const [own, query, key] = [norm(D), norm(headDim), norm(headDim)];
  const angles = (): Tensor => randn([T, headDim], { device: bench.device }).to(bench.dtype);
  const rotation: Rotation = { cos: angles(), sin: angles() };
  const qkv = leaf([B, T, (heads + 2 * kvHeads) * headDim]);
  const bias = leaf([(heads + 2 * kvHeads) * headDim]);
  const norms = { query: query.weight, key: key.weight, offset: 0 as const, eps: query.eps };
  const split = (joint: Tensor, normed: boolean): Tensor[] => {
    const [q, k, v] = joint.view([B, T, -1, headDim]).splitSizes([heads, kvHeads, kvHeads], 2);
    const turn = (part: Tensor, by: RMSNorm): Tensor =>
      rotate((normed ? by.forward(part) : part).transpose(1, 2), rotation).transpose(1, 2);
    return [turn(q!, query), turn(k!, key), v!];
  };
  const sizes = { heads, kvHeads, headDim };
  return [
    {
      name: 'norm',
      inputs: [x, own.weight],
      fused: () => [own.forward(x)],
      composed: () => withoutKernels(() => [own.forward(x)]),
    },
    {
      name: 'sum and norm',
      inputs: [x, more, own.weight],
      fused: () => own.added(x, more),
      composed: () => withoutKernels(() => own.added(x, more)),
    },
    {
      name: 'bias and rotation',
      inputs: [qkv, bias],
      fused: () => mergedRotaryKernel(qkv, bias, rotation, sizes, null) ?? split(qkv.add(bias), false),
      composed: () => split(qkv.add(bias), false),
    },
    {
      name: 'norms of heads and rotation',
      inputs: [qkv, query.weight, key.weight],
      fused: () => mergedRotaryKernel(qkv, null, rotation, sizes, norms) ?? split(qkv, true),
      composed: () => withoutKernels(() => split(qkv, true)),
    },
    {
      name: 'swiglu',
      inputs: [both],
      fused: () => [mergedSwigluKernel(both) ?? swiglu(both)],
      composed: () => [swiglu(both)],
    },
  ];
}

/** Attention of a new token of each row over `T` keys. */
function compareAttention(bench: Bench, shape: Shape, rows: number, T: number): void {
  const { num_attention_heads: heads, num_key_value_heads: kvHeads } = shape;
  const D = shape.head_dim ?? shape.hidden_size / heads;
  const { device } = bench;
  const random = (sizes: readonly number[]): Tensor => randn(sizes, { device }).to(bench.dtype);
  const query = random([rows, heads, 1, D]);
  const [keys, values] = [random([rows, kvHeads, T, D]), random([rows, kvHeads, T, D])];
  const last = (pool: Tensor): Tensor => pool.narrow(2, T - 1, 1);
  const table = arange(0, rows, { device }).view([rows, 1]);
  const starts = full([rows], T - 1, { device, dtype: 'int64' });
  const cache = { keys, values, table, starts, blockSize: T, length: T };
  const composed = (): Tensor => attend(query, keys, values, { bias: null, causal: false });
  const added = [last(keys).clone(), last(values).clone()];
  const fused = (): Tensor => decodeAttention(query, added, cache) ?? composed();
  bench.print({
    name: 'attention of a new token',
    forward: apart([fused()], [composed()]),
    us: microseconds(bench, fused),
    composed_us: microseconds(bench, composed),
  });
}

/** A token of each row from logits; `equal` is the share of rows with the same token. */
function compareDraw(bench: Bench, rows: number): void {
  const { device } = bench;
  const logits = randn([rows, bench.vocabulary], { device }).mul(2).to(bench.dtype);
  const uniforms = rand([rows], { device });
  const temperatures = full([rows], 1, { device });
  const composed = () => drawn(logits.to('float32'), uniforms);
  const fused = () => drawnByKernel(logits, uniforms, temperatures) ?? composed();
  const [own, other] = [fused(), composed()];
  bench.print({
    name: 'draw',
    equal: own.tokens.eq(other.tokens).to('float32').mean().item(),
    forward: apart([own.logprobs], [other.logprobs]),
    us: microseconds(bench, fused),
    composed_us: microseconds(bench, composed),
  });
}

function swiglu(both: Tensor): Tensor {
  const [gate, up] = both.chunk(2, -1);
  return activations.silu(gate!).mul(up!);
}

function compare(bench: Bench, { name, inputs, fused, composed }: Case): void {
  const outputGradients = composed().map((output) => randn(output.shape, bench).to(bench.dtype));
  const backward = (outputs: readonly Tensor[]): Tensor[] =>
    gradients(outputs, inputs, { outputGradients, retainGraph: true }) as Tensor[];
  const [own, other] = [fused(), composed()];
  bench.print({
    name,
    forward: apart(own, other),
    backward: apart(backward(own), backward(other)),
    us: microseconds(bench, fused),
    composed_us: microseconds(bench, composed),
    backward_us: microseconds(bench, () => backward(own)),
    composed_backward_us: microseconds(bench, () => backward(other)),
  });
}

function apart(found: readonly Tensor[], expected: readonly Tensor[]): number {
  const each = found.map((one, i) => {
    const wide = expected[i]!.to('float32');
    return one.to('float32').sub(wide).abs().max().item() / wide.abs().max().item();
  });
  return Number(Math.max(...each).toExponential(2));
}

const CALLS = 20;

/** Of one call: the median of five stretches of calls. */
function microseconds(bench: Bench, fn: () => unknown): number {
  const calls = (): void => {
    for (let i = 0; i < CALLS; i++)
      scope(() => {
        fn();
      });
  };
  calls();
  return round(median(Array.from({ length: 5 }, () => bench.time(calls))) * (1000 / CALLS), 1);
}
