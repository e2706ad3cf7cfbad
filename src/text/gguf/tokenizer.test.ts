import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { byteTokenizerFiles } from '../../../tests/support/byte-tokenizer.ts';
import { UsageError } from '../../errors.ts';
import { Metadata, type TypedValue, type TypedValues } from '../../gguf/index.ts';
import type { JsonObject } from '../../records.ts';
import { trainBpe } from '../bpe/byte-level-tokenizer.ts';
import { PretokenCounts } from '../bpe/pretokens.ts';
import { byteLevel, byteLevelJson, filesOf, sentencePiece, sentencePieceJson } from '../testing.ts';
import { Tokenizer } from '../tokenizer.ts';
import { objectOf, type TokenizerFiles } from '../tokenizer-files.ts';
import {
  nameOfPreTokenizer,
  PRE_TOKENIZERS,
  preTokenizerNamed,
  preTokenizerParts,
} from './pre-tokenizers.ts';
import { ggufTokenizerFiles } from './read.ts';
import { mergesOf, scoresOf } from './sentencepiece.ts';
import { ggufTokenizer } from './write.ts';

const TEXTS = [
  'the than 😀 <think> x </think>',
  "don't  WE'LL\t\tgo\r\n\r\n 3.14 1,000 ½ ٣",
  '<|im_start|>user\nthe 東京 naïve<|im_end|>\n',
  ' the  the\n',
  '{"a": "b", "the": 12}',
];

/** The byte-level tokenizer with Qwen's own expression. */
const qwenJson = (): JsonObject => ({
  ...byteLevelJson(),
  ...preTokenizerParts(preTokenizerNamed('qwen2')!),
});
const qwen = (): TokenizerFiles => {
  const { contents, ...files } = byteLevel();
  const json = new TextEncoder().encode(JSON.stringify(qwenJson()));
  return { ...files, contents: new Map([...contents, ['tokenizer.json', json]]) };
};

/** The byte-fallback tokenizer as Llama 2 had it first: a blank before each text between control tokens. */
const llama2 = (): TokenizerFiles => {
  const { contents, ...files } = sentencePiece();
  const blank = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
  const normalizer = { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, blank] };
  const json = { ...sentencePieceJson(), normalizer, pre_tokenizer: null };
  const bytes = new TextEncoder().encode(JSON.stringify(json));
  return { ...files, contents: new Map([...contents, ['tokenizer.json', bytes]]) };
};

/** What a reader of the file finds, without the whole tokenizer.json unless `whole`. */
function read(values: TypedValues, whole = false, changes: object = {}): TokenizerFiles {
  const entries = [...values].map(([key, { value }]) => [key, value] as const);
  const own = new Map<string, TypedValue['value']>([...entries, ...Object.entries(changes)]);
  if (!whole) own.delete('tokenizer.huggingface.json');
  return ggufTokenizerFiles(new Metadata('a.gguf', own));
}

const written = (files: TokenizerFiles, rows = 300): TypedValues =>
  ggufTokenizer(files, { rows, eosIds: [] });

const byteFiles = (): TokenizerFiles => {
  const { tokenizer, config } = byteTokenizerFiles();
  return filesOf({ 'tokenizer.json': tokenizer, 'tokenizer_config.json': config });
};
const trained = (): TokenizerFiles => {
  const counts = new PretokenCounts(['<|end|>']);
  counts.add(TEXTS.join(' '));
  return trainBpe(counts, { end: '<|end|>', others: ['<think>'], vocabSize: 280, minCount: 1 }).files;
};
const KINDS: readonly (readonly [name: string, files: () => TokenizerFiles])[] = [
  ['gpt-2', byteFiles],
  ['qwen2', qwen],
  ['trained here', trained],
  ['SentencePiece', llama2],
];

