/** The SFT stage end to end on a random model: learns, with and without LoRA, and resumes exactly. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadAdapter, loadModel, mergeLora, readSafetensors } from '../../src/models/index.ts';
import { sft } from '../../src/stages/sft/sft.ts';
import { dispose } from '../../src/torch/index.ts';
import { runStage } from '../support/stage.ts';
import { writeTinyCheckpoint } from '../support/tiny-checkpoint.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-sft-'));
let checkpoint: string;
beforeAll(async () => {
  checkpoint = await writeTinyCheckpoint(path.join(root, 'model'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const place = (name: string) => path.join(root, name);
const weights = (name: string, file = 'model.safetensors') => readFileSync(path.join(place(name), file));

const padded = {
  stage: 'sft' as const,
  name: 'sft',
  model: '',
  template: 'plain' as const,
  data: [
    { source: 'cold-start' as const, count: 24 },
    { source: 'general' as const, count: 16 },
  ],
  epochs: 2,
  batchSize: 8,
  optimizer: { peak: 3e-3, warmup: 2, shape: 'cosine' as const },
  tokensPerMicroBatch: 200,
};

const VARIANTS = {
  padded,
  packed: { ...padded, packing: { rowLength: 96, rowsPerStep: 4 } },
  'packed, LoRA': {
    ...padded,
    packing: { rowLength: 96, rowsPerStep: 4 },
    lora: { rank: 4, alpha: 8, targets: ['q_proj', 'v_proj', 'down_proj'] },
  },
  'packed, nf4': {
    ...padded,
    packing: { rowLength: 96, rowsPerStep: 4 },
    lora: { rank: 4, alpha: 8, targets: ['q_proj', 'v_proj', 'down_proj'], base: 'nf4' as const },
  },
  'mixed without end': {
    ...padded,
    data: [
      { source: 'cold-start' as const, count: 5, weight: 2 },
      { source: 'general' as const, weight: 1 },
    ],
    epochs: undefined,
    steps: 10,
  },
};

describe('sft', () => {
  it.each(Object.entries(VARIANTS))(
    '%s: an interrupted run gives the same weights, bit for bit',
    async (name, variant) => {
      const config = { ...variant, model: checkpoint };
      const { reports } = await runStage(sft, config, { dir: place(`${name}-whole`) });
      const controller = new AbortController();
      const stop = new Error('interrupted');
      const interrupted = runStage(sft, config, {
        dir: place(`${name}-broken`),
        signal: controller.signal,
        onStep: ({ step }) => step === 3 && controller.abort(stop),
      });
      await expect(interrupted).rejects.toBe(stop);
      const rest = await runStage(sft, config, { dir: place(`${name}-broken`) });
      expect(rest.notes.join()).toContain(`resuming after step 3 of ${reports.length}`);
      const timeless = (all: typeof reports) =>
        all.map((report) => ({ ...report, seconds: 0, tokens_per_second: 0 }));
      expect(timeless(rest.reports)).toEqual(timeless(reports.slice(3)));
      expect(weights(`${name}-broken`).equals(weights(`${name}-whole`))).toBe(true);
    },
  );

  it('falls back to the state before a damaged one, to the same weights, bit for bit', async () => {
    const config = { ...VARIANTS.packed, model: checkpoint, checkpointEvery: 2 };
    const dir = place('damaged');
    const controller = new AbortController();
    const interrupted = runStage(sft, config, {
      dir,
      signal: controller.signal,
      onStep: ({ step }) => step === 4 && controller.abort(new Error('stop')),
    });
    await expect(interrupted).rejects.toThrow('stop');
    const newest = path.join(dir, 'state', 'state-2.safetensors');
    const bytes = readFileSync(newest);
    bytes[bytes.length - 100]! ^= 4;
    writeFileSync(newest, bytes);
    const { warnings, reports } = await runStage(sft, config, { dir });
    expect(warnings.join()).toContain(`${newest} was altered`);
    expect(reports[0]!.step).toBe(3);
    expect(weights('damaged').equals(weights('packed-whole'))).toBe(true);
  });

  it('sees each example once an epoch, and says so', async () => {
    const { reports } = await runStage(sft, { ...padded, model: checkpoint }, { dir: place('epochs') });
    expect(reports).toHaveLength(10);
    expect(reports.map(({ epoch }) => epoch)).toEqual(reports.map((_, i) => ((i + 1) * 8) / 40));
    const tokens = (part: typeof reports) => part.reduce((sum, { num_tokens }) => sum + num_tokens!, 0);
    expect(tokens(reports.slice(0, 5))).toBe(tokens(reports.slice(5)));
    expect(Object.keys(reports[0]!)).toEqual(
      expect.arrayContaining(['loss', 'grad_norm', 'learning_rate', 'mean_token_accuracy', 'entropy']),
    );
  });

  it('learns what it is shown', async () => {
    const lines = ['red', 'blue', 'green'].flatMap((colour) => [
      { prompt: `repeat : ${colour}`, response: `<think> </think> <answer> ${colour} </answer>` },
    ]);
    const file = place('replies.jsonl');
    writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n'));
    const { reports } = await runStage(
      sft,
      { ...padded, model: checkpoint, data: [{ source: 'jsonl', path: file }], epochs: 60, batchSize: 3 },
      { dir: place('learns') },
    );
    expect(reports[0]!.loss).toBeGreaterThan(3);
    expect(reports.at(-1)!.loss).toBeLessThan(0.05);
    expect(reports.at(-1)!.mean_token_accuracy).toBe(1);
    expect(readdirSync(place('learns'))).toEqual(
      expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']),
    );
  });

  it.each(['packed, LoRA', 'packed, nf4'])(
    '%s: trains the additions alone, and leaves an adapter, and the checkpoint with it merged',
    (run) => {
      const dir = place(`${run}-whole`);
      const [base, merged] = [loadModel(checkpoint), loadModel(dir)];
      const changed = [...base.stateDict()].flatMap(([name, tensor]) =>
        tensor.toArray().join() === merged.stateDict().get(name)!.toArray().join() ? [] : [name],
      );
      expect(changed).toEqual(
        [0, 1].flatMap((layer) =>
          ['self_attn.q_proj', 'self_attn.v_proj', 'mlp.down_proj'].map(
            (one) => `model.layers.${layer}.${one}.weight`,
          ),
        ),
      );
      mergeLora(loadAdapter(base, path.join(dir, 'adapter')));
      for (const [name, tensor] of base.stateDict()) {
        expect(tensor.toArray(), name).toEqual(merged.stateDict().get(name)!.toArray());
      }
      dispose([base, merged]);
    },
  );

  it('trains otherwise over a quantised base', () => {
    const adapter = (name: string) => weights(`${name}-whole/adapter`, 'adapter_model.safetensors');
    expect(adapter('packed, nf4').equals(adapter('packed, LoRA'))).toBe(false);
  });

  it('refuses formats that it does not know, and a base without LoRA', () => {
    const parse = (changes: object) => sft.schema.safeParse({ ...VARIANTS.packed, model: 'm', ...changes });
    expect(parse({ lora: { base: 'nf4' } }).success).toBe(true);
    expect(parse({ lora: { base: 'fp4' } }).error!.issues[0]).toMatchObject({
      path: ['lora', 'base'],
      values: ['int8', 'nf4'],
    });
    expect(parse({ base: 'nf4' }).error!.issues[0]).toMatchObject({ keys: ['base'] });
  });

  it('with LoRA keeps optimiser state of the additions alone', async () => {
    const controller = new AbortController();
    const config = { ...VARIANTS['packed, LoRA'], model: checkpoint };
    const run = runStage(sft, config, {
      dir: place('state'),
      signal: controller.signal,
      onStep: () => controller.abort(new Error('stop')),
    });
    await expect(run).rejects.toThrow('stop');
    const { tensors } = readSafetensors(path.join(place('state'), 'state', 'state-1.safetensors'));
    // Two layers; q 32→32, v 32→16, down 48→32, rank 4.
    const size = 2 * 4 * (32 + 32 + (32 + 16) + (48 + 32));
    expect(Object.fromEntries([...tensors].map(([name, { numel }]) => [name, numel]))).toEqual({
      first_moment: size,
      second_moment: size,
      values: size,
    });
    dispose(tensors);
  });

  it('drops or cuts what is too long, and says how much', async () => {
    const dropped = await runStage(
      sft,
      { ...padded, model: checkpoint, maxLength: 40 },
      { dir: place('drop') },
    );
    const text = dropped.warnings.join();
    const [, count] = /(\d+) of 40 examples are longer than 40 tokens/.exec(text)!;
    expect(text).toContain(`${count} left out, 0 cut`);
    expect(dropped.reports).toHaveLength(Math.ceil((2 * (40 - Number(count))) / 8));
    const cut = await runStage(
      sft,
      { ...padded, model: checkpoint, maxLength: 40, overlong: 'truncate' },
      { dir: place('truncate') },
    );
    expect(cut.warnings.join()).toContain(`0 left out, ${count} cut`);
    expect(cut.reports).toHaveLength(10);
  });

  it('refuses epochs of what has no end, rows longer than the context, and targets that are not there', async () => {
    const run = (changes: object) =>
      runStage(sft, { ...padded, model: checkpoint, ...changes }, { dir: place('refused') });
    await expect(run({ data: [{ source: 'general' }] })).rejects.toThrow(/generated without end/);
    await expect(run({ maxLength: 1000 })).rejects.toThrow(/context holds 128 tokens/);
    await expect(run({ maxLength: 90, packing: { rowLength: 64 } })).rejects.toThrow(/packed row holds 64/);
    await expect(run({ lora: { targets: ['qproj'] } })).rejects.toThrow(/no linear layer is named "qproj"/);
    await expect(run({ maxLength: 3 })).rejects.toThrow(/none of the 24 examples fits 3 tokens/);
    await expect(run({ steps: 3 })).rejects.toThrow(/epochs or steps/);
  });

  it('estimates before it runs', async () => {
    const { tokens, parameters, bytes } = await sft.estimate(
      sft.schema.parse({ ...padded, model: checkpoint }),
      { resolve: (reference) => reference, device: 'cpu' },
    );
    const { reports } = await runStage(sft, { ...padded, model: checkpoint }, { dir: place('estimate') });
    const real = reports.reduce((sum, { num_tokens }) => sum + num_tokens!, 0);
    expect(Math.abs(tokens! / real - 1)).toBeLessThan(0.2);
    // Weights, gradients, two moments; activations and logits on top.
    expect(bytes).toBeGreaterThan(16 * parameters!);
  });
});
