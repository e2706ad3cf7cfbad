/** The RL stage end to end on a random model: trains on a user's JSONL, resumes exactly, and learns what is rewarded. */
import { mkdtempSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type PresetName, presets } from '../../src/app/recipes/presets.ts';
import { loadAdapter, loadModel, mergeLora } from '../../src/models/index.ts';
import { rl } from '../../src/stages/rl/rl.ts';
import type { Tensor } from '../../src/torch/index.ts';
import { runStage } from '../support/stage.ts';
import { writeTinyCheckpoint } from '../support/tiny-checkpoint.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-rl-'));
let checkpoint: string;
let jsonl: string;

beforeAll(async () => {
  checkpoint = await writeTinyCheckpoint(path.join(root, 'model'));
  jsonl = path.join(root, 'prompts.jsonl');
  // Every answer is 7: a model that has learnt to say 7 has learnt the task.
  const lines = Array.from({ length: 12 }, (_, i) =>
    JSON.stringify({ prompt: `what is ${i} ?`, answer: '7' }),
  );
  writeFileSync(jsonl, `${lines.join('\n')}\n`);
});

function config(steps: number) {
  return {
    stage: 'rl' as const,
    name: 'rl',
    model: checkpoint,
    template: 'plain' as const,
    prompts: [{ task: 'jsonl' as const, path: jsonl }],
    rewards: { accuracy: {} },
    steps,
    promptsPerStep: 4,
    groupSize: 8,
    minibatches: 2,
    sampling: { maxTokens: 6 },
    loss: { policy: { kind: 'surrogate' as const, clipLow: 0.2, clipHigh: 0.28 } },
    optimizer: { peak: 3e-3, warmup: 2 },
    checkpointEvery: 4,
  };
}

