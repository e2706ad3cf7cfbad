import { describe, expect, it } from 'vitest';
import {
  deviceReport,
  noGrad,
  randn,
  scope,
  type Tensor,
  torchVersion,
  withoutKernels,
  zeros,
} from '../../torch/index.ts';
import { parseConfig } from '../config.ts';
import { initModel } from '../init.ts';
import { attend, rotate } from './attention.ts';
import { addedRmsNormOnCpu, attendOnCpu, rmsNormOnCpu, rotaryOnCpu, swigluOnCpu } from './cpu-operators.ts';
import { rmsNorm } from './rms-norm.ts';
import { apart } from './testing.ts';

const EPS = 1e-6;

/** Runs `fn` as decoding does: without history, in a scope. */
function decoding(fn: () => void): void {
  noGrad(() => scope(fn));
}

/** Each row's own number of columns seen, the others hidden: [B, 1, 1, S] */
function hiding(lengths: readonly number[], columns: number): Tensor {
  const bias = zeros([lengths.length, 1, 1, columns]);
  for (const [row, length] of lengths.entries())
    bias
      .select(0, row)
      .narrow(2, length, columns - length)
      .fill_(-1e30);
  return bias;
}

describe('the norm on a CPU', () => {
  it.each([32, 96, 128, 576, 4096])('is the composed one, alone and behind a sum, of %d numbers', (size) => {
    decoding(() => {
      const [x, more, weight] = [randn([3, 2, size]).mul(3), randn([3, 2, size]), randn([size])];
      for (const offset of [0, 1] as const) {
        expect(apart(rmsNormOnCpu(x, weight, EPS, offset)!, rmsNorm(x, weight, EPS, offset))).toBeLessThan(
          1e-6,
        );
        const [sum, y] = addedRmsNormOnCpu(x, more, weight, EPS, offset)!;
        expect(apart(sum, x.add(more))).toBe(0);
        expect(apart(y, rmsNorm(sum, weight, EPS, offset))).toBeLessThan(1e-6);
      }
    });
  });

  it('takes rows that are not contiguous', () => {
    decoding(() => {
      const [x, weight] = [randn([64, 5]).transpose(), randn([64])];
      expect(apart(rmsNormOnCpu(x, weight, EPS, 0)!, rmsNorm(x, weight, EPS))).toBeLessThan(1e-6);
    });
  });
});

describe('SwiGLU on a CPU', () => {
  it.each([1, 16, 344, 1536])('is silu(gate) · up of %d numbers, in two tensors and in one', (size) => {
    decoding(() => {
      const [gate, up] = randn([3, 2, 2 * size])
        .mul(8)
        .chunk(2, -1) as [Tensor, Tensor];
      const expected = gate.silu().mul(up);
      expect(apart(swigluOnCpu(gate, up)!, expected)).toBeLessThan(1e-6);
      expect(apart(swigluOnCpu(gate.contiguous(), up.contiguous())!, expected)).toBeLessThan(1e-6);
    });
  });

  it('goes to its limits where the exponential leaves its range', () => {
    decoding(() => {
      const gate = zeros([1, 16]).add(-200);
      gate.narrow(1, 8, 8).fill_(200);
      const found = swigluOnCpu(gate, zeros([1, 16]).add(1))!.toArray();
      expect(found.slice(0, 8).every((value) => Math.abs(value) < 1e-30)).toBe(true);
      expect(found.slice(8)).toEqual(Array(8).fill(200));
    });
  });
});

describe('the rotation on a CPU', () => {
  it.each([
    { what: 'the same positions in each row', shape: [3, 64] },
    { what: 'own positions in each row', shape: [2, 1, 3, 64] },
  ])('turns the first heads, with $what', ({ shape }) => {
    decoding(() => {
      const x = randn([2, 3, 4 * 64]);
      const rotation = { cos: randn(shape), sin: randn(shape) };
      const heads = x.view([2, 3, 4, 64]).narrow(2, 0, 3).transpose(1, 2);
      const found = rotaryOnCpu(x, rotation, 3)!;
      expect(apart(found.transpose(1, 2), rotate(heads, rotation))).toBeLessThan(1e-6);
    });
  });
});

