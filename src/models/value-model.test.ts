import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { TINY_CONFIG, writeTinyCheckpoint } from '../../tests/support/tiny-checkpoint.ts';
import { indices, memory, scope } from '../torch/index.ts';
import { loadModel } from './checkpoint.ts';
import { parseConfig } from './config.ts';
import { initModel } from './init.ts';
import { readSafetensors } from './safetensors.ts';
import { initHead, loadValueModel, saveValueModel, ValueModel } from './value-model.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-value-model-'));
const tokens = () => indices([1, 5, 9, 2, 4, 7], [2, 3]);

const ARCHITECTURES = ['llama', 'qwen2', 'qwen3'];

function modelOf(type: string, tied = false) {
  const config = parseConfig({ ...TINY_CONFIG, model_type: type, tie_word_embeddings: tied }, 'test');
  return initModel(config, 3, { scheme: 'scaled' });
}

describe('ValueModel', () => {
  it.each(ARCHITECTURES)('gives one number a token on %s: w · (state after the final norm)', (type) => {
    scope(() => {
      const trunk = modelOf(type);
      const model = new ValueModel(trunk, initHead(trunk, { deviation: 0.5, seed: 1 }));
      const input = { tokens: tokens() };
      const values = model.forward(input);
      expect(values.shape).toEqual([2, 3]);
      const states = model.hidden(input).toArray();
      const weight = model.score.weight.toArray();
      const slow = values
        .toArray()
        .map((_, i) => weight.reduce((sum, w, d) => sum + w * states[i * weight.length + d]!, 0));
      for (const [i, value] of values.toArray().entries()) expect(value).toBeCloseTo(slow[i]!, 5);
      expect(Math.max(...slow.map(Math.abs))).toBeGreaterThan(0.1);
      expect([...model.stateDict().keys()].at(-1)).toBe('score.weight');
      expect(model.stateDict().has('lm_head.weight')).toBe(false);
      expect(model.stateDict().has('model.embed_tokens.weight')).toBe(true);
    });
  });

  it('says 0 of everything with a new head, and yet learns: the gradient of the head is not 0', () => {
    scope(() => {
      const trunk = modelOf('llama');
      const model = new ValueModel(trunk, initHead(trunk)).requiresGrad_();
      const values = model.forward({ tokens: tokens() });
      expect(values.toArray()).toEqual([0, 0, 0, 0, 0, 0]);
      values.sub(1).square().sum().backward();
      expect(model.score.weight.grad!.norm().item()).toBeGreaterThan(0.1);
    });
  });

  it.each(ARCHITECTURES)(
    '%s comes back from its folder, named as transformers names a classifier',
    async (type) => {
      const dir = path.join(root, type);
      const source = await writeTinyCheckpoint(path.join(root, `${type}-source`));
      const trunk = modelOf(type, type === 'qwen3');
      const model = new ValueModel(trunk, initHead(trunk, { deviation: 0.5 }));
      await saveValueModel(model, dir, { tokenizerFrom: source });
      const config = JSON.parse(readFileSync(path.join(dir, 'config.json'), 'utf8')) as Record<
        string,
        unknown
      >;
      expect(config.architectures).toEqual([
        `${{ llama: 'Llama', qwen2: 'Qwen2', qwen3: 'Qwen3' }[type]}ForSequenceClassification`,
      ]);
      expect(config.num_labels).toBe(1);
      expect(Object.keys(config.id2label as object)).toEqual(['0']);
      expect(readFileSync(path.join(dir, 'tokenizer.json')).length).toBeGreaterThan(0);
      const { tensors } = readSafetensors(path.join(dir, 'model.safetensors'));
      expect(tensors.get('score.weight')!.shape).toEqual([1, TINY_CONFIG.hidden_size]);
      const loaded = loadValueModel(dir);
      expect(loaded.forward({ tokens: tokens() }).toArray()).toEqual(
        model.forward({ tokens: tokens() }).toArray(),
      );
    },
  );

  it('is not taken for a language model, nor a language model for it', async () => {
    const source = await writeTinyCheckpoint(path.join(root, 'causal'));
    expect(() => loadValueModel(source)).toThrow(/missing: score\.weight/);
    expect(() => loadModel(path.join(root, 'llama'))).toThrow(/unexpected: score\.weight/);
  });

  it('frees what it took over', () => {
    const before = memory('cpu').tensors;
    const trunk = modelOf('llama');
    const model = new ValueModel(trunk, initHead(trunk));
    scope(() => {
      model.forward({ tokens: tokens() });
    });
    model.dispose();
    expect(memory('cpu').tensors).toBe(before);
  });
});
