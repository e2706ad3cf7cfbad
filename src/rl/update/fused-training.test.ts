import { describe, expect, it } from 'vitest';
import type { CausalLM } from '../../models/decoder.ts';
import { initModel, parseConfig } from '../../models/index.ts';
import { type Attention, GatedMLP, type JointLinears } from '../../models/layers/index.ts';
import { apart } from '../../models/layers/testing.ts';
import { indices, noGrad, randn, scope, type Tensor } from '../../torch/index.ts';
import { withHostKernels } from '../../torch/testing.ts';
import { FlatParameters } from './flat-parameters.ts';
import { Learner, optimizerSchema } from './learner.ts';

const cpu = { dtype: 'float32', device: 'cpu' } as const;

const SHAPE = {
  vocab_size: 40,
  hidden_size: 32,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 16,
};

/** Gradient of all parameters of a small model after two micro-batches. */
function gradientOf(modelType: string, dtype: 'float32' | 'bfloat16'): Tensor {
  const model = initModel(parseConfig({ ...SHAPE, model_type: modelType }, 'test'), 0, { device: 'cpu' });
  const flat = new FlatParameters(model, dtype);
  for (const first of [0, 7]) {
    const tokens = indices(
      Array.from({ length: 12 }, (_, i) => (first + 5 * i) % 40),
      [2, 6],
    );
    model.forward({ tokens }).logSoftmax(-1).select(-1, 3).mean().backward();
  }
  return flat.gradients;
}

describe('training with fused kernels', () => {
  it.each([
    ['qwen2', 'float32', 1e-4],
    ['qwen3', 'float32', 1e-4],
    // Norms with gains of 1 + w; norms of whole projections; one weight that is fused already.
    ['gemma3_text', 'float32', 1e-4],
    ['olmo3', 'float32', 1e-4],
    ['phi3', 'float32', 1e-4],
    ['gemma3_text', 'bfloat16', 0.06],
    ['phi3', 'bfloat16', 0.06],
    // With biases: joined in the rounded vector alone.
    ['qwen2', 'bfloat16', 0.06],
    ['qwen3', 'bfloat16', 0.06],
  ] as const)('has the gradient of the composed operators: %s, %s', (modelType, dtype, tolerance) => {
    scope(() => {
      const found = withHostKernels(() => gradientOf(modelType, dtype));
      expect(apart(found, gradientOf(modelType, 'float32'))).toBeLessThan(tolerance);
    });
  });
});

describe('FlatParameters with fused kernels', () => {
  const make = (): GatedMLP => {
    const mlp = new GatedMLP({ hiddenSize: 8, intermediateSize: 6, activation: 'silu', bias: false }, cpu);
    noGrad(() => {
      for (const parameter of mlp.parameters()) parameter.copy_(randn(parameter.shape));
    });
    return mlp;
  };
  const joined = (joint: JointLinears): boolean => scope(() => joint.forward(randn([1, 8])) !== null);

  it('joins layers that read the same input, and follows the values', () => {
    scope(() => {
      const mlp = make();
      const flat = withHostKernels(() => new FlatParameters(mlp));
      expect(joined(mlp.joint)).toBe(true);
      noGrad(() => flat.values.mul_(2));
      const x = randn([3, 8]);
      const [gate, up] = mlp.joint.forward(x)!.chunk(2, -1);
      expect(apart(gate!, mlp.gate_proj.forward(x))).toBeLessThan(1e-6);
      expect(apart(up!, mlp.up_proj.forward(x))).toBeLessThan(1e-6);
      flat.dispose();
      expect(joined(mlp.joint)).toBe(false);
    });
  });

  it('joins weights with biases in between where they are rounded, and steps as separate layers do', () => {
    scope(() => {
      const config = parseConfig({ ...SHAPE, model_type: 'qwen2' }, 'test');
      const made = () => initModel(config, 0, { device: 'cpu' }) as CausalLM;
      const [model, other] = [made(), made()];
      const optimizer = optimizerSchema.parse({ peak: 0.01, weightDecay: 0.1 });
      const learner = withHostKernels(() => new Learner(model, optimizer, 10, 'bfloat16'));
      const plain = new Learner(other, optimizer, 10, 'bfloat16');
      const jointOf = (of: CausalLM) => (of.model.layers[1]!.self_attn as Attention).joint!;
      const joint = jointOf(model);
      expect(joint.joined!.weight.shape).toEqual([128, 32]);
      expect(joint.joined!.bias!.shape).toEqual([128]);
      expect(jointOf(other).joined).toBeNull();
      // The order of the values, and so of saved states, stays that of the module.
      expect(learner.parameters.values.toArray()).toEqual(plain.parameters.values.toArray());
      expect(learner.parameters.matrices).toEqual(plain.parameters.matrices);
      const gradient = randn(plain.parameters.gradients.shape);
      const take = ({ parameters }: Learner) => noGrad(() => parameters.gradients.copy_(gradient));
      const { gradNorm } = withHostKernels(() => learner.step([0], () => take(learner)));
      expect(gradNorm / plain.step([0], () => take(plain)).gradNorm).toBeCloseTo(1, 5);
      expect(apart(learner.parameters.values, plain.parameters.values)).toBeLessThan(1e-6);
      const parts = [joint.joined!.weight, joint.joined!.bias!].map((one) => one.splitSizes([64, 32, 32], 0));
      for (const [i, name] of ['q_proj', 'k_proj', 'v_proj'].entries()) {
        for (const [kind, field] of ['weight', 'bias'].entries()) {
          const exact = learner.parameters.valuesOf(`model.layers.1.self_attn.${name}.${field}`)!;
          expect(parts[kind]![i]!.toArray()).toEqual(exact.to('bfloat16').toArray());
        }
      }
      learner.dispose();
      expect(joint.joined).toBeNull();
    });
  });

  it('does not join them without kernels, nor once they have other weights', () => {
    scope(() => {
      const plain = make();
      new FlatParameters(plain);
      expect(joined(plain.joint)).toBe(false);
      const moved = make();
      withHostKernels(() => new FlatParameters(moved));
      moved.to('bfloat16');
      expect(joined(moved.joint)).toBe(false);
    });
  });
});
