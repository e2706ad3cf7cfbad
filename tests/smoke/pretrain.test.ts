/** The pre-training stage end to end: learns the small world's documents a little, and resumes exactly. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { pretrain } from '../../src/stages/pretrain/pretrain.ts';
import { runStage } from '../support/stage.ts';
import { TINY_CONFIG } from '../support/tiny-checkpoint.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-pretrain-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const config = {
  stage: 'pretrain' as const,
  name: 'base',
  model: { ...TINY_CONFIG },
  steps: 12,
  rowLength: 96,
  rowsPerStep: 8,
  optimizer: { peak: 5e-3, warmup: 2 },
  tokensPerMicroBatch: 300,
};

describe('pretrain', () => {
  it('refuses a model with fewer embeddings than the tokenizer has tokens', async () => {
    const narrow = { ...config, model: { ...TINY_CONFIG, vocab_size: 80 } };
    await expect(runStage(pretrain, narrow, { dir: path.join(root, 'narrow') })).rejects.toThrow(
      'model.vocab_size: 80, but the tokenizer has 96 tokens',
    );
  });

  it('learns, and goes on from an interruption to the same weights, bit for bit', async () => {
    const [whole, broken] = [path.join(root, 'whole'), path.join(root, 'broken')];
    const { reports } = await runStage(pretrain, config, { dir: whole });
    expect(reports[0]!.loss).toBeGreaterThan(4);
    expect(reports.at(-1)!.loss).toBeLessThan(3.6);
    expect(reports[0]!.packing).toBeGreaterThan(0.9);
    const controller = new AbortController();
    const interrupted = runStage(pretrain, config, {
      dir: broken,
      signal: controller.signal,
      onStep: ({ step }) => step === 5 && controller.abort(new Error('stop')),
    });
    await expect(interrupted).rejects.toThrow('stop');
    const rest = await runStage(pretrain, config, { dir: broken });
    expect(rest.reports.map(({ step }) => step)).toEqual([6, 7, 8, 9, 10, 11, 12]);
    const weights = (dir: string) => readFileSync(path.join(dir, 'model.safetensors'));
    expect(weights(broken).equals(weights(whole))).toBe(true);
  });
});
