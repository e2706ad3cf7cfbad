import { describe, expect, it } from 'vitest';
import { requirement } from '../../../tests/support/requirement.ts';
import {
  cat,
  type DType,
  deviceReport,
  Generator,
  memory,
  noGrad,
  randn,
  scope,
  type Tensor,
  tensor,
} from '../../torch/index.ts';
import { Attention, type AttentionOptions, attend, repeatHeads } from './attention.ts';
import { attentionMask } from './mask.ts';
import { Rotary } from './rotary.ts';

const wide = { dtype: 'float64', device: 'cpu' } as const;

/** softmax(q kᵀ / √d) v with loops; may(query, key) says what is seen. */
function slowly(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  may: (b: number, t: number, s: number) => boolean,
): number[] {
  const [B, H, T, D] = q.shape as [number, number, number, number];
  const [kvHeads, S] = [k.size(1), k.size(2)];
  const [Q, K, V] = [q.toArray(), k.toArray(), v.toArray()];
  const out: number[] = [];
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < H; h++) {
      const keyHead = Math.floor(h / (H / kvHeads));
      const row = (s: number): number => ((b * kvHeads + keyHead) * S + s) * D;
      for (let t = 0; t < T; t++) {
        const query = ((b * H + h) * T + t) * D;
        const weights = Array.from({ length: S }, (_, s) => {
          if (!may(b, t, s)) return 0;
          let dot = 0;
          for (let d = 0; d < D; d++) dot += Q[query + d]! * K[row(s) + d]!;
          return Math.exp(dot / Math.sqrt(D));
        });
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        for (let d = 0; d < D; d++) {
          out.push(weights.reduce((sum, weight, s) => sum + (weight / total) * V[row(s) + d]!, 0));
        }
      }
    }
  }
  return out;
}

function expectClose(found: Tensor, expected: number[], digits = 10): void {
  const values = found.toArray();
  expect(values).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(values[i]).toBeCloseTo(value, digits);
}

