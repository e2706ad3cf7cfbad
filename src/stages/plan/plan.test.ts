import { describe, expect, it } from 'vitest';
import { SHAPES, type ShapeName } from '../../../bench/gpu/shapes.ts';
import {
  GPU_KERNELS,
  type ModelConfig,
  onShapes,
  parallelShape,
  parseConfig,
  readConfig,
} from '../../models/index.ts';
import type { Load } from '../../run/stage.ts';
import { passMemory, peakBytes } from '../common/training-memory.ts';
import { CARDS, type GpuCluster, gpuCount } from './cards.ts';
import { layoutsOf } from './layout.ts';
import { heldParameters, totalBytes } from './memory.ts';
import { factsOf } from './model-facts.ts';
import { planStage, type StagePlan, totalSeconds } from './plan.ts';

const V3 = readConfig('recipes/deepseek-r1/DeepSeek-V3-Base');
const shape = (name: ShapeName): ModelConfig => parseConfig(SHAPES[name], name);
const cluster = (nodes: number, gpus: number, card = 'h200'): GpuCluster => ({
  card: CARDS[card]!,
  nodes,
  gpus,
});

const training = {
  steps: 100,
  rows: 64,
  mean: 1024,
  longest: 1024,
  recompute: false,
  lora: false,
  frozen: 0,
  critics: 0,
  reads: 0,
  vocabulary: true,
};
const sampling = { rollouts: 10, rows: 1024, mean: 500, longest: 1024 };
const load = (of: Partial<Load>): Load => ({ model: 'm', precision: 'auto', ...of });

function plan(of: Partial<Load>, config: ModelConfig, on: GpuCluster): StagePlan {
  const found = planStage(load(of), config, on);
  if ('reason' in found) throw new Error(found.reason);
  return found;
}

describe('planStage', () => {
  it('keeps a model that fits whole, and its memory on one GPU is that of the dry run', () => {
    const config = shape('qwen2');
    const { training: found } = plan({ training }, config, cluster(1, 1));
    expect(found!.layout).toEqual({
      tensor: 1,
      data: 1,
      expert: 1,
      shard: 1,
      recompute: false,
      tokens: 16_384,
    });
    const pass = passMemory({
      config,
      lora: false,
      recompute: false,
      tokens: 16_384,
      length: 1024,
      head: {},
      device: 'cuda',
      dtype: 'bfloat16',
      kernels: GPU_KERNELS,
      headKernel: true,
    });
    expect(totalBytes(found!.memory)).toBeCloseTo(peakBytes(18 * 494_032_768, pass, 0), -3);
  });

  it('divides a model that does not fit whole, and says that a cluster is too small', () => {
    const config = shape('qwen7b');
    const { training: found } = plan({ training }, config, cluster(1, 8, 'a100'));
    expect(found!.layout.shard * found!.layout.tensor).toBeGreaterThan(1);
    expect(found!.smallest.layout.tensor).toBe(1);
    expect(planStage(load({ training }), config, cluster(1, 1, 'l40s'))).toEqual({
      reason:
        'no layout of 1 L40S has room to train 7.6B parameters: give more nodes, or a card with more memory',
    });
  });

  it('leaves room for the samplers beside what training holds', () => {
    for (const card of ['h100', 'b200']) {
      const { training: found, sampling: drawn } = plan(
        { training, sampling },
        shape('qwen7b'),
        cluster(1, 8, card),
      );
      const { weights, gradients, moments } = found!.memory;
      const { memory } = drawn!.rollout;
      const sum = weights + gradients + moments + memory.weights + memory.cache;
      expect(sum).toBeLessThan(CARDS[card]!.memoryGiB * 2 ** 30);
    }
  });

  it('takes more GPUs less time and more GPU time', () => {
    const large = { training: { ...training, rows: 4096 }, sampling: { ...sampling, rows: 8192 } };
    const seconds = [1, 2, 4, 8].map((gpus) =>
      totalSeconds(plan(large, shape('qwen2'), cluster(1, gpus)).seconds),
    );
    for (const [i, one] of seconds.slice(1).entries()) {
      expect(one).toBeLessThan(seconds[i]!);
      expect(one * 2).toBeGreaterThan(seconds[i]!);
    }
  });

  it('computes no faster than the GPUs can', () => {
    const { training: found } = plan(
      { training: { ...training, rows: 4096 } },
      shape('qwen7b'),
      cluster(2, 8),
    );
    expect(found!.step.mfu).toBeGreaterThan(0.2);
    expect(found!.step.mfu).toBeLessThan(0.51);
  });

  it('has no plan in float32, nor for an architecture that is not known', () => {
    const asked = load({ training, precision: 'fp32' });
    expect(planStage(asked, shape('qwen2'), cluster(1, 8))).toMatchObject({
      reason: expect.stringContaining('run with --precision bf16') as string,
    });
  });
});

describe('layouts of DeepSeek-V3 on 64 nodes of 8', () => {
  const on = cluster(64, 8);
  const facts = factsOf(V3)!;
  const layouts = layoutsOf(facts, on, { recompute: true, tokens: [32_768] });

  it('use all GPUs, and divide heads and experts evenly', () => {
    expect(layouts.length).toBeGreaterThan(50);
    for (const { tensor, data, expert } of layouts) {
      expect(tensor * data).toBe(gpuCount(on));
      expect([128 % tensor, 256 % expert, gpuCount(on) % expert]).toEqual([0, 0, 0]);
    }
  });

  it('hold each parameter once where it is divided over all ranks, and whole copies where over none', () => {
    for (const layout of layouts) {
      const held = heldParameters(facts, layout, on) * gpuCount(on);
      if (layout.shard === layout.data) expect(held / facts.parameters).toBeCloseTo(1, 9);
      if (layout.shard === 1 && layout.tensor === 1 && layout.expert === 1)
        expect(held / facts.parameters).toBeCloseTo(gpuCount(on), 6);
    }
  });
});

describe('parallelShape', () => {
  it('is that of the tensors: query and value heads, and the experts', () => {
    const tensors = onShapes(
      V3,
      'float32',
      (model) => new Map(model.namedParameters().map(([n, t]) => [n, [...t.shape]])),
    );
    const layer = 'model.layers.3.self_attn';
    const [queries] = tensors.get(`${layer}.q_b_proj.weight`)!;
    const [, values] = tensors.get(`${layer}.o_proj.weight`)!;
    const { pair, cachedPair, experts } = parallelShape(V3)!;
    expect(pair).toBe(queries! + values!);
    // 128 heads of a latent of 512, read for scores and for values, and 64 dimensions that turn.
    expect(cachedPair).toBe(128 * (512 + 64 + 512));
    expect(experts).toMatchObject({ count: 256, perToken: 8, width: 2048, layers: 58, groupsPerToken: 4 });
    const routed = [...tensors.keys()].filter((name) => name.endsWith('.experts.255.up_proj.weight'));
    expect(routed).toHaveLength(58);
  });

  it('of grouped heads is that of the query heads', () => {
    const { heads, cacheHeads, pair } = parallelShape(shape('qwen2'))!;
    expect([heads, cacheHeads, pair]).toEqual([14, 2, 2 * 896]);
  });
});
