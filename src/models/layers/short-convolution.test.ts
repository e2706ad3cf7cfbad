import { describe, expect, it } from 'vitest';
import { aten, cat, Generator, indices, noGrad, randn, scope, type Tensor } from '../../torch/index.ts';
import { ShortConvolution } from './short-convolution.ts';

const [B, T, COLUMNS, TAPS] = [2, 9, 3, 4];

function layer(): ShortConvolution {
  const made = new ShortConvolution(COLUMNS, TAPS, { dtype: 'float64', device: 'cpu' });
  noGrad(() =>
    scope(() =>
      made.weight.copy_(randn(made.weight.shape, { generator: new Generator(1), dtype: 'float64' })),
    ),
  );
  return made;
}

const apart = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().item();
const input = (): Tensor => randn([B, T, COLUMNS], { generator: new Generator(2), dtype: 'float64' });

describe('ShortConvolution', () => {
  it("is torch's convolution of each column, and SiLU", () => {
    scope(() => {
      const own = layer();
      const x = input();
      const padded = aten('constant_pad_nd')(x.transpose(1, 2), [TAPS - 1, 0], 0) as Tensor;
      const known = aten('conv1d')(padded, own.weight, null, [1], [0], [1], COLUMNS) as Tensor;
      expect(apart(own.forward(x, null, null).y, known.transpose(1, 2).silu())).toBeLessThan(1e-12);
      own.dispose();
    });
  });

  it('goes on from its window', () => {
    scope(() => {
      const own = layer();
      const x = input();
      const whole = own.forward(x, null, null).y;
      let window: Tensor | null = null;
      const parts: Tensor[] = [];
      for (const piece of x.splitSizes([2, 1, 6], 1)) {
        const { y, tokens } = own.forward(piece, window, null);
        parts.push(y);
        window = tokens.narrow(1, tokens.size(1) - own.reach, own.reach);
      }
      expect(apart(cat(parts, 1), whole)).toBe(0);
      own.dispose();
    });
  });

  it('sees no token of another document', () => {
    scope(() => {
      const own = layer();
      const x = input();
      const documents = indices([0, 0, 1, 2, 2, 2, 2, 2, 3, 0, 0, 0, 0, 0, 0, 1, 1, -1], [B, T]);
      const { y } = own.forward(x, null, documents);
      const lengths = [
        [2, 1, 5, 1],
        [6, 2, 1],
      ];
      for (const [row, own_] of lengths.entries()) {
        let start = 0;
        for (const tokens of own_) {
          const alone = own.forward(x.narrow(1, start, tokens), null, null).y.narrow(0, row, 1);
          expect(apart(y.narrow(0, row, 1).narrow(1, start, tokens), alone)).toBe(0);
          start += tokens;
        }
      }
      own.dispose();
    });
  });
});