describe('attend', () => {
  const shapes = [
    { name: 'all heads, whole sequence', H: 2, kvHeads: 2, T: 4, S: 4 },
    { name: 'grouped heads, whole sequence', H: 6, kvHeads: 2, T: 4, S: 4 },
    { name: 'grouped heads, behind a cache', H: 4, kvHeads: 2, T: 3, S: 5 },
    { name: 'grouped heads, one token', H: 6, kvHeads: 2, T: 1, S: 5 },
    { name: 'one key head, one token', H: 4, kvHeads: 1, T: 1, S: 3 },
  ];

  it.each(shapes)('$name: causal as loops compute it', ({ H, kvHeads, T, S }) => {
    scope(() => {
      const q = randn([2, H, T, 4], wide);
      const [k, v] = [randn([2, kvHeads, S, 4], wide), randn([2, kvHeads, S, 4], wide)];
      const mask = attentionMask({ ...wide, queries: T, keys: S, groups: H / kvHeads });
      expectClose(
        attend(q, k, v, mask),
        slowly(q, k, v, (_, t, s) => s <= t + S - T),
      );
    });
  });

  it.each(shapes)('$name: within a window as loops compute it', ({ H, kvHeads, T, S }) => {
    scope(() => {
      const q = randn([2, H, T, 4], wide);
      const [k, v] = [randn([2, kvHeads, S, 4], wide), randn([2, kvHeads, S, 4], wide)];
      for (const window of [1, 2, S, S + 3]) {
        const mask = attentionMask({ ...wide, queries: T, keys: S, groups: H / kvHeads, window });
        const [from, to] = [S - T - window, S - T];
        expectClose(
          attend(q, k, v, mask),
          slowly(q, k, v, (_, t, s) => s > t + from && s <= t + to),
        );
      }
    });
  });

  it.each(shapes)('$name: padded as loops compute it', ({ H, kvHeads, T, S }) => {
    scope(() => {
      const q = randn([2, H, T, 4], wide);
      const [k, v] = [randn([2, kvHeads, S, 4], wide), randn([2, kvHeads, S, 4], wide)];
      // One pad: with T = S the first query of row 0 sees nothing real, and is not compared.
      const padding = tensor([0, ...Array<number>(2 * S - 1).fill(1)], [2, S]);
      const mask = attentionMask({ ...wide, queries: T, keys: S, groups: H / kvHeads, padding });
      const out = attend(q, k, v, mask);
      const expected = slowly(q, k, v, (b, t, s) => s <= t + S - T && !(b === 0 && s === 0));
      const seen = expected.map((value) => Number(!Number.isNaN(value)));
      expect(out.isfinite().all().item()).toBe(1);
      const real = out.toArray().map((value, i) => (seen[i] ? value : 0));
      expectClose(
        tensor(real, [real.length], wide),
        expected.map((value) => (Number.isNaN(value) ? 0 : value)),
      );
    });
  });

  it('reads grouped heads as it reads each key head repeated for its query heads', () => {
    scope(() => {
      const q = randn([2, 6, 5, 8], wide).requiresGrad_();
      const [k, v] = [randn([2, 2, 5, 8], wide).requiresGrad_(), randn([2, 2, 5, 8], wide).requiresGrad_()];
      const direction = randn([2, 6, 5, 8], wide);
      const gradients = (groups: number): Tensor[] => {
        const mask = attentionMask({ ...wide, queries: 5, keys: 5, groups });
        const repeated = (x: Tensor): Tensor => (groups === 1 ? repeatHeads(x, 3) : x);
        const out = attend(q, repeated(k), repeated(v), mask);
        out.mul(direction).sum().backward();
        const all = [out.detach(), ...[q, k, v].map(({ grad }) => grad!)];
        for (const x of [q, k, v]) x.setGrad(null);
        return all;
      };
      const [apart, grouped] = [gradients(1), gradients(3)];
      for (const [i, part] of apart.entries()) expectClose(grouped[i]!, part.toArray());
    });
  });

  it('computes the softmax of half precision in float32', () => {
    scope(() => {
      // 512 equal scores: each weight is 2^-9. Summed up in bfloat16, the exponentials would stop at 256.
      const q = randn([1, 1, 1, 2]).to('bfloat16');
      const k = tensor(Array<number>(1024).fill(0), [1, 1, 512, 2], { dtype: 'bfloat16' });
      const half = Array.from({ length: 1024 }, (_, i) => Number(i < 512));
      const v = tensor(half, [1, 1, 512, 2], { dtype: 'bfloat16' });
      const out = attend(q, k, v, { bias: null, causal: false });
      expect(out.dtype).toBe('bfloat16');
      expect(out.toArray()).toEqual([0.5, 0.5]);
    });
  });
});

const gpu = requirement(deviceReport().devices.length > 1 ? null : 'this torch sees no CUDA device');

describe.skipIf(gpu.missing)(`the memory of attention on a GPU${gpu.note}`, () => {
  const [T, H] = [8192, 8];

  it.each([
    { dtype: 'float32', kvHeads: 2, masked: false },
    { dtype: 'float32', kvHeads: 8, masked: false },
    { dtype: 'float32', kvHeads: 2, masked: true },
    { dtype: 'bfloat16', kvHeads: 2, masked: false },
    { dtype: 'bfloat16', kvHeads: 2, masked: true },
  ] as const)('holds no T×T scores: $dtype, $kvHeads key heads, masked $masked', (form) => {
    scope(() => {
      const place = { dtype: form.dtype, device: 'cuda:0' } as const;
      const vectors = (heads: number): Tensor => randn([1, heads, T, 64], place).requiresGrad_();
      const [q, k, v] = [vectors(H), vectors(form.kvHeads), vectors(form.kvHeads)];
      const window = form.masked ? 1024 : null;
      const mask = attentionMask({ ...place, queries: T, keys: T, groups: H / form.kvHeads, window });
      const before = memory('cuda:0').cuda!;
      attend(q, k, v, mask).sum().backward();
      const { peak } = memory('cuda:0').cuda!;
      // The peak is the process's: what came before may be higher than this pass, never lower.
      expect(peak).toBeLessThan(Math.max(before.peak + 1, before.allocated + (T * T * H) / 2));
    });
  });
});

