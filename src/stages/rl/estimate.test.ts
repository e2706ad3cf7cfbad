import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeTinyCheckpoint } from '../../../tests/support/tiny-checkpoint.ts';
import { type RlConfig, rlSchema } from '../../rl/config.ts';
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
    expect(bytes).toBe(16 * parameters!);
    const gae = { advantage: 'gae' };
    expect(estimate({ ...gae, critic: { kind: 'separate' } }).bytes).toBe(32 * parameters!);
    expect(estimate({ ...gae, critic: { kind: 'shared' } }).bytes).toBe(16 * parameters!);
    expect(estimate({ loss: { kl: { coefficient: 0.1 } } }).bytes).toBe(20 * parameters!);
    expect(estimate({ lora: {} }).bytes).toBe(4 * parameters!);
    const judged = { rewards: { helpful: { model: checkpoint }, harmless: { model: checkpoint } } };
    expect(estimate(judged).bytes).toBe(24 * parameters!);
  });

  it('a critic of its own takes as long to train as the policy', () => {
    const plain = estimate({});
    const critic = estimate({ advantage: 'gae', critic: { kind: 'separate' } });
    // 6 operations a trained token at 20e9 a second, 2 a sampled one at 5e9: 0.3 to 0.4.
    expect(critic.seconds! / plain.seconds!).toBeCloseTo((2 * 0.3 + 0.4) / (0.3 + 0.4), 6);
    expect(critic.basis).toContain('as much for the critic');
  });
});
