import { describe, expect, it } from 'vitest';
import { UsageError } from '../../errors.ts';
import { formatHubName, isHubName, parseHubName, shortName } from './name.ts';

describe('parseHubName', () => {
  it('takes a name apart', () => {
    const at = (text: string) => {
      const { repo, path, revision } = parseHubName(text, 'model');
      return [repo, path, revision];
    };
    expect(at('hf:Qwen/Qwen3-0.6B')).toEqual(['Qwen/Qwen3-0.6B', '', 'main']);
    expect(at('hf:Qwen/Qwen3-0.6B@v1')).toEqual(['Qwen/Qwen3-0.6B', '', 'v1']);
    expect(at('hf:openai/gsm8k/main/train@refs/convert/parquet')).toEqual([
      'openai/gsm8k',
      'main/train',
      'refs/convert/parquet',
    ]);
    expect(at('hf:a/b/c/d.gguf')).toEqual(['a/b', 'c/d.gguf', 'main']);
    expect(at('gpt2')).toEqual(['gpt2', '', 'main']);
  });

  it.each([
    'hf:',
    'hf:/b',
    'hf:a/',
    'hf:../b',
    'hf:a/b/../../c',
    'hf:a/b//c',
    'hf:a--b/c',
    'hf:a/b@',
    'hf:a/b@../c',
    'hf:a/b@x y',
    'hf://a/b',
  ])('refuses %s', (text) => {
    expect(() => parseHubName(text, 'model')).toThrow(UsageError);
  });

  it('is written back with its revision', () => {
    const name = parseHubName('hf:openai/gsm8k/main/train', 'dataset');
    expect(formatHubName(name)).toBe('hf:openai/gsm8k/main/train@main');
    expect(shortName(parseHubName('hf:Qwen/Qwen3-0.6B@v1', 'model'))).toBe('Qwen3-0.6B');
    expect(shortName(parseHubName('hf:a/b/q/c.gguf', 'model'))).toBe('c');
  });
});

it('tells names from paths', () => {
  expect(['hf:a/b', 'models/hf:a', './hf', 'hf: a text', '@stage'].map(isHubName)).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
});