describe.skipIf(gpu.missing)(`documents in a row on a GPU${gpu.note}`, () => {
  const segments = [[300, 1, 77, 130], [512], [40, 200]];
  const T = 512;

  /** Output and gradients of documents by the kernel for them, or by a mask. */
  function read(options: {
    dtype: DType;
    window: number | null;
    kvHeads: number;
    headDim?: number;
  }): Tensor[] {
    const { dtype, window, kvHeads, headDim } = options;
    const generator = new Generator(7);
    const vectors = (heads: number): Tensor =>
      randn([3, heads, T, 64], { generator }).to('bfloat16').to(dtype).to('cuda:0').requiresGrad_();
    const [q, k, v] = [vectors(6), vectors(kvHeads), vectors(kvHeads)];
    const place = { dtype, device: 'cuda:0' } as const;
    const mask = attentionMask({
      ...place,
      queries: T,
      keys: T,
      groups: 6 / kvHeads,
      window,
      segments,
      headDim,
    });
    expect(mask.documents !== undefined).toBe(headDim !== undefined);
    const out = attend(q, k, v, mask);
    // Padding means nothing: the last 4 places of the first row, and half of the third.
    const direction = randn([3, 6, T, 64], { generator });
    direction.narrow(0, 0, 1).narrow(2, 508, 4).zero_();
    direction.narrow(0, 2, 1).narrow(2, 240, 272).zero_();
    const weights = direction.to(dtype).to('cuda:0');
    out.mul(weights).sum().backward();
    return [out.detach().mul(weights), ...[q, k, v].map(({ grad }) => grad!)].map((x) => x.to('float32'));
  }

  it.each([
    { dtype: 'bfloat16', window: null, kvHeads: 2, bound: 0.02 },
    { dtype: 'bfloat16', window: 50, kvHeads: 2, bound: 0.02 },
    { dtype: 'float16', window: 2, kvHeads: 6, bound: 0.005 },
    { dtype: 'float32', window: null, kvHeads: 2, bound: 1e-4 },
    { dtype: 'float32', window: null, kvHeads: 6, bound: 1e-4 },
  ] as const)(
    'are read as behind a mask: $dtype, window $window, $kvHeads key heads',
    ({ bound, ...form }) => {
      scope(() => {
        const expected = read({ ...form, dtype: 'float32' });
        for (const [i, found] of read({ ...form, headDim: 64 }).entries()) {
          const error = found.sub(expected[i]!).norm().item() / expected[i]!.norm().item();
          expect(error, ['out', 'q', 'k', 'v'][i]).toBeLessThan(bound);
        }
      });
    },
  );
});

