/**
 * Small random tokenizer.json files, and texts for them: every kind of normalizer, pre-tokenizer, model, decoder and added
 * token that is supported, with every setting that changes ids or text.
 */
import fc from 'fast-check';
import type { JsonObject } from '../../src/records.ts';
import { BYTE_LETTERS } from '../../src/text/byte-letters.ts';
import { normalizer, normalizeText } from '../../src/text/tokenization/normalizers.ts';

/** What texts and patterns are made of: blanks of several kinds, letters, marks, numbers, signs, pieces of tokens. */
const ATOMS = [
  ['a', 'b', 'ab', 'A', 'B', 'é', 'e\u0301', 'ß', 'Σ', 'İ', 'ﬁ', 'Å', '1', '22', '½', '٣', '三', '漢', '😀'],
  [
    ' ',
    '  ',
    '\n',
    '\t',
    '\u00a0',
    '\u0085',
    '\u3000',
    '\u2028',
    '\u200b',
    '\ufeff',
    '\u200d',
    '\0',
    '\u0007',
  ],
  ['.', ',', '!', '?', "'", '-', '_', '$', '+', '`', '…', '「', '▁', '##', "'s", " n't", '<', '>', '|'],
  ['<s>', '<x>', 'tok', 'TOK', '[M]', '<0x41>', '\ufffd', '\u0301', '\ue000', '\u{e0001}', '\u0378'],
].flat();

export const texts = fc
  .array(fc.constantFrom(...ATOMS), { minLength: 1, maxLength: 10 })
  .map((parts) => parts.join(''));

const flag = fc.boolean();

/** Some of the settings, each left out now and then. */
function settings(
  type: string,
  keys: { readonly [key: string]: fc.Arbitrary<unknown> },
): fc.Arbitrary<JsonObject> {
  return fc.record(keys).map((values) => ({ type, ...values }));
}

const literal = fc.constantFrom('a', ' ', 'ab', '.', '$', '▁', 'é', '|', '  ', '三', '-');
const regex = fc.constantFrom(
  '\\s+',
  '\\s',
  '\\w+',
  '\\W',
  '\\d',
  '\\p{L}+',
  '\\p{N}',
  '[^\\s\\p{L}\\p{N}]+',
  'a*',
  'a|ab',
  '(?i:AB)|\\s+(?!\\S)|\\s+',
  ' ?\\p{L}+| ?[^\\s\\p{L}]+',
  '[[:punct:]]',
  '\\b',
  '$',
  '^',
  '.',
  "'s|'t",
  '[一-龥]+',
  '\\p{Han}',
);
const pattern = fc.oneof(
  literal.map((text) => ({ String: text })),
  regex.map((text) => ({ Regex: text })),
);
/** Patterns that do not match the empty text. */
const filled = pattern.filter((one) => !('Regex' in one && ['a*', '\\b', '$', '^'].includes(one.Regex)));
const behavior = fc.constantFrom('Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous');

const plainNormalizers = fc.oneof(
  ...['NFC', 'NFD', 'NFKC', 'NFKD', 'Lowercase', 'StripAccents', 'ByteLevel'].map((type) =>
    fc.constant({ type }),
  ),
  settings('Strip', { strip_left: flag, strip_right: flag }),
  settings('Prepend', { prepend: fc.constantFrom('▁', ' ', 'ab') }),
  settings('Replace', { pattern: filled, content: fc.constantFrom('', '▁', '$&', 'x', ' ') }),
  settings('BertNormalizer', {
    clean_text: flag,
    handle_chinese_chars: flag,
    strip_accents: fc.constantFrom(null, true, false),
    lowercase: flag,
  }),
);
const sequence = <T extends JsonObject>(inner: fc.Arbitrary<T>, key: string): fc.Arbitrary<JsonObject> =>
  fc.oneof(
    { weight: 3, arbitrary: inner },
    {
      weight: 2,
      arbitrary: fc
        .array(inner, { maxLength: 3 })
        .map((list): JsonObject => ({ type: 'Sequence', [key]: list })),
    },
  );
export const normalizers = sequence(plainNormalizers as fc.Arbitrary<JsonObject>, 'normalizers');