describe('rl', () => {
  it('learns to give the rewarded answer to prompts of a JSONL file', async () => {
    const { reports } = await runStage(rl, config(30), { dir: path.join(root, 'learns') });
    const mean = (part: typeof reports) => part.reduce((sum, { reward }) => sum + reward!, 0) / part.length;
    expect(mean(reports.slice(0, 3))).toBeLessThan(0.4);
    expect(mean(reports.slice(-3))).toBeGreaterThan(0.9);
    const first = reports[0]!;
    expect(first['sampling/sampling_logp_difference/mean']).toBeLessThan(1e-4);
    expect(readdirSync(path.join(root, 'learns'))).toEqual(
      expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json', 'samples']),
    );
  });

  it('takes the same steps with sequences end to end in one row as with padded ones', async () => {
    const run = async (packing: boolean | 'auto') => {
      const dir = path.join(root, `packing-${packing}`);
      const { reports } = await runStage(rl, { ...config(2), packing }, { dir });
      return {
        loss: reports[0]!.loss!,
        gradNorm: reports[0]!.grad_norm!,
        weights: readFileSync(path.join(dir, 'model.safetensors')),
      };
    };
    const [padded, packed, auto] = [await run(false), await run(true), await run('auto')];
    // A CPU pads.
    expect(auto.weights.equals(padded.weights)).toBe(true);
    expect(packed.weights.equals(padded.weights)).toBe(false);
    expect(packed.gradNorm / padded.gradNorm).toBeCloseTo(1, 4);
    expect(packed.loss).toBeCloseTo(padded.loss, 4);
  });

  it('goes on from an interruption to the same weights, bit for bit', async () => {
    const whole = path.join(root, 'whole');
    const broken = path.join(root, 'broken');
    await runStage(rl, config(8), { dir: whole });
    const controller = new AbortController();
    const stop = new Error('interrupted');
    const interrupted = runStage(rl, config(8), {
      dir: broken,
      signal: controller.signal,
      onStep: ({ step }) => step === 3 && controller.abort(stop),
    });
    await expect(interrupted).rejects.toBe(stop);
    const { reports, notes } = await runStage(rl, config(8), { dir: broken });
    expect(reports.map(({ step }) => step)).toEqual([4, 5, 6, 7, 8]);
    expect(notes.join()).toContain('resuming after step 3');
    const weights = (dir: string) => readFileSync(path.join(dir, 'model.safetensors'));
    expect(weights(broken).equals(weights(whole))).toBe(true);
  });

  it('another seed gives other weights', async () => {
    const other = path.join(root, 'other');
    await runStage(rl, config(8), { dir: other, seed: 1 });
    const weights = (dir: string) => readFileSync(path.join(dir, 'model.safetensors'));
    expect(weights(other).equals(weights(path.join(root, 'whole')))).toBe(false);
  });

  it('keeps a reference model for the KL penalty, also across an interruption', async () => {
    const withKl = { ...config(6), loss: { kl: { coefficient: 0.5, referenceEvery: 4 } } };
    const whole = path.join(root, 'kl-whole');
    const broken = path.join(root, 'kl-broken');
    const { reports } = await runStage(rl, withKl, { dir: whole });
    expect(reports.at(-1)!.kl).toBeGreaterThan(0);
    const controller = new AbortController();
    const interrupted = runStage(rl, withKl, {
      dir: broken,
      signal: controller.signal,
      onStep: ({ step }) => step === 3 && controller.abort(new Error('stop')),
    });
    await expect(interrupted).rejects.toThrow('stop');
    await runStage(rl, withKl, { dir: broken });
    const weights = (dir: string) => readFileSync(path.join(dir, 'model.safetensors'));
    expect(weights(broken).equals(weights(whole))).toBe(true);
  });

  it('warns in plain words when completions are cut and groups say nothing', async () => {
    const { warnings } = await runStage(
      rl,
      { ...config(1), sampling: { maxTokens: 1 }, groupSize: 1 },
      { dir: path.join(root, 'warns') },
    );
    expect(warnings.join('\n')).toMatch(/sampling\.maxTokens/);
    expect(warnings.join('\n')).toMatch(/taught nothing/);
  });

  it.each(Object.keys(presets) as PresetName[])('takes a step with the preset %s', async (name) => {
    const { loss: _, ...sizes } = config(1);
    const { reports } = await runStage(
      rl,
      { ...presets[name], ...sizes, rewards: { accuracy: {}, length: {} } },
      { dir: path.join(root, `preset-${name}`) },
    );
    expect(reports).toHaveLength(1);
    expect(Object.values(reports[0]!).every(Number.isFinite)).toBe(true);
    expect(reports[0]!.grad_norm).toBeGreaterThan(0);
    if ('kl' in presets[name].loss) expect(reports[0]).toHaveProperty('kl');
  });

  it('draws prompts again in place of groups without a signal, and resumes exactly', async () => {
    const dynamic = { ...config(4), promptsPerStep: 6, dynamicSampling: { attempts: 3 } };
    const whole = path.join(root, 'dynamic-whole');
    const broken = path.join(root, 'dynamic-broken');
    const { reports } = await runStage(rl, dynamic, { dir: whole });
    for (const report of reports) {
      const [kept, discarded] = [
        report['dynamic_sampling/kept_groups']!,
        report['dynamic_sampling/discarded_groups']!,
      ];
      expect(report['dynamic_sampling/attempts']).toBeLessThanOrEqual(3);
      expect(report.frac_reward_zero_std).toBeCloseTo(discarded / (kept + discarded), 12);
      expect(kept).toBeLessThanOrEqual(6);
    }
    expect(reports.some((report) => report['dynamic_sampling/attempts']! > 1)).toBe(true);
    const controller = new AbortController();
    const interrupted = runStage(rl, dynamic, {
      dir: broken,
      signal: controller.signal,
      onStep: ({ step }) => step === 2 && controller.abort(new Error('stop')),
    });
    await expect(interrupted).rejects.toThrow('stop');
    await runStage(rl, dynamic, { dir: broken });
    const weights = (dir: string) => readFileSync(path.join(dir, 'model.safetensors'));
    expect(weights(broken).equals(weights(whole))).toBe(true);
  });

  it('takes the KL off the reward, and reports it', async () => {
    const loss = { kl: { coefficient: 0.1, estimator: 'k1' as const, in: 'reward' as const } };
    const { reports } = await runStage(rl, { ...config(4), loss }, { dir: path.join(root, 'kl-reward') });
    expect(reports[0]!.kl).toBeCloseTo(0, 6);
    expect(Math.abs(reports.at(-1)!.kl!)).toBeGreaterThan(1e-4);
  });

  it('leaves the weights alone where nothing could be scored', async () => {
    const dir = path.join(root, 'unscored');
    // The prompts name no language.
    const { reports, warnings } = await runStage(rl, { ...config(2), rewards: { language: {} } }, { dir });
    expect(reports[0]).toMatchObject({ 'completions/unscored_ratio': 1, loss: 0, grad_norm: 0 });
    expect(warnings.join()).toContain('could not be scored');
    const weights = (of: string) => readFileSync(path.join(of, 'model.safetensors'));
    expect(weights(dir).equals(weights(checkpoint))).toBe(true);
  });

  it('trains only an adapter with LoRA: resumes exactly, and leaves the base with the adapter on it', async () => {
    const withAdapter = {
      ...config(6),
      minibatches: 1,
      lora: { rank: 4, alpha: 8 },
      loss: { kl: { coefficient: 0.1, referenceEvery: 4 } },
    };
    const whole = path.join(root, 'lora-whole');
    const broken = path.join(root, 'lora-broken');
    const { reports } = await runStage(rl, withAdapter, { dir: whole });
    expect(reports[0]!.kl).toBeCloseTo(0, 6);
    expect(reports.at(-1)!.kl).toBeGreaterThan(0);
    await interruptAt(3, withAdapter, broken);
    await runStage(rl, withAdapter, { dir: broken });
    for (const file of ['model.safetensors', 'adapter/adapter_model.safetensors']) {
      const read = (dir: string) => readFileSync(path.join(dir, file));
      expect(read(broken).equals(read(whole)), file).toBe(true);
    }
    const load = (dir: string) => loadModel(dir, { device: 'cpu', dtype: 'float32' });
    const [base, merged] = [load(checkpoint), load(whole)];
    const own = load(checkpoint).stateDict();
    const adapted = loadAdapter(base, path.join(whole, 'adapter'));
    const bytes = (parameters: Iterable<Tensor>) =>
      [...parameters].reduce((sum, { numel }) => sum + 4 * numel, 0);
    const [frozen, all] = [bytes(own.values()), bytes(adapted.parameters())];
    // The additions with their gradients and two moments, and those of the reference: its other weights are the policy's.
    expect(reports[0]!['memory/models_bytes']).toBe(frozen + 5 * (all - frozen));
    const expected = mergeLora(adapted).stateDict();
    let moved = 0;
    for (const [name, weight] of merged.stateDict()) {
      expect(weight.toArray(), name).toEqual(expected.get(name)!.toArray());
      const differs = weight.toArray().some((value, i) => value !== own.get(name)!.toArray()[i]);
      expect(differs, name).toBe(name.endsWith('_proj.weight'));
      if (differs) moved += 1;
    }
    expect(moved).toBe(14);
  });

  it('trains an adapter over a base in 4 bits: resumes exactly, and leaves the whole base with the adapter on it', async () => {
    const quantised = {
      ...config(3),
      minibatches: 1,
      lora: { rank: 4, alpha: 8, base: 'nf4' as const },
      loss: { kl: { coefficient: 0.1 } },
      keep: { last: 1, best: 0 },
    };
    const whole = path.join(root, 'nf4-whole');
    const broken = path.join(root, 'nf4-broken');
    const { reports } = await runStage(rl, quantised, { dir: whole });
    expect(reports[0]!.kl).toBeCloseTo(0, 6);
    await interruptAt(2, quantised, broken);
    await runStage(rl, quantised, { dir: broken });
    const weights = (dir: string) => readFileSync(path.join(dir, 'model.safetensors'));
    expect(weights(broken).equals(weights(whole))).toBe(true);
    const adapted = loadAdapter(loadModel(checkpoint), path.join(whole, 'adapter'));
    const [frozen, all] = [checkpoint, adapted].map((of) =>
      (typeof of === 'string' ? loadModel(of) : of)
        .parameters()
        .reduce((sum, { numel }) => sum + 4 * numel, 0),
    ) as [number, number];
    expect(reports[0]!['memory/models_bytes']).toBeLessThan(frozen / 2 + 5 * (all - frozen));
    const expected = mergeLora(adapted).stateDict();
    for (const [name, weight] of loadModel(whole).stateDict())
      expect(weight.toArray(), name).toEqual(expected.get(name)!.toArray());
  });

  it('trains on rollouts sampled ahead within the bound, and resumes exactly', async () => {
    const ahead = { ...config(9), staleness: 2, checkpointEvery: 20 };
    const whole = path.join(root, 'ahead-whole');
    const broken = path.join(root, 'ahead-broken');
    const { reports } = await runStage(rl, ahead, { dir: whole });
    // Two optimiser steps follow each rollout.
    expect(reports.map((report) => report['staleness/mean'])).toEqual([0, 2, 4, 4, 4, 4, 4, 4, 4]);
    await interruptAt(4, ahead, broken);
    const state = ['ahead-4.jsonl', 'state-1.safetensors', 'state.json'];
    expect(readdirSync(path.join(broken, 'state')).sort()).toEqual(state);
    const { reports: rest } = await runStage(rl, ahead, { dir: broken });
    expect(rest.map((report) => report['staleness/mean'])).toEqual([4, 4, 4, 4, 4]);
    const weights = (dir: string) => readFileSync(path.join(dir, 'model.safetensors'));
    expect(weights(broken).equals(weights(whole))).toBe(true);
    const synchronous = path.join(root, 'synchronous');
    await runStage(rl, { ...ahead, staleness: 0 }, { dir: synchronous });
    expect(weights(synchronous).equals(weights(whole))).toBe(false);
  });

  it('falls back to the state before a damaged one, with what was sampled ahead of it, bit for bit', async () => {
    const ahead = { ...config(9), staleness: 2, checkpointEvery: 2 };
    const broken = path.join(root, 'ahead-damaged');
    await interruptAt(6, ahead, broken);
    const newest = path.join(broken, 'state', 'ahead-6.jsonl');
    truncateSync(newest, 1000);
    const { reports, warnings } = await runStage(rl, ahead, { dir: broken });
    expect(warnings.join()).toContain(`${newest} is 1000 bytes long`);
    expect(reports.map(({ step }) => step)).toEqual([5, 6, 7, 8, 9]);
    const weights = (dir: string) => readFileSync(path.join(dir, 'model.safetensors'));
    expect(weights(broken).equals(weights(path.join(root, 'ahead-whole')))).toBe(true);
  });

  it('learns from rollouts that are two steps old', async () => {
    const dir = path.join(root, 'ahead-learns');
    const { reports } = await runStage(rl, { ...config(40), staleness: 2 }, { dir });
    const mean = (part: typeof reports) => part.reduce((sum, { reward }) => sum + reward!, 0) / part.length;
    expect(mean(reports.slice(0, 3))).toBeLessThan(0.4);
    expect(mean(reports.slice(-3))).toBeGreaterThan(0.8);
  });
});

/** Runs the stage and breaks it off after a step. */
async function interruptAt(
  last: number,
  settings: Parameters<typeof runStage<typeof rl.schema>>[1],
  dir: string,
): Promise<void> {
  const controller = new AbortController();
  const interrupted = runStage(rl, settings, {
    dir,
    signal: controller.signal,
    onStep: ({ step }) => step === last && controller.abort(new Error('stop')),
  });
  await expect(interrupted).rejects.toThrow('stop');
}