describe('a tokenizer written into a GGUF file', () => {
  it.each(KINDS)('gives the same ids and text when it is read again: %s', (_, files) => {
    const own = new Tokenizer(files());
    const values = written(files());
    for (const whole of [false, true]) {
      const again = new Tokenizer(read(values, whole));
      for (const text of TEXTS) {
        const options = { addSpecial: true };
        expect([...again.encode(text, options)], text).toEqual([...own.encode(text, options)]);
        expect(again.decode(own.encode(text))).toBe(own.decode(own.encode(text)));
        expect([...again.encode(text, { special: false })]).toEqual([
          ...own.encode(text, { special: false }),
        ]);
      }
      expect(again.eosIds).toEqual(own.eosIds);
      expect([again.bosId, again.padId, again.bosToken]).toEqual([own.bosId, own.padId, own.bosToken]);
      expect(again.chatTemplate?.source).toEqual(own.chatTemplate?.source);
      expect(again.vocabSize).toBe(own.vocabSize);
    }
  });

  it('is its tokenizer.json to the letter where the file holds it', () => {
    const files = read(written(qwen()), true);
    expect(objectOf(files, 'tokenizer.json')).toEqual(qwenJson());
  });

  it('fills the vocabulary up to the rows of the embedding, with the kinds that llama.cpp has', () => {
    const values = written(byteFiles(), 273);
    const list = (key: string): readonly unknown[] => values.get(`tokenizer.ggml.${key}`)!.value as unknown[];
    expect(list('tokens').slice(262, 268)).toEqual([
      'ĊĊ',
      'Ġa',
      '<|endoftext|>',
      '<|im_start|>',
      '<|im_end|>',
      '<think>',
    ]);
    expect(list('token_type').slice(262)).toEqual([1, 1, 3, 3, 3, 4, 4, 4, 4, 5, 5]);
    expect(list('tokens').slice(271)).toEqual(['[PAD271]', '[PAD272]']);
    expect(list('merges').slice(0, 3)).toEqual(['t h', 'th e', 'Ġ the']);
    expect(values.get('tokenizer.ggml.eos_token_id')!.value).toBe(266);
    expect(values.get('tokenizer.ggml.padding_token_id')!.value).toBe(264);
  });

  const json = (changes: object, model: object = {}): TokenizerFiles =>
    filesOf({
      'tokenizer.json': {
        ...qwenJson(),
        ...changes,
        model: { ...(qwenJson().model as JsonObject), ...model },
      },
    });
  it.each<[string, TokenizerFiles, RegExp]>([
    [
      'another model',
      json({}, { type: 'WordLevel', unk_token: 'a' }),
      /^memory\/tokenizer\.json: model "WordLevel"/,
    ],
    ['a normalizer', json({ normalizer: { type: 'Lowercase' } }), /normalizer "Lowercase" has no equivalent/],
    [
      'a pre-tokenizer',
      json({ pre_tokenizer: { type: 'Whitespace' } }),
      /pre_tokenizer \{"type":"Whitespace"\}/,
    ],
    ['a setting of it', json({}, { ignore_merges: true }), /pre_tokenizer/],
    [
      'too many ends',
      filesOf({
        'tokenizer.json': qwenJson(),
        'generation_config.json': { eos_token_id: [1, 2, 3, 4] },
      }),
      /4 tokens end a reply/,
    ],
    [
      'merges without scores',
      filesOf({
        'tokenizer.json': {
          ...sentencePieceJson(),
          model: { ...(sentencePieceJson().model as JsonObject), merges: ['t h', '▁ the'] },
        },
      }),
      /a list of merges that is not in the order/,
    ],
  ])('is refused by name with %s', (_, files, message) => {
    expect(() => written(files)).toThrow(message);
    expect(() => written(files)).toThrow(UsageError);
  });

  it('is refused where the model has no embedding for it', () => {
    expect(() => written(qwen(), 200)).toThrow(/it has 266 tokens, the model has an embedding for 200/);
  });
});