const plainPreTokenizers = fc.oneof(
  ...['Whitespace', 'WhitespaceSplit', 'BertPreTokenizer'].map((type) => fc.constant({ type })),
  settings('ByteLevel', { add_prefix_space: flag, trim_offsets: flag, use_regex: flag }),
  settings('Metaspace', {
    replacement: fc.constantFrom('▁', '_'),
    prepend_scheme: fc.constantFrom('always', 'first', 'never'),
    split: flag,
  }),
  settings('Split', { pattern, behavior, invert: flag }),
  settings('Split', { pattern, behavior, invert: flag }),
  settings('Punctuation', { behavior }),
  settings('Digits', { individual_digits: flag }),
  settings('CharDelimiterSplit', { delimiter: fc.constantFrom('a', ' ', '.', '三') }),
  settings('FixedLength', { length: fc.integer({ min: 1, max: 4 }) }),
);
export const preTokenizers = sequence(plainPreTokenizers as fc.Arbitrary<JsonObject>, 'pretokenizers');

const plainDecoders = fc.oneof(
  ...['ByteFallback', 'Fuse'].map((type) => fc.constant({ type })),
  settings('ByteLevel', { add_prefix_space: flag, trim_offsets: flag, use_regex: flag }),
  settings('Metaspace', {
    replacement: fc.constantFrom('▁', '_'),
    prepend_scheme: fc.constantFrom('always', 'first', 'never'),
    split: flag,
  }),
  settings('WordPiece', { prefix: fc.constantFrom('##', '@'), cleanup: flag }),
  settings('BPEDecoder', { suffix: fc.constantFrom('</w>', 'b') }),
  settings('Replace', { pattern: filled, content: fc.constantFrom('', '▁', '$&', ' ') }),
  // The Rust library breaks off where `stop` is more than a token has letters.
  settings('Strip', { content: fc.constantFrom(' ', 'a', '▁'), start: fc.nat(2), stop: fc.constant(0) }),
);
export const decoders = sequence(plainDecoders as fc.Arbitrary<JsonObject>, 'decoders');

/** Tokens as a decoder may be given them. */
export const tokens = fc
  .array(
    fc.constantFrom(
      'a',
      'ab',
      '##b',
      '@b',
      '▁',
      '▁▁a',
      '▁the',
      '_a_',
      ' ',
      '  a',
      'Ġa',
      'Ã©',
      'Ã',
      '</w>',
      'b</w>',
      'é',
      '三',
      ' .',
      ' do not',
      " n't",
      " ' ",
      '.',
      '<0x41>',
      '<0xzz>',
      '<0x4g>',
      '<s>',
      'a a',
      '|',
      // A character in two bytes; apart they are no UTF-8, see decoders.ts.
      ['<0xC3>', '<0xA9>'],
    ),
    { minLength: 1, maxLength: 7 },
  )
  .map((list) => list.flat());