describe('Attention', () => {
  const options: AttentionOptions = {
    hiddenSize: 6,
    heads: 2,
    kvHeads: 1,
    headDim: 4,
    qkvBias: false,
    outputBias: false,
    qkNorm: null,
    rotated: 4,
  };
  const headNorms = { over: 'heads', eps: 1e-6, offset: 0 } as const;
  const names = (changes: Partial<AttentionOptions>): string[] =>
    scope(() => new Attention({ ...options, ...changes }, wide).namedParameters().map(([name]) => name));

  it('has the parameters its options ask for', () => {
    const weights = ['q_proj.weight', 'k_proj.weight', 'v_proj.weight', 'o_proj.weight'];
    expect(names({})).toEqual(weights);
    const biases = ['q_proj.bias', 'k_proj.bias', 'v_proj.bias'];
    expect(names({ qkvBias: true }).sort()).toEqual([...weights, ...biases].sort());
    expect(names({ outputBias: true }).sort()).toEqual([...weights, 'o_proj.bias'].sort());
    expect(names({ qkNorm: headNorms })).toEqual([...weights, 'q_norm.weight', 'k_norm.weight']);
    expect(names({ fused: true, qkvBias: true })).toEqual([
      'qkv_proj.weight',
      'qkv_proj.bias',
      'o_proj.weight',
    ]);
  });

  it('normalises heads one by one, or all of a token', () => {
    scope(() => {
      const sizes = (over: 'heads' | 'tokens'): number[] => {
        const { q_norm: query, k_norm: key } = new Attention(
          { ...options, qkNorm: { ...headNorms, over } },
          wide,
        );
        return [query!.weight.numel, key!.weight.numel];
      };
      expect(sizes('heads')).toEqual([4, 4]);
      expect(sizes('tokens')).toEqual([8, 4]);
    });
  });

  it('without turned dimensions knows no positions: the order of the tokens before the last changes nothing', () => {
    scope(() => {
      const last = (rotated: number): Tensor[] => {
        const attention = new Attention({ ...options, rotated }, wide);
        noGrad(() =>
          attention.parameters().map((parameter) => parameter.copy_(randn(parameter.shape, wide))),
        );
        const rotary = new Rotary({ type: 'default', theta: 100 }, { headDim: 4, maxPositions: 64 });
        const mask = attentionMask({ ...wide, queries: 5, keys: 5, groups: 2 });
        const x = randn([1, 5, 6], wide);
        const other = cat([x.narrow(1, 0, 4).flip([1]), x.narrow(1, 4, 1)], 1);
        const read = [x, other].map((states) =>
          noGrad(() =>
            attention
              .forward(states, 0, { rotation: rotary.consecutive(0, 5, x), mask, cache: null })
              .select(1, 4),
          ),
        );
        rotary.dispose();
        return read;
      };
      const [here, there] = last(0);
      expect(here!.sub(there!).abs().max().item()).toBeLessThan(1e-12);
      const [turned, moved] = last(4);
      expect(turned!.sub(moved!).abs().max().item()).toBeGreaterThan(1e-3);
    });
  });

  it('reads one fused weight, and scales scores, as three weights and scaled queries do', () => {
    scope(() => {
      const apart = new Attention({ ...options, rotated: 2 }, wide);
      noGrad(() => apart.parameters().map((parameter) => parameter.copy_(randn(parameter.shape, wide))));
      const fused = new Attention({ ...options, rotated: 2, fused: true, scale: 0.7 }, wide);
      noGrad(() => {
        const { q_proj: q, k_proj: k, v_proj: v } = apart;
        fused.qkv_proj!.weight.copy_(cat([q!.weight, k!.weight, v!.weight]));
        fused.o_proj.weight.copy_(apart.o_proj.weight);
        q!.weight.mul_(0.7 * 2);
      });
      const rotary = new Rotary({ type: 'default', theta: 100 }, { headDim: 2, maxPositions: 64 });
      const mask = attentionMask({ ...wide, queries: 5, keys: 5, groups: 2 });
      const x = randn([1, 5, 6], wide);
      const pass = { rotation: rotary.consecutive(0, 5, x), mask, cache: null };
      const [one, other] = [apart, fused].map((attention) => noGrad(() => attention.forward(x, 0, pass)));
      expect(one!.sub(other!).abs().max().item()).toBeLessThan(1e-12);
      rotary.dispose();
    });
  });

  it('depends on the distance of positions only', () => {
    scope(() => {
      const attention = new Attention({ ...options, qkNorm: headNorms }, wide);
      noGrad(() => attention.parameters().map((parameter) => parameter.copy_(randn(parameter.shape, wide))));
      const rotary = new Rotary({ type: 'default', theta: 100 }, { headDim: 4, maxPositions: 64 });
      const x = randn([1, 5, 6], wide);
      const mask = attentionMask({ ...wide, queries: 5, keys: 5, groups: 2 });
      const from = (start: number): Tensor =>
        noGrad(() =>
          attention.forward(x, 0, { rotation: rotary.consecutive(start, 5, x), mask, cache: null }),
        );
      const [here, there] = [from(0), from(40)];
      expect(here.shape).toEqual([1, 5, 6]);
      expect(here.sub(there).abs().max().item()).toBeLessThan(1e-5 * here.abs().max().item());
      rotary.dispose();
    });
  });
});