describe('the tokenizer of a GGUF file', () => {
  it.each<[string, object, RegExp]>([
    [
      'kind',
      { 'tokenizer.ggml.model': 'bert' },
      /the tokenizer "bert" \(metadata tokenizer\.ggml\.model\) is not/,
    ],
    ['pre-tokenizer', { 'tokenizer.ggml.pre': 'viking' }, /the pre-tokenizer "viking"/],
    ['type of a key', { 'tokenizer.ggml.pre': 3 }, /tokenizer\.ggml\.pre is 3, expected a text/],
    [
      'list',
      { 'tokenizer.ggml.tokens': [1, 2] },
      /tokenizer\.ggml\.tokens is a list of 2, expected a list of texts/,
    ],
    ['number of types', { 'tokenizer.ggml.token_type': [1] }, /token_type has 1 entries for 300 tokens/],
    ['id', { 'tokenizer.ggml.eos_token_id': 300 }, /eos_token_id is 300, there are 300 tokens/],
    ['merge', { 'tokenizer.ggml.merges': ['t h', 'q x'] }, /merges has "q x", which joins no two tokens/],
    ['whole file', { 'tokenizer.huggingface.json': '{"model":' }, /tokenizer\.huggingface\.json is not JSON/],
    [
      'whole file of another model',
      { 'tokenizer.huggingface.json': JSON.stringify(sentencePieceJson()) },
      /another token than tokenizer\.ggml\.tokens at 0/,
    ],
  ])('is refused by name where the %s is altered', (_, changes, message) => {
    const values = written(qwen());
    expect(() => read(values, true, changes)).toThrow(message);
    expect(() => read(values, true, changes)).toThrow(UsageError);
  });

  it('is refused by name where a token is there twice or the scores are missing', () => {
    const tokens = written(qwen()).get('tokenizer.ggml.tokens')!.value as string[];
    const twice = { 'tokenizer.ggml.tokens': tokens.with(5, tokens[7]!) };
    expect(() => read(written(qwen()), false, twice)).toThrow(/tokens has ".*" twice, as 5 and 7/);
    const scores = { 'tokenizer.ggml.scores': [0] };
    expect(() => read(written(sentencePiece()), false, scores)).toThrow(/scores has 1 entries for/);
  });

  it('says what llama.cpp assumes where the file is silent', () => {
    const values = new Map(written(sentencePiece()));
    values.delete('tokenizer.ggml.add_bos_token');
    values.delete('tokenizer.ggml.add_space_prefix');
    const ids = [...new Tokenizer(read(values)).encode('the', { addSpecial: true })];
    expect(ids[0]).toBe(1);
    expect(ids).toHaveLength(2);
  });
});

describe('pre-tokenizers', () => {
  it.each(PRE_TOKENIZERS)('%s is found again in what is made of it', (name) => {
    const pre = preTokenizerNamed(name)!;
    const json = { ...preTokenizerParts(pre), model: { ignore_merges: pre.ignoreMerges ?? false } };
    expect(nameOfPreTokenizer(json as unknown as JsonObject)).toBe(pre.names[0]);
  });

  it.each(PRE_TOKENIZERS)('%s splits texts', (name) => {
    const pre = preTokenizerNamed(name)!;
    const json = { ...qwenJson(), ...preTokenizerParts(pre) } as JsonObject;
    const tokenizer = new Tokenizer(filesOf({ 'tokenizer.json': json }));
    for (const text of TEXTS) expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  it('knows the splits of tokenizer.json by other words', () => {
    const bytes = { type: 'ByteLevel', add_prefix_space: false, use_regex: true };
    const digits = { type: 'Digits', individual_digits: true };
    const sequence = { type: 'Sequence', pretokenizers: [digits, bytes] };
    expect(nameOfPreTokenizer({ pre_tokenizer: bytes, model: {} })).toBe('gpt-2');
    expect(nameOfPreTokenizer({ pre_tokenizer: sequence, model: {} })).toBe('smollm');
    expect(nameOfPreTokenizer({ pre_tokenizer: null, model: {} })).toBeUndefined();
    const file = path.resolve(
      import.meta.dirname,
      '../../../tests/reference/tokenizers/digits/tokenizer.json',
    );
    expect(nameOfPreTokenizer(JSON.parse(readFileSync(file, 'utf8')) as JsonObject)).toBe('smollm');
  });
});

describe('SentencePiece', () => {
  const ids = new Map([...'abc', 'ab', 'bc', 'abc'].map((piece, id) => [piece, id]));

  it('lists every cut of a piece, the highest score first', () => {
    const scores = [0, 0, 0, -3, -1, -2];
    expect(mergesOf(ids, scores)).toEqual([
      ['b', 'c'],
      ['a', 'bc'],
      ['ab', 'c'],
      ['a', 'b'],
    ]);
  });

  it('has scores for such a list, and for no other', () => {
    const merges = mergesOf(ids, [0, 0, 0, -3, -1, -2]);
    const scores = scoresOf(merges, ids)!;
    expect([...scores.keys()]).toEqual(['bc', 'abc', 'ab']);
    expect(
      mergesOf(
        ids,
        [...ids.keys()].map((piece) => scores.get(piece) ?? 0),
      ),
    ).toEqual(merges);
    expect(scoresOf(merges.slice(1), ids)).toBeNull();
    expect(scoresOf([merges[1]!, merges[0]!, merges[2]!, merges[3]!], ids)).toBeNull();
  });
});