const WORDS = [
  'a',
  'b',
  'ab',
  'aa',
  ' a',
  '▁a',
  '▁',
  '▁ab',
  'Ġa',
  'tok',
  '1',
  '22',
  '.',
  ' ',
  '三',
  'é',
  '##b',
  '##a',
];
const BYTES = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`);
const CHARACTERS = [...new Set([...BYTE_LETTERS, ...'▁三 é漢'])];
const MERGES = ['a b', 'a a', '▁ a', 'Ġ a', '1 1', '▁a b', 'aa b', '. .', 'Ã ©', 't o', 'to k'];

function vocabulary(list: readonly string[]): { [token: string]: number } {
  return Object.fromEntries([...new Set(list)].map((token, id) => [token, id]));
}

const bpe = fc
  .record({
    unk_token: fc.constantFrom(null, '<unk>'),
    continuing_subword_prefix: fc.constantFrom(null, '', '@'),
    fuse_unk: flag,
    byte_fallback: flag,
    ignore_merges: flag,
    end_of_word_suffix: fc.constantFrom(null, '', '</w>'),
    dropped: fc.subarray(['a', 'b', 'Ġ', '▁', '三', '<0xE4>', '<0xEF>']),
    bytes: flag,
  })
  .map(({ dropped, bytes, ...rest }): JsonObject => {
    const prefix = rest.continuing_subword_prefix ?? '';
    const pairs = MERGES.filter((merge) => !dropped.some((token) => merge.includes(token)));
    const made = pairs.map((merge) => merge.replace(' ', ''));
    const merges = pairs.map((merge) => merge.replace(' ', ` ${prefix}`));
    const inner = prefix === '' ? [] : [...CHARACTERS, 'k', 'b'].map((character) => prefix + character);
    const suffixed = rest.end_of_word_suffix ? ['a</w>', 'b</w>', '.</w>'] : [];
    const all = [
      '<unk>',
      ...CHARACTERS,
      ...made,
      ...inner,
      ...suffixed,
      ...(bytes ? BYTES : []),
      'whole tok',
    ];
    return {
      type: 'BPE',
      dropout: null,
      ...rest,
      vocab: vocabulary(all.filter((token) => !dropped.includes(token))),
      merges,
    };
  });
const wordLevel = fc.constant<JsonObject>({
  type: 'WordLevel',
  vocab: vocabulary(['<unk>', ...WORDS]),
  unk_token: '<unk>',
});
const wordPiece = fc.integer({ min: 1, max: 6 }).map(
  (most): JsonObject => ({
    type: 'WordPiece',
    vocab: vocabulary(['<unk>', ...WORDS]),
    unk_token: '<unk>',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: most,
  }),
);
const unigram = fc
  .record({
    byte_fallback: flag,
    scores: fc.array(fc.integer({ min: -9, max: 0 }), { minLength: 18, maxLength: 18 }),
  })
  .map(
    ({ byte_fallback, scores }): JsonObject => ({
      type: 'Unigram',
      unk_id: 0,
      byte_fallback,
      vocab: [
        ['<unk>', 0],
        ...WORDS.map((word, i) => [word, scores[i]! + i / 100]),
        ...BYTES.map((token) => [token, -12]),
      ] as JsonObject[string],
    }),
  );
export const models = fc.oneof({ weight: 3, arbitrary: bpe }, wordLevel, wordPiece, unigram);

const addedTokens = fc
  .uniqueArray(
    fc.record({
      content: fc.constantFrom(
        '<s>',
        '<x>',
        'tok',
        'TOK',
        '[M]',
        'a',
        ' ',
        '  ',
        'ab',
        'é',
        'Å',
        '▁',
        '.',
        '\n',
        '三漢',
        '<s',
      ),
      single_word: flag,
      lstrip: flag,
      rstrip: flag,
      normalized: flag,
      special: flag,
    }),
    { maxLength: 4, selector: ({ content }) => content },
  )
  .map((list) => list.toSorted((a, b) => Number(b.special) - Number(a.special)));

function sizeOf({ vocab }: JsonObject): number {
  return Array.isArray(vocab) ? vocab.length : Object.keys(vocab as object).length;
}

function idIn({ vocab }: JsonObject, token: string): number | undefined {
  if (!Array.isArray(vocab)) return (vocab as { [token: string]: number })[token];
  const at = (vocab as [string, number][]).findIndex(([entry]) => entry === token);
  return at < 0 ? undefined : at;
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { freq: 4 });

/** Whole files. */
export const tokenizers = fc
  .record({
    normalizer: fc.option(normalizers, { freq: 2 }),
    pre_tokenizer: maybe(preTokenizers),
    decoder: maybe(decoders),
    model: models,
    added: addedTokens,
  })
  .map(({ added, model, ...parts }): JsonObject => {
    let next = sizeOf(model);
    const added_tokens = added.map((token) => ({ id: idIn(model, token.content) ?? next++, ...token }));
    added_tokens.sort((a, b) => a.id - b.id);
    return {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens,
      ...parts,
      post_processor: null,
      model,
    };
  })
  // What is refused by name: tokens of which the normalizer leaves nothing (the Rust library breaks off at texts then), and
  // those that it makes the same.
  .filter(({ normalizer: json, added_tokens }) => {
    const steps = json === null ? [] : normalizer(json!);
    const added = added_tokens as unknown as { readonly content: string; readonly normalized: boolean }[];
    const looked = added
      .filter(({ normalized }) => normalized)
      .map(({ content }) => normalizeText(steps, content));
    return !looked.includes('') && new Set(looked).size === looked.length;
  });
