/** @file Attention over long documents: torch's flash attention beside cuDNN's, forward and backward. */
import { type AttentionMask, attend, attentionMask } from '../../src/models/layers/index.ts';
import { randn, scope, type Tensor } from '../../src/torch/index.ts';
import { Bench, median, round } from './bench.ts';
import type { Settings } from './settings.ts';
import { SHAPES, type Shape } from './shapes.ts';

const REPEATS = 5;

/** What one kernel took, ms: the first time, with cuDNN's plan, and from then on. */
interface Measured {
  readonly first: number;
  readonly forward: number;
  readonly backward: number;
  /** The output and the gradients of queries, keys and values. */
  readonly results: readonly Tensor[];
}

/**
 * Attention of one layer over one document, causal: ms forward and backward by flash attention and by cuDNN, the first
 * call with its plans, and how far their outputs and gradients are apart, relative to their norm.
 *
 * `lengths`: tokens of the document, such as 4096,16384. Ask for `dtype=bfloat16`.
 */
export function attention(settings: Settings): void {
  const bench = new Bench('attention', settings, 'qwen3');
  const lengths = settings.numbers('lengths', bench.sized([4096, 8192, 16_384, 15_000], [64]));
  settings.done();
  for (const T of lengths) scope(() => compare(bench, T));
}

function compare(bench: Bench, T: number): void {
  const { device, dtype } = bench;
  const shape: Shape = SHAPES[bench.shape];
  const [H, kvHeads] = [shape.num_attention_heads, shape.num_key_value_heads];
  const headDim = shape.head_dim ?? shape.hidden_size / H;
  const heads = (count: number): Tensor =>
    randn([1, T, count, headDim], { device }).to(dtype).transpose(1, 2);
  const given = [heads(H), heads(kvHeads), heads(kvHeads), heads(H)];
  const options = { queries: T, keys: T, groups: H / kvHeads, headDim, dtype, device };
  const kernels = { flash: attentionMask({ ...options, cached: true }), cudnn: attentionMask(options) };
  if (kernels.cudnn.long !== true) bench.print({ T, what: 'cuDNN does not read this' });
  const [flash, cudnn] = [measure(bench, given, kernels.flash), measure(bench, given, kernels.cudnn)];
  const apart = cudnn.results.map((x, i) => distance(x, flash.results[i]!));
  for (const [kernel, { first, forward, backward }] of Object.entries({ flash, cudnn }))
    bench.print({ T, H, kvHeads, headDim, kernel, first, forward, backward });
  bench.print({ T, what: 'apart: output, gradients of q, k, v', apart });
}

function measure(bench: Bench, given: readonly Tensor[], mask: AttentionMask): Measured {
  const [q, k, v, direction] = given.map((x) => x.detach().requiresGrad_());
  const forward = (): Tensor => attend(q!, k!, v!, mask);
  const backward = (out: Tensor): void => out.backward(direction!.detach());
  const first = bench.time(() => scope(() => backward(forward())));
  const results = [scope(() => forward().detach()), ...[q, k, v].map((x) => x!.grad!.detach().mul(1))];
  const times = Array.from({ length: REPEATS }, () =>
    scope(() => {
      let out: Tensor | undefined;
      const there = bench.time(() => {
        out = forward();
      });
      return [there, bench.time(() => backward(out!))] as const;
    }),
  );
  const middle = (i: 0 | 1): number => round(median(times.map((both) => both[i])), 3);
  return { first: round(first, 1), forward: middle(0), backward: middle(1), results };
}

function distance(x: Tensor, y: Tensor): number {
  const wide = y.to('float32');
  return Number((x.to('float32').sub(wide).norm().item() / wide.norm().item()).toExponential(1));
}
