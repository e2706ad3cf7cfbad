import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError, UserError } from '../errors.ts';
import { dispose, memory, ones, type Tensor, zeros } from '../torch/index.ts';
import { loadModel, saveModel } from './checkpoint.ts';
import { parseConfig } from './config.ts';
import { initModel } from './init.ts';
import type { LanguageModel } from './language-model.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

const KEYS = {
  model_type: 'llama',
  vocab_size: 20,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  eos_token_id: [3, 4],
};
const root = mkdtempSync(path.join(tmpdir(), 'aha-checkpoint-'));
afterAll(() => rmSync(root, { recursive: true }));

let count = 0;
function newDir(): string {
  const dir = path.join(root, String(++count));
  mkdirSync(dir);
  return dir;
}

async function saved(changes: object = {}, options: Parameters<typeof saveModel>[2] = {}): Promise<string> {
  const dir = newDir();
  const model = initModel(parseConfig({ ...KEYS, ...changes }, 'test'), 0);
  await saveModel(model, dir, options);
  model.dispose();
  return dir;
}

/** Rewrites the weights of a checkpoint. */
async function edit(dir: string, change: (tensors: Map<string, Tensor>) => void): Promise<void> {
  const file = path.join(dir, 'model.safetensors');
  const { tensors } = readSafetensors(file);
  change(tensors);
  await writeSafetensors(file, tensors);
  dispose(tensors);
}

const json = (file: string): Record<string, unknown> =>
  JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;

describe('saveModel', () => {
  it('writes configuration, generation settings and weights', async () => {
    const dir = await saved();
    expect(readdirSync(dir).sort()).toEqual(['config.json', 'generation_config.json', 'model.safetensors']);
    expect(json(path.join(dir, 'config.json'))).toMatchObject({
      model_type: 'llama',
      torch_dtype: 'float32',
    });
    expect(json(path.join(dir, 'generation_config.json')).eos_token_id).toEqual([3, 4]);
  });

  it('splits weights into files no larger than asked, with an index, and cleans up after another split', async () => {
    const dir = await saved({}, { shardBytes: 1000 });
    const index = json(path.join(dir, 'model.safetensors.index.json')) as {
      metadata: { total_size: number };
      weight_map: Record<string, string>;
    };
    const files = readdirSync(dir).filter((name) => name.endsWith('.safetensors'));
    expect(files.length).toBeGreaterThan(2);
    expect(files).toContain(`model-00001-of-0000${files.length}.safetensors`);
    expect(new Set(Object.values(index.weight_map))).toEqual(new Set(files));
    const model = loadModel(dir);
    expect(index.metadata.total_size).toBe(model.parameters().reduce((sum, { numel }) => sum + 4 * numel, 0));
    await saveModel(model, dir);
    expect(readdirSync(dir).sort()).toEqual(['config.json', 'generation_config.json', 'model.safetensors']);
    await saveModel(model, dir, { shardBytes: 2500 });
    expect(readdirSync(dir)).not.toContain('model.safetensors');
    dispose([model, loadModel(dir)]);
  });

  it('takes tokenizer, chat template and generation settings along, byte for byte', async () => {
    const tokenizer = newDir();
    const files = {
      'tokenizer.json': '{"a": 1}',
      'chat_template.jinja': '{{ x }}',
      'generation_config.json': '{"temperature":0.6}',
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(tokenizer, name), text);
    writeFileSync(path.join(tokenizer, 'notes.txt'), 'not this');
    const dir = await saved({}, { tokenizerFrom: tokenizer });
    for (const [name, text] of Object.entries(files))
      expect(readFileSync(path.join(dir, name), 'utf8')).toBe(text);
    expect(readdirSync(dir)).not.toContain('notes.txt');
  });

  it('never leaves a tokenizer behind unnoticed', async () => {
    await expect(saved({}, { tokenizerFrom: newDir() })).rejects.toThrow(/tokenizer\.json: not found/);
  });
});