describe('the attention of one token on a CPU', () => {
  it.each([
    { H: 4, kv: 1, D: 32, E: 32 },
    { H: 9, kv: 3, D: 64, E: 64 },
    { H: 3, kv: 3, D: 48, E: 16 },
    { H: 14, kv: 2, D: 128, E: 128 },
  ])('is that of torch, $H heads on $kv of $D numbers', ({ H, kv, D, E }) => {
    decoding(() => {
      for (const S of [1, 3, 7, 8, 9, 18, 67, 200]) {
        const q = randn([2, 1, H, D]).transpose(1, 2);
        // As a cache has them: each row has room behind its columns.
        const [k, v] = [randn([2, kv, S + 3, D]).narrow(2, 0, S), randn([2, kv, S + 3, E]).narrow(2, 0, S)];
        for (const bias of [null, hiding([S, Math.ceil(S / 2)], S)]) {
          const expected = withoutKernels(() => attend(q, k, v, { bias, causal: false }));
          expect(apart(attendOnCpu(q, k, v, bias)!, expected)).toBeLessThan(2e-6);
        }
      }
    });
  });

  it('never reads what is hidden behind the columns of a row', () => {
    decoding(() => {
      const [q, k, v] = [randn([1, 2, 1, 16]), randn([1, 1, 9, 16]), randn([1, 1, 9, 16])];
      for (const x of [k, v]) x.narrow(2, 5, 4).fill_(Number.NaN);
      const found = attendOnCpu(q, k, v, hiding([5], 9))!;
      const own = (x: Tensor) => x.narrow(2, 0, 5);
      expect(apart(found, attendOnCpu(q, own(k), own(v), null)!)).toBeLessThan(1e-6);
    });
  });
});

/** What the operators are like to the last bit. */
const isAlike =
  torchVersion.startsWith('1.13') && /^(skylakex|cooperlake)$/i.test(deviceReport().kernel ?? '');

describe('operators of a CPU', () => {
  it.skipIf(!isAlike)('have the bits of torch 1.13 with the kernels of OpenBLAS for AVX-512', () => {
    decoding(() => {
      const [x, weight] = [randn([5, 1, 128]), randn([128])];
      expect(apart(rmsNormOnCpu(x, weight, EPS, 0)!, rmsNorm(x, weight, EPS))).toBe(0);
      const [gate, up] = randn([5, 1, 688]).chunk(2, -1) as [Tensor, Tensor];
      expect(apart(swigluOnCpu(gate, up)!, gate.silu().mul(up))).toBe(0);
      const rotation = { cos: randn([1, 32]), sin: randn([1, 32]) };
      const turned = rotate(x.view([5, 1, 4, 32]).transpose(1, 2), rotation);
      expect(apart(rotaryOnCpu(x, rotation, 4)!.transpose(1, 2), turned)).toBe(0);
      for (const S of [4, 9, 22, 67, 130]) {
        const [q, k, v] = [randn([5, 4, 1, 32]), randn([5, 1, S, 32]), randn([5, 1, S, 32])];
        for (const bias of [null, hiding([S, S, 2, 3, 4], S)]) {
          const expected = withoutKernels(() => attend(q, k, v, { bias, causal: false }));
          expect(apart(attendOnCpu(q, k, v, bias)!, expected)).toBe(0);
        }
      }
    });
  });

  it('leave gradients, other dtypes and odd sizes to torch', () => {
    scope(() => {
      const [x, weight] = [randn([2, 32]), randn([32])];
      expect(rmsNormOnCpu(x, weight, EPS, 0)).toBeNull();
      noGrad(() => {
        expect(rmsNormOnCpu(x, weight, EPS, 0)).not.toBeNull();
        expect(withoutKernels(() => rmsNormOnCpu(x, weight, EPS, 0))).toBeNull();
        expect(rmsNormOnCpu(x.to('float64'), weight.to('float64'), EPS, 0)).toBeNull();
        expect(rmsNormOnCpu(randn([2, 20]), randn([20]), EPS, 0)).toBeNull();
        expect(
          attendOnCpu(randn([1, 1, 1, 20]), randn([1, 1, 3, 20]), randn([1, 1, 3, 20]), null),
        ).toBeNull();
      });
    });
  });

  it.each(['llama', 'qwen2', 'qwen3'])('compute the states of %s as torch computes them', (model_type) => {
    decoding(() => {
      const sizes = { vocab_size: 40, hidden_size: 64, intermediate_size: 88, num_hidden_layers: 2 };
      const heads = { num_attention_heads: 2, num_key_value_heads: 1 };
      const model = initModel(parseConfig({ model_type, ...sizes, ...heads }, 'test'), 0, {
        scheme: 'scaled',
      });
      const tokens = randn([3, 6]).abs().mul(10).to('int64');
      const expected = withoutKernels(() => model.hidden({ tokens }));
      expect(apart(model.hidden({ tokens }), expected)).toBeLessThan(1e-5);
    });
  });
});
