import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { dispose, indices, memory, noGrad, randn, scope } from '../torch/index.ts';
import { loadAdapter, saveAdapter } from './adapter.ts';
import { parseConfig } from './config.ts';
import { initModel } from './init.ts';
import type { LanguageModel } from './language-model.ts';
import { adaptedLayers, mergeLora, withLora } from './layers/index.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-adapter-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function model(modelType: string): LanguageModel {
  const keys = {
    model_type: modelType,
    vocab_size: 20,
    hidden_size: 16,
    intermediate_size: 24,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    head_dim: 8,
  };
  return initModel(parseConfig(keys, 'test'), 0, { scheme: 'scaled' });
}

/** A model with additions that change something. */
function adapted(
  modelType: string,
  targets: 'all-linear' | string[] = ['q_proj', 'down_proj'],
): LanguageModel {
  const made = withLora(model(modelType), { rank: 3, alpha: 6, targets }, 1);
  noGrad(() => {
    for (const [, { lora }] of adaptedLayers(made)) scope(() => lora!.B.copy_(randn(lora!.B.shape)));
  });
  return made;
}

const logits = (of: LanguageModel): number[] =>
  noGrad(() => scope(() => of.forward({ tokens: indices([1, 2, 3, 4, 5, 6], [2, 3]) }).toArray()));

async function saved(name: string, targets?: string[]): Promise<string> {
  const dir = path.join(root, name);
  const made = adapted('llama', targets);
  await saveAdapter(made, dir, 'base');
  made.dispose();
  return dir;
}

describe.each(['llama', 'qwen2', 'qwen3'])('an adapter of %s', (modelType) => {
  it('comes back from disk as it was, and merges to the same model', async () => {
    const dir = path.join(root, modelType);
    const made = adapted(modelType, 'all-linear');
    await saveAdapter(made, dir, 'base');
    const expected = logits(made);
    const before = memory().tensors;
    const loaded = loadAdapter(model(modelType), dir);
    expect(logits(loaded)).toEqual(expected);
    for (const [i, value] of logits(mergeLora(loaded)).entries()) expect(value).toBeCloseTo(expected[i]!, 3);
    loaded.dispose();
    expect(memory().tensors).toBe(before);
    made.dispose();
  });
});

describe('saveAdapter', () => {
  it('writes the names and keys of PEFT', async () => {
    const dir = await saved('names');
    const { tensors } = readSafetensors(path.join(dir, 'adapter_model.safetensors'));
    const names = [0, 1].flatMap((layer) =>
      ['mlp.down_proj', 'self_attn.q_proj'].flatMap((one) =>
        ['A', 'B'].map((half) => `base_model.model.model.layers.${layer}.${one}.lora_${half}.weight`),
      ),
    );
    expect([...tensors.keys()].sort()).toEqual(names);
    expect(tensors.get(names[2]!)!.shape).toEqual([3, 16]);
    expect(tensors.get(names[0]!)!.shape).toEqual([3, 24]);
    expect(tensors.get(names[1]!)!.shape).toEqual([16, 3]);
    dispose(tensors);
    expect(JSON.parse(readFileSync(path.join(dir, 'adapter_config.json'), 'utf8'))).toMatchObject({
      peft_type: 'LORA',
      task_type: 'CAUSAL_LM',
      base_model_name_or_path: 'base',
      r: 3,
      lora_alpha: 6,
      target_modules: ['down_proj', 'q_proj'],
      bias: 'none',
    });
  });

  it('names layers in full where the end of the name would mean more', async () => {
    const dir = await saved('paths', ['layers.1.mlp.up_proj']);
    const { target_modules } = JSON.parse(readFileSync(path.join(dir, 'adapter_config.json'), 'utf8')) as {
      target_modules: string[];
    };
    expect(target_modules).toEqual(['model.layers.1.mlp.up_proj']);
  });

  it('refuses a model without LoRA', async () => {
    const plain = model('llama');
    await expect(saveAdapter(plain, path.join(root, 'plain'), 'base')).rejects.toThrow(TypeError);
    plain.dispose();
  });
});

describe('loadAdapter', () => {
  /** A copy of an adapter with changed keys of its config. */
  async function changed(name: string, keys: object): Promise<string> {
    const from = await saved(`${name}-source`);
    const dir = path.join(root, name);
    cpSync(from, dir, { recursive: true });
    const file = path.join(dir, 'adapter_config.json');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...keys }));
    return dir;
  }

  it('scales by α / √r where rank-stabilised', async () => {
    const plain = loadAdapter(model('llama'), await changed('plain-scale', {}));
    const stable = loadAdapter(model('llama'), await changed('rslora', { use_rslora: true }));
    const scale = (of: LanguageModel) => adaptedLayers(of)[0]![1].lora!.scale;
    expect(scale(plain)).toBe(2);
    expect(scale(stable)).toBeCloseTo(6 / Math.sqrt(3), 12);
    dispose([plain, stable]);
  });

  it('reads what PEFT writes besides, and ignores it', async () => {
    const dir = await changed('more', { layers_to_transform: null, rank_pattern: {}, modules_to_save: null });
    loadAdapter(model('llama'), dir).dispose();
  });

  it.each([
    ['use_dora', true],
    ['bias', 'all'],
    ['peft_type', 'IA3'],
    ['modules_to_save', ['lm_head']],
    ['rank_pattern', { q_proj: 4 }],
    ['r', 0],
  ])('refuses %s: %j', async (key, value) => {
    const dir = await changed(`refused-${key}`, { [key]: value });
    const made = model('llama');
    expect(() => loadAdapter(made, dir)).toThrow(`${key}: ${JSON.stringify(value)} is not supported`);
    expect(adaptedLayers(made)).toEqual([]);
    made.dispose();
  });

  it.each([
    [
      'misshapen',
      { 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight': [2, 16] },
      /is \[2, 16\], expected \[3, 16\]/,
    ],
    [
      'foreign',
      { 'base_model.model.model.layers.7.self_attn.q_proj.lora_A.weight': [3, 16] },
      /belongs to no linear layer/,
    ],
    ['head', { 'base_model.model.lm_head.lora_A.weight': [3, 16] }, /belongs to no linear layer/],
    ['no LoRA', { 'base_model.model.model.norm.weight': [16] }, /is no LoRA tensor/],
    [
      'half',
      { 'base_model.model.model.layers.0.self_attn.k_proj.lora_B.weight': [8, 3] },
      /lora_A.weight" is missing/,
    ],
  ])('refuses a file with a %s tensor', async (name, extra, message) => {
    const dir = await changed(`tensor-${name}`, {});
    const file = path.join(dir, 'adapter_model.safetensors');
    const { tensors } = readSafetensors(file);
    for (const [key, shape] of Object.entries(extra)) tensors.set(key, randn(shape));
    await writeSafetensors(file, tensors);
    dispose(tensors);
    const made = model('llama');
    expect(() => loadAdapter(made, dir)).toThrow(message);
    expect(adaptedLayers(made)).toEqual([]);
    made.dispose();
  });

  it('names what is not there', async () => {
    const made = model('llama');
    expect(() => loadAdapter(made, path.join(root, 'nowhere'))).toThrow(/cannot read .*adapter_config\.json/);
    const dir = await changed('no weights', {});
    rmSync(path.join(dir, 'adapter_model.safetensors'));
    expect(() => loadAdapter(made, dir)).toThrow(/has no adapter_model\.safetensors/);
    made.dispose();
  });
});
