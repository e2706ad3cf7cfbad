import { describe, expect, it } from 'vitest';
import { cat, Generator, indices, rand, randn, scope, stack, type Tensor, zeros } from '../../torch/index.ts';
import { chunkedDeltaRule, type DeltaInputs, recurrentDeltaRule } from './delta-rule.ts';

const [B, KEYS, H, DK, DV] = [2, 2, 4, 5, 3];

/** The recurrence by its definition, a token at a time. */
function slow({ q, k, v, g, beta }: DeltaInputs, memory: Tensor | null) {
  const unit = (x: Tensor): Tensor => x.div(x.square().sum(-1, true).add(1e-6).sqrt());
  const each = (x: Tensor): Tensor => x.repeatInterleave(H / KEYS, 2);
  const [queries, keys] = [each(unit(q)).mul(DK ** -0.5), each(unit(k))];
  let state = memory ?? zeros([B, H, DK, DV], v);
  const read = Array.from({ length: v.size(1) }, (_, t) => {
    const at = (x: Tensor): Tensor => x.select(1, t);
    state = state.mul(at(g).exp().view([B, H, 1, 1]));
    const known = state.mul(at(keys).unsqueeze(3)).sum(2);
    const wrong = at(v).sub(known).mul(at(beta).unsqueeze(2));
    state = state.add(at(keys).unsqueeze(3).mul(wrong.unsqueeze(2)));
    return state.mul(at(queries).unsqueeze(3)).sum(2);
  });
  return { read: stack(read, 1), memory: state };
}

function drawn(T: number, seed: number): DeltaInputs {
  const generator = new Generator(seed);
  const options = { generator, dtype: 'float64' } as const;
  const leaf = (x: Tensor): Tensor => x.requiresGrad_();
  return {
    q: leaf(randn([B, T, KEYS, DK], options)),
    k: leaf(randn([B, T, KEYS, DK], options)),
    v: leaf(randn([B, T, H, DV], options)),
    // Some tokens let nearly all fade.
    g: leaf(rand([B, T, H], options).mul(-3)),
    beta: leaf(rand([B, T, H], options)),
  };
}

const apart = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().item();

function gradientsOf(inputs: readonly Tensor[], out: readonly Tensor[]): number[][] {
  const generator = new Generator(9);
  for (const one of out) {
    const direction = randn(one.shape, { generator, dtype: 'float64' });
    one.backward(direction, { retainGraph: true });
  }
  return inputs.map((input) => {
    const values = input.grad!.toArray();
    input.setGrad(null);
    return values;
  });
}

function expectSame(found: readonly number[][], known: readonly number[][]): void {
  for (const [i, values] of found.entries())
    for (const [j, value] of values.entries()) expect(value).toBeCloseTo(known[i]![j]!, 9);
}

const part = (inputs: DeltaInputs, start: number, length: number): DeltaInputs =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, x]) => [name, (x as Tensor).narrow(1, start, length)]),
  ) as unknown as DeltaInputs;

describe('the gated delta rule', () => {
  it.each([1, 5, 64, 65, 150])('in chunks is the recurrence, with its gradients: %i tokens', (T) => {
    scope(() => {
      const inputs = drawn(T, T);
      const memory = randn([B, H, DK, DV], { generator: new Generator(2), dtype: 'float64' }).requiresGrad_();
      const [own, known] = [chunkedDeltaRule(inputs, memory, null), slow(inputs, memory)];
      expect(apart(own.read, known.read)).toBeLessThan(1e-12);
      expect(apart(own.memory, known.memory)).toBeLessThan(1e-12);
      const all = [...Object.values(inputs), memory] as Tensor[];
      expectSame(gradientsOf(all, [own.read, own.memory]), gradientsOf(all, [known.read, known.memory]));
    });
  });

  it('goes on from its memory, in chunks or token by token', () => {
    scope(() => {
      const inputs = drawn(70, 3);
      const whole = chunkedDeltaRule(inputs, null, null);
      const first = chunkedDeltaRule(part(inputs, 0, 67), null, null);
      const second = chunkedDeltaRule(part(inputs, 67, 2), first.memory, null);
      const third = recurrentDeltaRule(part(inputs, 69, 1), second.memory);
      const read = cat([first.read, second.read, third.read], 1);
      expect(apart(read, whole.read)).toBeLessThan(1e-12);
      expect(apart(third.memory, whole.memory)).toBeLessThan(1e-12);
    });
  });

  it('keeps documents of one row apart wherever they begin, their gradients too', () => {
    scope(() => {
      const inputs = drawn(200, 4);
      // One ends with a chunk, one runs over two, one is a token long.
      const lengths = [
        [64, 100, 1, 35],
        [3, 61, 1, 135],
      ];
      const numbers = lengths.flatMap((row) => row.flatMap((tokens, i) => Array<number>(tokens).fill(i)));
      const packed = chunkedDeltaRule(inputs, null, indices(numbers, [B, 200])).read;
      const rows = lengths.map((row, b) => {
        let start = 0;
        const read = row.map((tokens) => {
          const own = chunkedDeltaRule(part(inputs, start, tokens), null, null).read.narrow(0, b, 1);
          start += tokens;
          return own;
        });
        return cat(read, 1);
      });
      const known = cat(rows, 0);
      expect(apart(packed, known)).toBeLessThan(1e-12);
      const all = Object.values(inputs) as Tensor[];
      expectSame(gradientsOf(all, [packed]), gradientsOf(all, [known]));
    });
  });

  it('is stable where the memory fades at once', () => {
    scope(() => {
      const inputs = drawn(130, 5);
      const fading = { ...inputs, g: inputs.g.mul(100) };
      const { read, memory } = chunkedDeltaRule(fading, null, null);
      expect(apart(read, slow(fading, null).read)).toBeLessThan(1e-12);
      expect(memory.isfinite().all().item()).toBe(1);
    });
  });
});