describe('loadModel', () => {
  it('needs no gradients, and comes in the dtype asked for', async () => {
    const dir = await saved();
    const model = loadModel(dir, { dtype: 'bfloat16' });
    expect(
      model.parameters().every((parameter) => !parameter.requiresGrad && parameter.dtype === 'bfloat16'),
    ).toBe(true);
    dispose(model);
  });

  it('names every tensor that is missing, unknown or misshapen, with both shapes', async () => {
    const dir = await saved();
    await edit(dir, (tensors) => {
      tensors.delete('model.norm.weight');
      tensors.set('model.layers.0.mlp.up_proj.weight', zeros([12, 9]));
      tensors.set('model.layers.1.mlp.up_proj.weight', zeros([2]));
    });
    const before = memory().tensors;
    expect(() => loadModel(dir)).toThrow(UserError);
    for (const part of [
      'missing: model.norm.weight [8]',
      'misshapen: model.layers.0.mlp.up_proj.weight is [12, 9], expected [12, 8]',
      'unexpected: model.layers.1.mlp.up_proj.weight [2]',
    ]) {
      expect(() => loadModel(dir)).toThrow(part);
    }
    expect(memory().tensors).toBe(before);
  });

  it('names tensors of whole numbers, which are codes of an unknown quantisation', async () => {
    const dir = await saved();
    const name = 'model.layers.0.mlp.up_proj.weight';
    await edit(dir, (tensors) => tensors.set(name, zeros([12, 8], { dtype: 'int8' })));
    expect(() => loadModel(dir)).toThrow(`not a floating type: ${name} is int8`);
  });

  it('wants the head of an untied model and none of a tied one, but forgives one', async () => {
    const dir = await saved();
    await edit(dir, (tensors) => tensors.delete('lm_head.weight'));
    expect(() => loadModel(dir)).toThrow('missing: lm_head.weight [20, 8]');
    const tied = await saved({ tie_word_embeddings: true });
    dispose(loadModel(tied));
    await edit(tied, (tensors) => tensors.set('lm_head.weight', ones([20, 8])));
    dispose(loadModel(tied));
  });

  it('ignores the frequencies that old checkpoints carry', async () => {
    const dir = await saved();
    await edit(dir, (tensors) => tensors.set('model.layers.0.self_attn.rotary_emb.inv_freq', zeros([2])));
    dispose(loadModel(dir));
  });

  it('takes the embedding of a tied model from the head, where a checkpoint holds that alone', async () => {
    const dir = await saved({ tie_word_embeddings: true });
    const embedding = 'model.embed_tokens.weight';
    await edit(dir, (tensors) => {
      tensors.set('lm_head.weight', tensors.get(embedding)!.mul(2));
      tensors.delete(embedding);
    });
    const loaded = loadModel(dir);
    const plain = initModel(parseConfig({ ...KEYS, tie_word_embeddings: true }, 'test'), 0);
    const weight = (model: LanguageModel) => new Map(model.namedParameters()).get(embedding)!;
    expect(weight(loaded).toFloat32Array()).toEqual(weight(plain).mul(2).toFloat32Array());
    dispose([loaded, plain]);
  });

  it('says that weights are a pointer of Git LFS', async () => {
    const dir = await saved();
    const file = path.join(dir, 'model.safetensors');
    writeFileSync(file, 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n');
    expect(() => loadModel(dir)).toThrow(`${file}: a Git LFS pointer`);
    expect(() => loadModel(dir)).toThrow(/git lfs pull/);
  });

  it('names a damaged file and keeps nothing open or in memory', async () => {
    const dir = await saved();
    truncateSync(path.join(dir, 'model.safetensors'), 2000);
    const before = [memory().tensors, readdirSync('/proc/self/fd').length];
    expect(() => loadModel(dir)).toThrow(`${path.join(dir, 'model.safetensors')}: its tensors end at byte`);
    expect([memory().tensors, readdirSync('/proc/self/fd').length]).toEqual(before);
  });

  it('says what a folder lacks', async () => {
    expect(() => loadModel(path.join(root, 'nowhere'))).toThrow(UsageError);
    const dir = await saved();
    rmSync(path.join(dir, 'model.safetensors'));
    expect(() => loadModel(dir)).toThrow(/neither model\.safetensors nor model\.safetensors\.index\.json/);
    writeFileSync(path.join(dir, 'pytorch_model.bin'), '');
    expect(() => loadModel(dir)).toThrow(/pytorch_model\.bin can run code.*convert it to safetensors/);
  });

  it.each([
    ['a directory', (file: string) => mkdirSync(file)],
    ['a pipe', (file: string) => execFileSync('mkfifo', [file])],
    ['a device', (file: string) => symlinkSync('/dev/zero', file)],
  ])('refuses %s in place of the weights', async (_, put) => {
    const dir = await saved();
    const file = path.join(dir, 'model.safetensors');
    rmSync(file);
    put(file);
    expect(() => loadModel(dir)).toThrow(`cannot read ${file}: it is no file`);
  });

  it('refuses an index that leads out of the folder or to no file', async () => {
    const dir = await saved({}, { shardBytes: 1000 });
    const index = path.join(dir, 'model.safetensors.index.json');
    const map = (json(index) as { weight_map: Record<string, string> }).weight_map;
    const write = (weight_map: unknown): void => writeFileSync(index, JSON.stringify({ weight_map }));
    write({ ...map, 'model.norm.weight': '../model.safetensors' });
    expect(() => loadModel(dir)).toThrow('"../model.safetensors" is no name of a file beside it');
    write({ ...map, 'model.norm.weight': 3 });
    expect(() => loadModel(dir)).toThrow('3 is no name of a file');
    write({ ...map, 'model.norm.weight': 'model-00009-of-00009.safetensors' });
    expect(() => loadModel(dir)).toThrow(
      `${index} names files that are not there: model-00009-of-00009.safetensors, of `,
    );
    for (const nothing of [undefined, null, {}]) {
      write(nothing);
      expect(() => loadModel(dir)).toThrow(`${index} has no weight_map`);
    }
  });
});
