/**
 * @file The tokenizer of a GGUF file as Hugging Face files: tokenizer.json, tokenizer_config.json, generation_config.json.
 *
 * Keys: `tokenizer.ggml.*` and `tokenizer.chat_template` (docs/gguf.md of ggml). A file may hold its whole tokenizer.json
 * in `tokenizer.huggingface.json`; then that is used, if its tokens are those of `tokenizer.ggml.tokens`.
 */
import { damaged, type Metadata, unsupported } from '../../gguf/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../../records.ts';
import type { TokenizerFiles } from '../tokenizer-files.ts';
import {
  BYTE_LEVEL,
  PRE_TOKENIZERS,
  type PreTokenizer,
  preTokenizerNamed,
  preTokenizerParts,
} from './pre-tokenizers.ts';
import { mergesOf } from './sentencepiece.ts';
import { KEY, readVocabulary, TOKEN_TYPE, type Vocabulary } from './vocabulary.ts';

/** @throws UsageError naming the tokenizer or the key that is not supported, missing or damaged */
export function ggufTokenizerFiles(metadata: Metadata): TokenizerFiles {
  const vocabulary = readVocabulary(metadata);
  const kind = metadata.text(`${KEY}.model`);
  const make = kind === undefined ? undefined : KINDS.get(kind);
  if (make === undefined) {
    throw unsupported(
      metadata.path,
      `the tokenizer ${JSON.stringify(kind ?? null)} (metadata ${KEY}.model) is not supported`,
      `Supported are ${[...KINDS.keys()].join(' and ')}; take the model’s Hugging Face folder instead.`,
    );
  }
  const { json, addBos } = make(metadata, vocabulary);
  const addsBos = metadata.flag(`${KEY}.add_bos_token`) ?? addBos;
  const addsEos = metadata.flag(`${KEY}.add_eos_token`) ?? false;
  const whole = wholeFile(metadata, vocabulary) ?? {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(vocabulary),
    ...json,
    post_processor: frame(vocabulary, { addsBos, addsEos }),
  };
  const contents = {
    'tokenizer.json': whole,
    'tokenizer_config.json': settings(metadata, vocabulary, { addsBos, addsEos }),
    'generation_config.json': endings(vocabulary),
  };
  // The vocabulary on a line of its own for each token would be twice as long.
  const encode = (value: Json): Uint8Array =>
    new TextEncoder().encode(`${JSON.stringify(value, null, value === whole ? 0 : 2)}\n`);
  return {
    where: metadata.path,
    contents: new Map(Object.entries(contents).map(([name, value]) => [name, encode(value)])),
  };
}

/** Normalizer, pre-tokenizer, model and decoder, and whether the begin token is added where the file does not say. */
interface Parts {
  readonly json: JsonObject;
  readonly addBos: boolean;
}

type Make = (metadata: Metadata, vocabulary: Vocabulary) => Parts;

/** The tokenizers by `tokenizer.ggml.model`. */
const KINDS: ReadonlyMap<string, Make> = new Map<string, Make>([
  ['gpt2', byteLevelParts],
  ['llama', sentencePieceParts],
]);

function byteLevelParts(metadata: Metadata, vocabulary: Vocabulary): Parts {
  const pre = preTokenizerOf(metadata);
  const merges = metadata.texts(`${KEY}.merges`);
  if (merges === undefined) throw damaged(metadata.path, `metadata has no ${KEY}.merges`);
  const vocab = modelVocabulary(vocabulary);
  const pairs = merges.map((merge) => pairOf(metadata.path, merge, vocab));
  const model = bpe(vocab, pairs, { ignoreMerges: pre.ignoreMerges ?? false });
  return {
    json: { ...preTokenizerParts(pre), decoder: BYTE_LEVEL, model },
    addBos: pre.addBos ?? false,
  };
}

function preTokenizerOf(metadata: Metadata): PreTokenizer {
  const name = metadata.text(`${KEY}.pre`) ?? 'default';
  const found = preTokenizerNamed(name);
  if (found !== undefined) return found;
  throw unsupported(
    metadata.path,
    `the pre-tokenizer ${JSON.stringify(name)} (metadata ${KEY}.pre) is not supported`,
    `Known are ${PRE_TOKENIZERS.join(', ')}; take the model’s Hugging Face folder instead.`,
  );
}

/** A merge: two tokens with a blank between. */
function pairOf(path: string, merge: string, vocab: ReadonlyMap<string, number>): readonly [string, string] {
  const at = merge.indexOf(' ', 1);
  const pair = [merge.slice(0, at), merge.slice(at + 1)] as const;
  if (at > 0 && vocab.has(pair[0]) && vocab.has(pair[1]) && vocab.has(pair.join(''))) return pair;
  throw damaged(
    path,
    `metadata ${KEY}.merges has ${JSON.stringify(merge)}, which joins no two tokens to a third`,
  );
}

const PREFIX = '\u2581';

/** Blanks are ▁, and what the vocabulary lacks is spelt in bytes. */
function sentencePieceParts(metadata: Metadata, vocabulary: Vocabulary): Parts {
  const { tokens, types } = vocabulary;
  const scores = metadata.numbers(`${KEY}.scores`);
  if (scores?.length !== tokens.length) {
    throw damaged(
      metadata.path,
      `metadata ${KEY}.scores has ${scores?.length ?? 0} entries for ${tokens.length} tokens`,
    );
  }
  const vocab = modelVocabulary(vocabulary);
  const pieces = new Map([...vocab].filter(([, id]) => types[id] === TOKEN_TYPE.normal));
  const prefixed = metadata.flag(`${KEY}.add_space_prefix`) ?? true;
  const blank: JsonObject = { type: 'Replace', pattern: { String: ' ' }, content: PREFIX };
  const unknown = vocabulary.unknownId ?? types.indexOf(TOKEN_TYPE.unknown);
  const decoders: JsonObject[] = [
    { type: 'Replace', pattern: { String: PREFIX }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
    ...(prefixed ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
  ];
  const model = bpe(vocab, mergesOf(pieces, scores), { unknown: tokens[unknown] ?? null });
  return {
    json: {
      normalizer: prefixed
        ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: PREFIX }, blank] }
        : blank,
      pre_tokenizer: null,
      decoder: { type: 'Sequence', decoders },
      model,
    },
    addBos: true,
  };
}

