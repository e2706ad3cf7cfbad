/** A model of another shape, known by the interface LanguageModel alone: trained, sampled, evaluated and served. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine, type EngineOptions, sample } from '../../src/inference/engine/index.ts';
import { collect } from '../../src/inference/engine/testing.ts';
import {
  endScores,
  initHead,
  initModel,
  loadModel,
  loadValueModel,
  parseConfig,
  registerArchitecture,
  saveModel,
  saveValueModel,
  ValueModel,
} from '../../src/models/index.ts';
import { loadServed } from '../../src/serving/process/load.ts';
import { MODEL_DEFAULTS } from '../../src/serving/process/messages.ts';
import type { TokenEnd } from '../../src/serving/replies/index.ts';
import { REQUEST } from '../../src/serving/testing.ts';
import { evaluate } from '../../src/stages/evaluate/evaluate.ts';
import { rl } from '../../src/stages/rl/rl.ts';
import { sft } from '../../src/stages/sft/sft.ts';
import { indices, noGrad, randn, scope } from '../../src/torch/index.ts';
import { LATENT_KEYS, latent } from '../support/latent-model.ts';
import { runStage } from '../support/stage.ts';
import { writeTinyCheckpoint } from '../support/tiny-checkpoint.ts';
import { describeCausalLM, greedy } from './causal-lm.ts';

registerArchitecture(latent);

const root = mkdtempSync(path.join(tmpdir(), 'aha-other-shape-'));
const place = (name: string): string => path.join(root, name);
afterAll(() => rmSync(root, { recursive: true, force: true }));

describeCausalLM('a model with latents and distances', async () => {
  const model = initModel(parseConfig({ ...LATENT_KEYS, vocab_size: 20 }, 'test'), 0, { scheme: 'scaled' });
  noGrad(() => {
    for (const parameter of model.parameters()) scope(() => parameter.add_(randn(parameter.shape), 0.2));
  });
  await saveModel(model, place('conformance'));
  model.dispose();
  return place('conformance');
});

describe('a model of another shape', () => {
  let checkpoint: string;
  beforeAll(async () => {
    const { model_type, latent_size } = LATENT_KEYS;
    checkpoint = await writeTinyCheckpoint(place('model'), 0, { model_type, latent_size });
  });

  it('refuses to be registered twice', () => {
    expect(() => registerArchitecture(latent)).toThrow('the architecture latent-test is there already');
  });

  it('samples what it gives without a cache, in one block a row and in shared ones', () => {
    const model = loadModel(checkpoint);
    const prompts = [
      [1, 2, 3],
      [4, 5, 6, 7, 8, 9, 1],
    ].map((ids) => Int32Array.from(ids));
    const expected = prompts.map(
      (prompt) => greedy(model, indices(prompt, [1, prompt.length]), 9, false)[0]!,
    );
    const options = { temperature: 0, groupSize: 3, maxTokens: 9, stopTokens: [], maxRows: 4 };
    const sampled = sample(model, prompts, options).map((group) => group.map(({ tokens }) => [...tokens]));
    expect(sampled).toEqual(expected.map((tokens) => [tokens, tokens, tokens]));
    const shape = { maxRows: 2, context: 32, blockSize: 4, cacheTokens: 40, prefillTokens: 5 };
    const engine = new Engine(model, { ...shape, favours: 'latency' } satisfies EngineOptions);
    const made = prompts.map((prompt) => collect(prompt, 9));
    for (const { sequence } of made) engine.add(sequence);
    while (engine.busy) engine.step();
    expect(made.map(({ out }) => out.tokens)).toEqual(expected);
    engine.dispose();
    model.dispose();
  });

  it('learns from demonstrations, packed and with LoRA', async () => {
    const data = [{ source: 'cold-start' as const, count: 24 }];
    const optimizer = { peak: 3e-3, warmup: 2, shape: 'cosine' as const };
    const config = {
      stage: 'sft' as const,
      name: 'sft',
      model: checkpoint,
      template: 'plain' as const,
      data,
      epochs: 4,
      batchSize: 8,
      optimizer,
      packing: { rowLength: 96, rowsPerStep: 4 },
      lora: { rank: 8, alpha: 16, targets: 'all-linear' as const },
    };
    const { reports } = await runStage(sft, config, { dir: place('sft') });
    expect(reports.at(-1)!.loss!).toBeLessThan(reports[0]!.loss!);
    loadModel(place('sft')).dispose();
    const again = runStage(sft, { ...config, recompute: true }, { dir: place('refused') });
    await expect(again).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('recompute: a model of the architecture latent-test') as string,
    });
  });

  it('learns from rewards, with a critic of its own', async () => {
    const file = place('prompts.jsonl');
    const lines = Array.from({ length: 8 }, (_, i) =>
      JSON.stringify({ prompt: `what is ${i} ?`, answer: '7' }),
    );
    writeFileSync(file, `${lines.join('\n')}\n`);
    const config = {
      stage: 'rl' as const,
      name: 'rl',
      model: checkpoint,
      template: 'plain' as const,
      prompts: [{ task: 'jsonl' as const, path: file }],
      rewards: { accuracy: {} },
      steps: 3,
      promptsPerStep: 4,
      groupSize: 8,
      sampling: { maxTokens: 6 },
      critic: { kind: 'separate' as const },
      advantage: 'gae' as const,
      optimizer: { peak: 3e-3, warmup: 2 },
    };
    const { reports } = await runStage(rl, config, { dir: place('rl') });
    // What the engine said of its tokens is what the trainer computes again.
    expect(reports[0]!['sampling/sampling_logp_difference/mean']).toBeLessThan(1e-4);
    loadModel(place('rl')).dispose();
    loadValueModel(path.join(place('rl'), 'critic')).dispose();
  });

  it('scores texts with a head in place of its vocabulary', async () => {
    const trunk = loadModel(checkpoint);
    const model = new ValueModel(trunk, initHead(trunk, { deviation: 0.5, seed: 1 }));
    const texts = [
      [1, 2, 3],
      [4, 5],
    ].map((ids) => Int32Array.from(ids));
    const score = (of: ValueModel): number[] =>
      scope(() => noGrad(() => endScores(of, texts, { padToken: 0 })).toArray());
    const scores = score(model);
    expect(new Set(scores).size).toBe(2);
    await saveValueModel(model, place('value'), { tokenizerFrom: checkpoint });
    const loaded = loadValueModel(place('value'));
    expect(score(loaded)).toEqual(scores);
    loaded.dispose();
    model.dispose();
  });

  it('is evaluated', async () => {
    const config = {
      stage: 'evaluate' as const,
      name: 'evaluate',
      checkpoint,
      prompts: [{ task: 'chain' as const }],
      template: 'plain' as const,
      greedyProblems: 4,
      problems: 2,
      samples: 4,
      sampling: { maxTokens: 8 },
    };
    await runStage(evaluate, config, { dir: place('evaluate') });
    expect(readFileSync(path.join(place('evaluate'), 'report.json'), 'utf8')).toContain('passAt1');
  });

  it('is served', () => {
    const served = loadServed({ ...MODEL_DEFAULTS, id: 'other', checkpoint, device: 'cpu' });
    expect(served.info.architecture).toBe('latent-test');
    const ends: TokenEnd[] = [];
    const text = 'what is 1 + 2 ?';
    served.generations.begin(
      { ...REQUEST, prompt: { kind: 'text', text }, n: 2, limits: { ...REQUEST.limits, maxTokens: 5 } },
      {
        start: () => {},
        prompt: () => {},
        token: (_, __, end) => void ends.push(end),
        error: (error) => {
          throw error;
        },
      },
    );
    while (served.engine.busy) served.engine.step();
    expect(ends.filter((end) => end !== 'goes on')).toHaveLength(2);
    served.engine.dispose();
  });
});
