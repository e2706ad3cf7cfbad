import { describe, expect, it } from 'vitest';
import type { Listing } from './listing.ts';
import { modelFiles } from './model-files.ts';
import { parseHubName } from './name.ts';

const SETTINGS = ['config.json', 'tokenizer.json', 'generation_config.json', 'chat_template.jinja'];

function chosen(name: string, paths: readonly string[], partial = false): string[] {
  const files = paths.map((path) => ({ path, size: 1, etag: null }));
  const listing: Listing = { commit: 'a'.repeat(40), files, partial };
  return modelFiles(parseHubName(name, 'model'), listing).files.map(({ path }) => path);
}

describe('modelFiles', () => {
  it('leaves out other formats of the same weights, and what other programs read', () => {
    const others = ['README.md', 'pytorch_model.bin', 'onnx/model.onnx', 'tf_model.h5', 'vocab.txt', 'x.py'];
    expect(chosen('hf:a/b', [...SETTINGS, 'model.safetensors', ...others])).toEqual([
      ...SETTINGS,
      'model.safetensors',
    ]);
  });

  it('takes the shards of the index and no second copy', () => {
    const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
    const weights = ['model.safetensors.index.json', ...shards];
    expect(chosen('hf:a/b', ['config.json', ...weights, 'consolidated.safetensors'])).toEqual([
      'config.json',
      ...weights,
    ]);
  });

  it('takes a folder, a file, and all parts of a GGUF', () => {
    const paths = ['fp16/config.json', 'fp16/model.safetensors', 'q.gguf', 'r-00001-of-00002.gguf'];
    const all = [...paths, 'r-00002-of-00002.gguf'];
    expect(chosen('hf:a/b/fp16', all)).toEqual(paths.slice(0, 2));
    expect(chosen('hf:a/b/q.gguf', all)).toEqual(['q.gguf']);
    expect(chosen('hf:a/b/r-00001-of-00002.gguf', all)).toEqual(all.slice(3));
  });

  it('says what is there instead', () => {
    expect(() => chosen('hf:a/b', ['q4.gguf', 'q8.gguf'])).toThrow(/Name one of them: hf:a\/b\/q4.gguf, hf:/);
    expect(() => chosen('hf:a/b', ['config.json', 'pytorch_model.bin'])).toThrow(/only pytorch_model.bin/);
    expect(() => chosen('hf:a/b/q5.gguf', ['q4.gguf'])).toThrow(/did you mean "q4.gguf"\?/);
    expect(() => chosen('hf:a/b', ['README.md'])).toThrow(/no weights here/);
  });

  it('refuses a part of a model in the cache', () => {
    const index = ['config.json', 'model.safetensors.index.json'];
    expect(() => chosen('hf:a/b', ['model.safetensors'], true)).toThrow(/no config.json/);
    expect(() => chosen('hf:a/b', index, true)).toThrow(/0 of its 0 files of weights/);
    expect(() => chosen('hf:a/b', [...index, 'model-00001-of-00002.safetensors'], true)).toThrow(
      /1 of its 2/,
    );
  });
});
