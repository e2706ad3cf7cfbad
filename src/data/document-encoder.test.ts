import { describe, expect, it } from 'vitest';
import { PretokenCounts, Tokenizer, trainBpe } from '../text/index.ts';
import { worldTokenizer } from '../world/world-tokenizer.ts';
import { DocumentEncoder } from './document-encoder.ts';
import type { TextPart } from './files/text.ts';

async function* texts(...parts: [string, boolean][]): AsyncGenerator<TextPart> {
  for (const [text, ends] of parts) yield { text, ends };
}

function bpe(postProcessor: object | null = null): Tokenizer {
  const counts = new PretokenCounts(['<end>']);
  counts.add('the cat sat on the mat');
  const trained = trainBpe(counts, { end: '<end>', others: ['<think>'], vocabSize: 262, minCount: 1 });
  const contents = new Map(trained.files.contents);
  const json = JSON.parse(new TextDecoder().decode(contents.get('tokenizer.json'))) as object;
  const encode = (value: object) => new TextEncoder().encode(JSON.stringify(value));
  contents.set('tokenizer.json', encode({ ...json, post_processor: postProcessor }));
  if (postProcessor !== null) {
    contents.set('tokenizer_config.json', encode({ eos_token: '<end>', bos_token: '<think>' }));
  }
  return new Tokenizer({ where: 'test', contents });
}

async function encoded(tokenizer: Tokenizer, special: boolean, ...parts: [string, boolean][]) {
  const out: string[] = [];
  for await (const { tokens, ends } of new DocumentEncoder(tokenizer).encode(texts(...parts), special)) {
    out.push(`${tokenizer.decode(tokens)}${ends ? '.' : ''}`);
  }
  return out;
}

describe('DocumentEncoder', () => {
  it('closes each document with the end token, not its parts', async () => {
    expect(await encoded(bpe(), false, ['the\n', false], ['cat', true], ['sat', true])).toEqual([
      'the\n',
      'cat<end>.',
      'sat<end>.',
    ]);
  });

  it('reads special tokens in the text as letters unless they are asked for', async () => {
    const tokenizer = bpe();
    const encoder = new DocumentEncoder(tokenizer);
    const lengthOf = async (special: boolean) => {
      for await (const { tokens } of encoder.encode(texts(['<think>', true]), special)) return tokens.length;
      return 0;
    };
    expect(await lengthOf(true)).toBe(2);
    expect(await lengthOf(false)).toBeGreaterThan(2);
  });

  it('opens a document with the begin token where the tokenizer does', async () => {
    const begins = {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<think>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: { '<think>': { id: '<think>', ids: [261], tokens: ['<think>'] } },
    };
    expect(await encoded(bpe(begins), false, ['the\n', false], ['cat', true], ['sat', true])).toEqual([
      '<think>the\n',
      'cat<end>.',
      '<think>sat<end>.',
    ]);
  });

  it('writes a document of the small world as its tokenizer reads it, and closes it with any other’s end token', () => {
    const text = 'User: what is 1 + 2 ? Assistant: 3 <eos>';
    const world = worldTokenizer();
    expect(new DocumentEncoder(world).world(text)).toEqual({
      tokens: world.encode(text),
      trained: new Uint8Array(world.encode(text).length).fill(1),
    });
    const other = bpe();
    expect(other.decode(new DocumentEncoder(other).world(text).tokens)).toBe(text.replace(' <eos>', '<end>'));
  });
});