function bpe(
  vocab: ReadonlyMap<string, number>,
  merges: readonly (readonly [string, string])[],
  { ignoreMerges = false, unknown }: { readonly ignoreMerges?: boolean; readonly unknown?: string | null },
): JsonObject {
  const fallsBack = unknown !== undefined;
  return {
    type: 'BPE',
    dropout: null,
    unk_token: unknown ?? null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: fallsBack,
    byte_fallback: fallsBack,
    ignore_merges: ignoreMerges,
    vocab: Object.fromEntries(vocab),
    merges: merges.map((pair) => [...pair]),
  };
}

const isAdded = (type: number | undefined): boolean =>
  type === TOKEN_TYPE.control || type === TOKEN_TYPE.userDefined || type === TOKEN_TYPE.unknown;

/**
 * The tokens of the model itself: all but those that only fill the vocabulary up, and without the added ones behind all
 * others, whose ids follow by themselves.
 */
function modelVocabulary({ tokens, types }: Vocabulary): Map<string, number> {
  const used = tokens
    .map((token, id) => [token, id] as const)
    .filter(([, id]) => types[id] !== TOKEN_TYPE.unused);
  const last = used.findLastIndex(([, id]) => !isAdded(types[id]));
  const own = used.slice(0, last + 1);
  // Where ids are left out before the added tokens, theirs would not follow: then they stand in the model too.
  const follow = own.length === (own.at(-1)?.[1] ?? -1) + 1;
  return new Map(follow ? own : used);
}

function addedTokens({ tokens, types }: Vocabulary): Json[] {
  return tokens.flatMap((content, id) =>
    isAdded(types[id])
      ? [
          {
            id,
            content,
            single_word: false,
            lstrip: false,
            rstrip: false,
            normalized: false,
            special: types[id] !== TOKEN_TYPE.userDefined,
          },
        ]
      : [],
  );
}

interface Added {
  readonly addsBos: boolean;
  readonly addsEos: boolean;
}

/** What is put around a text. */
function frame({ tokens, bosId, eosIds }: Vocabulary, { addsBos, addsEos }: Added): Json {
  const text = { Sequence: { id: 'A', type_id: 0 } };
  const before = addsBos && bosId !== undefined ? [bosId] : [];
  const after = addsEos && eosIds[0] !== undefined ? [eosIds[0]] : [];
  const special = (id: number): Json => ({ SpecialToken: { id: tokens[id]!, type_id: 0 } });
  const single = [...before.map(special), text, ...after.map(special)];
  const around = [...before, ...after];
  if (around.length === 0) return null;
  const named = around.map((id) => [tokens[id]!, { id: tokens[id]!, ids: [id], tokens: [tokens[id]!] }]);
  const second = { Sequence: { id: 'B', type_id: 1 } };
  return {
    type: 'TemplateProcessing',
    single,
    pair: [...single, second],
    special_tokens: Object.fromEntries(named),
  };
}

function settings(metadata: Metadata, vocabulary: Vocabulary, { addsBos, addsEos }: Added): JsonObject {
  const { tokens, bosId, eosIds, padId, unknownId } = vocabulary;
  const named = { bos_token: bosId, eos_token: eosIds[0], pad_token: padId, unk_token: unknownId };
  const names = Object.entries(named).map(([role, id]) => [role, id === undefined ? null : tokens[id]!]);
  const template = metadata.text('tokenizer.chat_template');
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    ...Object.fromEntries(names),
    add_bos_token: addsBos && bosId !== undefined,
    add_eos_token: addsEos && eosIds.length > 0,
    clean_up_tokenization_spaces: false,
    ...(template !== undefined && { chat_template: template }),
  };
}

function endings({ bosId, eosIds, padId }: Vocabulary): JsonObject {
  return {
    bos_token_id: bosId ?? null,
    eos_token_id: eosIds.length > 1 ? [...eosIds] : (eosIds[0] ?? null),
    pad_token_id: padId ?? null,
  };
}

/** The tokenizer.json inside the file, if there is one. */
function wholeFile(metadata: Metadata, { tokens, types }: Vocabulary): JsonObject | undefined {
  const key = 'tokenizer.huggingface.json';
  const text = metadata.text(key);
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw damaged(metadata.path, `metadata ${key} is not JSON`);
  }
  if (!isJsonObject(json) || !isJsonObject(json.model)) {
    throw damaged(metadata.path, `metadata ${key} is no tokenizer.json`);
  }
  const added = Array.isArray(json.added_tokens) ? json.added_tokens.filter(isJsonObject) : [];
  const names = new Map<unknown, unknown>(Object.entries(json.model.vocab ?? {}));
  for (const { content, id } of added) names.set(content, id);
  const other = tokens.findIndex((token, id) => types[id] !== TOKEN_TYPE.unused && names.get(token) !== id);
  if (other < 0) return json;
  throw damaged(
    metadata.path,
    `metadata ${key} has another token than ${KEY}.tokens at ${other}: ${JSON.stringify(tokens[other])}`,
  );
}
