import { describe, expect, it } from 'vitest';
import { testDevice as device } from '../../../tests/support/device.ts';
import { initModel, type LanguageModel, parseConfig } from '../../models/index.ts';
import {
  type DType,
  Generator,
  indices,
  linear,
  randn,
  scope,
  type Tensor,
  tensor,
  zeros,
  zerosLike,
} from '../../torch/index.ts';
import { withHostKernels } from '../../torch/testing.ts';
import { backwardSum, LogprobPass } from './logprobs.ts';

const N = 37;
const D = 16;
const V = 29;

interface Setting {
  readonly dtype: DType;
  readonly formula: boolean;
  readonly temperature?: number;
  readonly entropyGradient?: boolean;
  readonly budget?: number;
  /** Logits are multiplied by it: at 8 most predictions are near 0 or 1. */
  readonly sharpness?: number;
  /** Whether the weight's gradient is float32, as that of a weight with a float32 master. */
  readonly wideGradient?: boolean;
}

/** What a pass computes, and the gradients of a loss of it, as plain numbers. */
function run({
  dtype,
  formula,
  temperature = 1,
  entropyGradient = false,
  budget = 9 * V,
  sharpness = 1,
  wideGradient = false,
}: Setting) {
  return scope(() => {
    const generator = new Generator(5);
    const normal = (shape: readonly number[]) => randn(shape, { generator, dtype: 'float64' }).to(device);
    const weight = normal([V, D])
      .mul(sharpness / 2)
      .to(dtype)
      .detach()
      .requiresGrad_();
    if (wideGradient) weight.setGrad(zeros([V, D], { device }));
    const input = normal([N, D]).to(dtype).requiresGrad_();
    const coefficients = normal([N]).to(dtype === 'float64' ? dtype : 'float32');
    const targets = indices(
      Array.from({ length: N }, (_, i) => (7 * i) % V),
      [N],
      device,
    );
    const logits = (x: Tensor): Tensor => {
      const own = linear(x, weight);
      return dtype === 'bfloat16' ? own.to('float32') : own;
    };
    const head = { logits, headWeight: weight };
    const options = { formula, temperature, entropyGradient, budget, accuracy: true };
    const pass = new LogprobPass(head, input.mul(0.5), targets, V, options);
    const policy = pass.logprobs.mul(coefficients).sum();
    pass.backward(entropyGradient ? policy.sub(pass.entropy.mul(coefficients).sum()) : policy);
    return {
      logprobs: pass.logprobs.detach().toArray(),
      entropy: pass.entropy.detach().toArray(),
      correct: pass.correct!.toArray(),
      weight: weight.grad!.toArray(),
      input: input.grad!.toArray(),
    };
  });
}

/** ‖a − b‖ / ‖b‖ */
function distance(a: readonly number[], b: readonly number[]): number {
  const norm = (values: readonly number[]) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
  return norm(a.map((x, i) => x - b[i]!)) / norm(b);
}

const SETTINGS = [
  {},
  { temperature: 0.7 },
  { entropyGradient: true },
  { entropyGradient: true, temperature: 1.3 },
  { sharpness: 8 },
  { sharpness: 8, entropyGradient: true },
] as const;

/** Largest distance of anything computed; bfloat16 has 8 bits, of which sums of rounded terms keep most. */
const TOLERANCE = { float64: 1e-12, float32: 2e-5, bfloat16: 8e-3 } as const;

