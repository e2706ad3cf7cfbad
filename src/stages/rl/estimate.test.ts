import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeTinyCheckpoint } from '../../../tests/support/tiny-checkpoint.ts';
import { bytesInWords } from '../../bytes.ts';
import { modelSizes, readConfig } from '../../models/index.ts';
import { type RlConfig, rlSchema } from '../../rl/config.ts';
import { passMemory, peakBytes } from '../common/training-memory.ts';
import { estimateRl } from './estimate.ts';

let checkpoint: string;

beforeAll(async () => {
  checkpoint = await writeTinyCheckpoint(mkdtempSync(path.join(tmpdir(), 'aha-rl-estimate-')));
});

function estimate(changes: object) {
  const config: RlConfig = rlSchema.parse({
    stage: 'rl',
    name: 'rl',
    model: checkpoint,
    prompts: [{ task: 'chain' }],
    rewards: { accuracy: {} },
    steps: 3,
    promptsPerStep: 2,
    groupSize: 5,
    sampling: { maxTokens: 20 },
    optimizer: { peak: 1e-4 },
    ...changes,
  });
  return estimateRl(config, { resolve: (reference) => reference, device: 'cpu' });
}

describe('estimateRl', () => {
  it('counts weights, gradients and moments, the reference, a critic of its own, and reward models', () => {
    const { parameters, tokens, bytes } = estimate({});
    expect(tokens).toBe(3 * 2 * 5 * 10);
    expect(bytes).toBeGreaterThan(16 * parameters!);
    const more = (changes: object) => (estimate(changes).bytes! - bytes!) / parameters!;
    const gae = { advantage: 'gae' };
    expect(more({ ...gae, critic: { kind: 'separate' } })).toBe(16);
    expect(more({ ...gae, critic: { kind: 'shared' } })).toBe(0);
    expect(more({ loss: { kl: { coefficient: 0.1 } } })).toBe(4);
    expect(more({ lora: {} })).toBe(-12);
    expect(more({ lora: {}, loss: { kl: { coefficient: 0.1 } } })).toBe(-12);
    const judged = { rewards: { helpful: { model: checkpoint }, harmless: { model: checkpoint } } };
    expect(more(judged)).toBe(8);
  });

  it('refuses settings for experts that the model does not have', () => {
    expect(() => estimate({ routerReplay: true })).toThrow('routerReplay: a llama model has no experts');
    expect(() => estimate({ optimizer: { peak: 1e-4, balanceLoss: 0.1 } })).toThrow(
      'optimizer.balanceLoss: the model has no experts',
    );
  });

  it('counts a quantised base by its format, all but embedding, head and norms', () => {
    const { parameters, inner } = modelSizes(readConfig(checkpoint));
    const rollout = 11 * 20 * modelSizes(readConfig(checkpoint)).cacheBytesPerToken + 12 * 10 * 96;
    const held = (base: string): number => {
      const { bytes, basis } = estimate({
        lora: { base },
        tokensPerMicroBatch: 1,
        sampling: { maxTokens: 20 },
      });
      expect(basis).toContain(`frozen weights in ${base}, embedding and head in float32`);
      return bytes! - 4 * (parameters - inner);
    };
    expect(held('nf4') - held('int8')).toBe(inner * (4.5 / 8 - 1));
    expect(held('int8')).toBeGreaterThanOrEqual(inner + rollout);
  });

  it('adds what the larger of update and rollout takes on top', () => {
    const shape = readConfig(checkpoint);
    const { parameters, cacheBytesPerToken } = modelSizes(shape);
    const long = { promptsPerStep: 40, sampling: { maxTokens: 100 } };
    const pass = passMemory({
      config: shape,
      lora: false,
      recompute: false,
      tokens: 1000,
      length: 100,
      head: {},
      device: 'cpu',
      dtype: 'float32',
    });
    const updating = peakBytes(16 * parameters, pass, 4 * parameters);
    expect(estimate({ ...long, tokensPerMicroBatch: 1000 }).bytes).toBe(updating);
    const short = { ...long, tokensPerMicroBatch: 1, recompute: true };
    const rollout = 201 * 100 * cacheBytesPerToken + 12 * 200 * shape.vocabSize;
    expect(estimate(short).bytes).toBe(16 * parameters + rollout);
    expect(estimate(short).basis).toContain(`KV cache and logits of the rollout ${bytesInWords(rollout)}`);
  });

  it('a critic of its own takes as long to train as the policy', () => {
    const plain = estimate({});
    const critic = estimate({ advantage: 'gae', critic: { kind: 'separate' } });
    // 6 operations a trained token at 20e9 a second, 2 a sampled one at 5e9: 0.3 to 0.4.
    expect(critic.seconds! / plain.seconds!).toBeCloseTo((2 * 0.3 + 0.4) / (0.3 + 0.4), 6);
    expect(critic.basis).toContain('as much for the critic');
  });
});
