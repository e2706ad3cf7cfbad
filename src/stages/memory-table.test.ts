import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyCheckpoint } from '../../tests/support/tiny-checkpoint.ts';
import { ARCHITECTURES, modelSizes, readConfig, registerArchitecture } from '../models/index.ts';
import { rlSchema } from '../rl/config.ts';
import { type MemoryQuestion, memoryTable } from './memory-table.ts';
import { estimateRl } from './rl/estimate.ts';

let dir: string;
beforeAll(async () => {
  dir = await writeTinyCheckpoint(mkdtempSync(path.join(tmpdir(), 'aha-memory-table-')));
});
afterAll(() => rmSync(dir, { recursive: true }));

const QUESTION: MemoryQuestion = { rows: 6, length: 20, device: 'cpu', recompute: false };

function bytesOf(use: string, precision: string, changes: Partial<MemoryQuestion> = {}): number {
  const lines = memoryTable(readConfig(dir), { ...QUESTION, ...changes });
  return lines.find((line) => line.use === use && line.precision === precision)!.bytes;
}

describe('memoryTable', () => {
  it.each([
    ['rl', {}],
    ['rl with a KL reference', { loss: { kl: { coefficient: 0.1 } } }],
    ['rl with a critic (PPO)', { advantage: 'gae', critic: { kind: 'separate' } }],
    ['rl with LoRA', { lora: {} }],
    ['rl with LoRA over nf4', { lora: { base: 'nf4' } }],
  ])('has of %s what a dry run says', (use, changes) => {
    const { rows, length, device } = QUESTION;
    for (const precision of ['bf16', 'fp32'] as const) {
      const config = rlSchema.parse({
        stage: 'rl',
        name: 'rl',
        model: dir,
        prompts: [{ task: 'chain' }],
        rewards: { accuracy: {} },
        steps: 1,
        promptsPerStep: 1,
        groupSize: rows,
        sampling: { maxTokens: length },
        tokensPerMicroBatch: rows * length,
        optimizer: { peak: 1e-4 },
        precision,
        ...changes,
      });
      const { bytes } = estimateRl(config, { resolve: (reference) => reference, device });
      expect(bytesOf(use, precision)).toBe(bytes);
    }
  });

  it('grows with rows and with their length, and shrinks with recomputation', () => {
    for (const use of ['serve', 'pretrain, sft', 'reward-model', 'rl']) {
      const bytes = bytesOf(use, 'fp32');
      expect(bytesOf(use, 'fp32', { rows: 12 })).toBeGreaterThan(bytes);
      expect(bytesOf(use, 'fp32', { length: 40 })).toBeGreaterThan(bytes);
    }
    expect(bytesOf('pretrain, sft', 'fp32', { recompute: true })).toBeLessThan(
      bytesOf('pretrain, sft', 'fp32'),
    );
  });

  it('serves in each precision: weights, and a cache for the rows and one in reserve', () => {
    const config = readConfig(dir);
    const { parameters, inner } = modelSizes(config);
    const { cacheBytesPerToken } = modelSizes(config, 'bfloat16');
    const logits = 12 * 6 * config.vocabSize;
    const beside = 7 * 20 * cacheBytesPerToken + logits;
    expect(bytesOf('serve', 'bf16')).toBe(2 * parameters + beside);
    const quantised = bytesOf('serve', 'int8') - beside - 2 * (parameters - inner);
    expect(quantised / inner).toBeGreaterThanOrEqual(1);
    expect(quantised / inner).toBeLessThan(1.1);
  });

  it('says of an architecture with unknown activations that training takes at least that', () => {
    const { tokenMemory: _, ...llama } = ARCHITECTURES.get('llama')!;
    registerArchitecture({ ...llama, modelType: 'uncounted' });
    const lines = memoryTable({ ...readConfig(dir), modelType: 'uncounted' }, QUESTION);
    const marked = lines.filter(({ atLeast }) => atLeast).map(({ use }) => use);
    expect(new Set(marked)).toEqual(new Set(lines.map(({ use }) => use).filter((use) => use !== 'serve')));
  });
});