describe('the head by formula', () => {
  for (const dtype of ['float64', 'float32', 'bfloat16'] as const) {
    it.each(SETTINGS)(`computes what autograd does in ${dtype} (%o)`, (setting) => {
      const expected = run({ dtype, formula: false, budget: N * V, ...setting });
      const found = run({ dtype, formula: true, ...setting });
      expect(found.correct).toEqual(expected.correct);
      for (const key of ['logprobs', 'entropy', 'weight', 'input'] as const)
        expect(distance(found[key], expected[key]), key).toBeLessThan(TOLERANCE[dtype]);
    });
  }

  it.each(['float32', 'bfloat16'] as const)('computes the same with kernels, in %s', (dtype) => {
    for (const setting of [{ temperature: 0.7 }, { entropyGradient: true }]) {
      const expected = run({ dtype, formula: false, budget: N * V, ...setting });
      const found = withHostKernels(() => run({ dtype, formula: true, ...setting }));
      expect(found.correct).toEqual(expected.correct);
      for (const key of ['logprobs', 'entropy', 'weight', 'input'] as const)
        expect(distance(found[key], expected[key]), key).toBeLessThan(TOLERANCE[dtype]);
    }
  });

  it.each([true, false])('adds to a float32 gradient of a bfloat16 weight, in chunks %o', (chunks) => {
    const budget = (chunks ? 9 : N) * V;
    const expected = run({ dtype: 'bfloat16', formula: false, budget: N * V });
    for (const formula of [true, false]) {
      const found = run({ dtype: 'bfloat16', formula, budget, wideGradient: true });
      expect(distance(found.weight, expected.weight)).toBeLessThan(TOLERANCE.bfloat16);
      expect(distance(found.input, expected.input)).toBeLessThan(TOLERANCE.bfloat16);
    }
  });

  it('keeps the gradient of a target that is nearly certain, in bfloat16', () => {
    scope(() => {
      const weight = tensor([10, 0, 0, 1], [2, 2], { dtype: 'bfloat16' });
      const states = tensor([1, 0], [1, 2], { dtype: 'bfloat16' }).requiresGrad_();
      const head = { logits: (x: Tensor) => linear(x, weight), headWeight: weight };
      const pass = new LogprobPass(head, states, indices([0]), 2, { formula: true });
      pass.backward(pass.logprobs.sum());
      // Logits 10 and 0: p of the target rounds to 1, and the gradient in its logit is 1 − p = 4.54e-5.
      const rest = 1 / (1 + Math.exp(10));
      const [first, second] = states.grad!.toArray();
      expect(first! / (10 * rest)).toBeCloseTo(1, 2);
      expect(second! / -rest).toBeCloseTo(1, 2);
    });
  });

  it('gives the same numbers in chunks of any size', () => {
    const whole = run({ dtype: 'float64', formula: true, budget: N * V, entropyGradient: true });
    for (const budget of [1, 4 * V, 36 * V]) {
      const found = run({ dtype: 'float64', formula: true, budget, entropyGradient: true });
      for (const key of ['logprobs', 'entropy', 'weight', 'input'] as const)
        expect(distance(found[key], whole[key]), key).toBeLessThan(1e-12);
    }
  });

  it.each([true, false])('adds to the gradients of a model, tied %o, as autograd does', (tied) => {
    const model = smallModel(tied);
    const whole = modelGradients(model, { formula: false });
    const found = modelGradients(model, { formula: true, budget: 5 * 24 });
    expect([...found.keys()]).toEqual([...whole.keys()]);
    for (const [name, values] of whole) expect(distance(found.get(name)!, values), name).toBeLessThan(2e-5);
    model.dispose();
  });

  it.each([
    ['float32', true],
    ['bfloat16', true],
    ['bfloat16', false],
  ] as const)('backpropagates a sum at once, in %s with kernels %o', (dtype, kernels) => {
    scope(() => {
      const generator = new Generator(7);
      const normal = (shape: readonly number[]) => randn(shape, { generator }).to(device).to(dtype);
      const targets = indices(
        Array.from({ length: N }, (_, i) => (7 * i) % V),
        [N],
        device,
      );
      const [weights, states] = [normal([V, D]), normal([N, D])];
      const found = [false, true].map((atOnce) => {
        const [weight, input] = [weights, states].map((one) => one.clone().requiresGrad_());
        weight!.setGrad(zeros([V, D], { device }));
        const logits = (x: Tensor): Tensor => linear(x, weight!).to('float32');
        const head = { logits, headWeight: weight! };
        const budget = 9 * V;
        const take = () => {
          if (atOnce) return backwardSum(head, input!.mul(0.5), targets, V, -N, { formula: true, budget });
          const pass = new LogprobPass(head, input!.mul(0.5), targets, V, {
            formula: true,
            budget,
            accuracy: true,
          });
          pass.backward(pass.logprobs.sum().div(-N));
          return pass;
        };
        const { logprobs, entropy, correct } = kernels ? withHostKernels(take) : take();
        const said = [logprobs.detach(), entropy.detach(), correct!].map((one) => one.toArray());
        return [...said, weight!.grad!.toArray(), input!.grad!.toArray()];
      });
      const [apart, atOnce] = found as [number[][], number[][]];
      expect(atOnce.slice(0, 3)).toEqual(apart.slice(0, 3));
      for (const i of [3, 4]) expect(distance(atOnce[i]!, apart[i]!)).toBeLessThan(1e-6);
    });
  });

  it('leaves a frozen head alone', () => {
    scope(() => {
      const weight = randn([V, D], { generator: new Generator(1) });
      const states = randn([N, D], { generator: new Generator(2) }).requiresGrad_();
      const head = { logits: (x: Tensor) => linear(x, weight), headWeight: weight };
      const pass = new LogprobPass(head, states, indices(new Int32Array(N)), V, { formula: true });
      pass.backward(pass.logprobs.sum());
      expect(weight.grad).toBeNull();
      expect(states.grad!.norm().item()).toBeGreaterThan(0);
    });
  });
});

function smallModel(tied: boolean): LanguageModel {
  const keys = {
    model_type: 'qwen2',
    vocab_size: 24,
    hidden_size: 16,
    intermediate_size: 24,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    max_position_embeddings: 32,
    tie_word_embeddings: tied,
  };
  return initModel(parseConfig(keys, 'test'), 3).requiresGrad_();
}

/** The gradients of two passes, added up, by parameter. */
function modelGradients(
  model: LanguageModel,
  options: { readonly formula: boolean; readonly budget?: number },
): Map<string, number[]> {
  return scope(() => {
    for (const parameter of model.parameters()) parameter.setGrad(zerosLike(parameter));
    for (const shift of [1, 2]) {
      const tokens = indices(
        Array.from({ length: 14 }, (_, i) => (i * 5 * shift + shift) % 24),
        [2, 7],
      );
      const states = model.hidden({ tokens }).flatten(0, 1);
      const targets = indices(Array.from({ length: 14 }, (_, i) => (i * 7) % 24));
      const pass = new LogprobPass(model, states, targets, 24, options);
      pass.backward(pass.logprobs.mean().neg());
    }
    return new Map(model.namedParameters().map(([name, { grad }]) => [name, grad!.toArray()]));
  });
}
