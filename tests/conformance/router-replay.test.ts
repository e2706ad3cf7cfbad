/** Routers' choices in rollouts, compared with those of the update and replayed in it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { sample } from '../../src/inference/engine/index.ts';
import { initModel, type LanguageModel, parseConfig } from '../../src/models/index.ts';
import type { Completion } from '../../src/records.ts';
import { computeLogprobs } from '../../src/rl/loss/index.ts';
import { rl } from '../../src/stages/rl/rl.ts';
import { Generator, noGrad, randn, scope } from '../../src/torch/index.ts';
import { completionOf } from '../support/completion.ts';
import { runStage } from '../support/stage.ts';
import { TINY_CONFIG, writeTinyCheckpoint } from '../support/tiny-checkpoint.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-replay-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SPARSE = {
  ...TINY_CONFIG,
  model_type: 'qwen3_moe',
  num_experts: 8,
  num_experts_per_tok: 2,
  moe_intermediate_size: 16,
  mlp_only_layers: [0],
  num_hidden_layers: 3,
};

/** A model whose experts compute different outputs, so that the choice of experts matters. */
function modelOf(): LanguageModel {
  const model = initModel(parseConfig(SPARSE, 'test'), 1, { scheme: 'scaled' });
  noGrad(() => {
    for (const [name, parameter] of model.namedParameters())
      if (name.includes('.experts.')) parameter.mul_(3);
  });
  return model;
}

/** The same weights as bfloat16 has them, and noise as large as its roundings on the way. */
function noisy(): LanguageModel {
  const model = modelOf();
  noGrad(() =>
    scope(() => {
      for (const [i, parameter] of model.parameters().entries()) {
        const noise = randn(parameter.shape, { generator: new Generator(i) }).mul(2 ** -8);
        parameter.copy_(parameter.to('bfloat16').to('float32').mul(noise.add(1)));
      }
    }),
  );
  return model;
}

const prompts = [
  [5, 6, 7, 8],
  [9, 10],
  [11, 12, 13],
].map((ids) => Int32Array.from(ids));
const options = { temperature: 1, padToken: 0, tokensPerMicroBatch: 128 } as const;

function completionsOf(sampler: LanguageModel): Completion[] {
  const sampling = { temperature: 1, groupSize: 6, maxTokens: 24, stopTokens: [3], recordExperts: true };
  return sample(sampler, prompts, { ...sampling, maxRows: 4 }).flatMap((group, i) =>
    group.map((response) => ({ ...completionOf(''), promptTokens: prompts[i]!, ...response })),
  );
}

/** Mean |Δ log π| a token between sampler and trainer. */
function distance(trainer: LanguageModel, completions: readonly Completion[], routerReplay: boolean): number {
  const found = computeLogprobs(trainer, completions, { ...options, routerReplay });
  const gaps = completions.flatMap(({ logprobs }, i) =>
    Array.from(logprobs, (own, t) => Math.abs(own - found[i]!.logprobs[t]!)),
  );
  return gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
}

describe('the experts of a rollout', () => {
  it('are those of a whole pass, of all tokens but the last', () => {
    const model = modelOf();
    const completions = completionsOf(model);
    for (const { experts, promptTokens, tokens } of completions) {
      expect(experts!.layers).toEqual([1, 2]);
      expect(experts!.perToken).toBe(2);
      expect(experts!.experts).toBeInstanceOf(Uint8Array);
      expect(experts!.experts).toHaveLength((promptTokens.length + tokens.length - 1) * 4);
    }
    // The same weights: what is replayed is what is chosen.
    expect(distance(model, completions, true)).toBeCloseTo(distance(model, completions, false), 6);
    expect(distance(model, completions, true)).toBeLessThan(1e-5);
    model.dispose();
  });

  it('bring sampler and trainer nearer where their numerics differ', () => {
    const [sampler, trainer] = [noisy(), modelOf()];
    const completions = completionsOf(sampler);
    const [without, replayed] = [false, true].map((replay) => distance(trainer, completions, replay));
    expect(replayed).toBeLessThan(0.8 * without!);
    for (const model of [sampler, trainer]) model.dispose();
  });
});

describe('routerReplay of the stage rl', () => {
  const model = path.join(root, 'model');
  beforeAll(async () => void (await writeTinyCheckpoint(model, 0, SPARSE)));
  const run = (name: string, checkpoint: string, settings: object) =>
    runStage(
      rl,
      {
        stage: 'rl',
        name,
        model: checkpoint,
        template: 'plain',
        prompts: [{ task: 'chain' }],
        rewards: { length: {} },
        steps: 2,
        promptsPerStep: 2,
        groupSize: 16,
        minibatches: 2,
        staleness: 1,
        sampling: { maxTokens: 48 },
        optimizer: { peak: 0.1 },
        checkpointEvery: 1,
        ...settings,
      },
      { dir: path.join(root, name) },
    );

  it('reports the share of tokens whose experts differ, with replay and without', async () => {
    for (const [name, settings] of [
      ['replayed', { routerReplay: true }],
      ['compared', { routerReplay: false }],
      ['recomputed', { routerReplay: true, recompute: true }],
    ] as const) {
      const { reports } = await run(name, model, settings);
      // The second step learns from what older weights sampled.
      const [first, second] = reports.map((report) => report['experts/mismatch_ratio']!);
      expect(first).toBeLessThan(0.05);
      expect(second).toBeGreaterThan(first!);
      expect(second).toBeLessThanOrEqual(1);
    }
    const { reports } = await run('unrecorded', model, {});
    expect(reports[0]).not.toHaveProperty(['experts/mismatch_ratio']);
  });

  it('is refused of a model without experts', async () => {
    const dense = await writeTinyCheckpoint(path.join(root, 'dense'));
    const refused = run('refused', dense, { routerReplay: true });
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow('routerReplay: a llama model has no experts');
  });
});
