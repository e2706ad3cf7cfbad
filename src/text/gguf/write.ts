/** @file The tokenizer of a checkpoint as metadata of a GGUF file: `tokenizer.ggml.*` and `tokenizer.chat_template`. */
import { type TypedValue, type TypedValues, unsupported } from '../../gguf/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../../records.ts';
import { Tokenizer } from '../tokenizer.ts';
import { objectOf, pathOf, type TokenizerFiles } from '../tokenizer-files.ts';
import { nameOfPreTokenizer } from './pre-tokenizers.ts';
import { type Pair, scoresOf } from './sentencepiece.ts';
import { ENDS, KEY, TOKEN_TYPE } from './vocabulary.ts';

export interface WrittenTokenizer {
  /** Rows of the model's embedding: the vocabulary is filled up to it. */
  readonly rows: number;
  /** Ids that end a reply, of the model's config.json; those of the tokenizer go before them. */
  readonly eosIds: readonly number[];
}

/** @throws UsageError naming the part of tokenizer.json that llama.cpp has no name for */
export function ggufTokenizer(files: TokenizerFiles, { rows, eosIds }: WrittenTokenizer): TypedValues {
  const path = pathOf(files, 'tokenizer.json');
  const tokenizer = new Tokenizer(files);
  const json = objectOf(files, 'tokenizer.json')!;
  if (tokenizer.vocabSize > rows) {
    throw unsupported(
      path,
      `it has ${tokenizer.vocabSize} tokens, the model has an embedding for ${rows}`,
      'Use the tokenizer of the model.',
    );
  }
  const added = addedOf(json);
  const tokens = Array.from({ length: rows }, (_, id) => tokenizer.tokenOf(id) ?? `[PAD${id}]`);
  const types = tokens.map((token, id) => typeOf(token, id, { tokenizer, added }));
  return new Map<string, TypedValue>([
    ...(isSentencePiece(json) ? sentencePiece(path, json, { tokens, types }) : byteLevel(path, json)),
    [`${KEY}.tokens`, { type: 'strings', value: tokens }],
    [`${KEY}.token_type`, { type: 'i32s', value: types }],
    ...specialIds(path, tokenizer, eosIds),
    ...frameOf(path, tokenizer),
    ...(tokenizer.chatTemplate === undefined
      ? []
      : [['tokenizer.chat_template', { type: 'string', value: tokenizer.chatTemplate.source }] as const]),
    ['tokenizer.huggingface.json', { type: 'string', value: JSON.stringify(json) }],
  ]);
}

type Entries = readonly (readonly [string, TypedValue])[];

function addedOf(json: JsonObject): ReadonlyMap<number, JsonObject> {
  const list = (json.added_tokens ?? []) as readonly JsonObject[];
  return new Map(list.map((token) => [Number(token.id), token]));
}

const BYTE = /^<0x[0-9A-F]{2}>$/;

function typeOf(
  token: string,
  id: number,
  { tokenizer, added }: { readonly tokenizer: Tokenizer; readonly added: ReadonlyMap<number, JsonObject> },
): number {
  const own = added.get(id);
  if (tokenizer.tokenOf(id) === undefined) return TOKEN_TYPE.unused;
  if (id === tokenizer.unknownId && own !== undefined) return TOKEN_TYPE.unknown;
  if (own !== undefined) return own.special === true ? TOKEN_TYPE.control : TOKEN_TYPE.userDefined;
  return BYTE.test(token) ? TOKEN_TYPE.byte : TOKEN_TYPE.normal;
}

/** Whether what the vocabulary lacks is spelt in bytes, as by SentencePiece. */
function isSentencePiece({ model }: JsonObject): boolean {
  return isJsonObject(model) && model.type === 'BPE' && model.byte_fallback === true;
}

function refuse(path: string, what: string): Error {
  return unsupported(
    path,
    `${what} has no equivalent in llama.cpp`,
    'GGUF files can be written of checkpoints with the byte-level tokenizer of Llama 3, Qwen, GPT-2, SmolLM or DeepSeek, or Llama 2’s SentencePiece.',
  );
}

function pairsOf({ merges = [] }: JsonObject): Pair[] {
  return (merges as readonly Json[]).map((merge) => {
    if (typeof merge !== 'string') return merge as unknown as Pair;
    const at = merge.indexOf(' ', 1);
    return [merge.slice(0, at), merge.slice(at + 1)];
  });
}

function byteLevel(path: string, json: JsonObject): Entries {
  const model = json.model as JsonObject;
  if (model.type !== 'BPE') throw refuse(path, `model ${JSON.stringify(model.type)}`);
  const { type } = (json.normalizer ?? { type: 'NFC' }) as JsonObject;
  if (type !== 'NFC') throw refuse(path, `normalizer ${JSON.stringify(type)}`);
  const name = nameOfPreTokenizer(json);
  if (name === undefined) {
    throw refuse(path, `pre_tokenizer ${JSON.stringify(json.pre_tokenizer)?.slice(0, 300)}`);
  }
  const merges = pairsOf(model);
  const blank = merges.find((pair) => pair.some((half) => half.includes(' ')));
  if (blank !== undefined) throw refuse(path, `a merge of ${JSON.stringify(blank)}`);
  return [
    [`${KEY}.model`, { type: 'string', value: 'gpt2' }],
    [`${KEY}.pre`, { type: 'string', value: name }],
    [`${KEY}.merges`, { type: 'strings', value: merges.map((pair) => pair.join(' ')) }],
  ];
}

interface Tokens {
  readonly tokens: readonly string[];
  readonly types: readonly number[];
}

/** The score of what is no piece: below all. */
const LEAST_SCORE = -1e6;

function sentencePiece(path: string, json: JsonObject, { tokens, types }: Tokens): Entries {
  const prefixed = prefixesBlank(path, json);
  const pieces = new Map(
    tokens.map((token, id) => [token, id] as const).filter(([, id]) => types[id] === TOKEN_TYPE.normal),
  );
  const scores = scoresOf(pairsOf(json.model as JsonObject), pieces);
  if (scores === null) throw refuse(path, 'a list of merges that is not in the order of scores of pieces');
  const value = tokens.map((token, id) =>
    types[id] === TOKEN_TYPE.normal ? (scores.get(token) ?? LEAST_SCORE) : 0,
  );
  return [
    [`${KEY}.model`, { type: 'string', value: 'llama' }],
    [`${KEY}.pre`, { type: 'string', value: 'default' }],
    [`${KEY}.scores`, { type: 'f32s', value }],
    [`${KEY}.add_space_prefix`, { type: 'bool', value: prefixed }],
  ];
}

/** Whether a blank is put before a text. Blanks become ▁, by a normalizer or by Metaspace, and nothing else is done. */
function prefixesBlank(path: string, json: JsonObject): boolean {
  const steps = [json.normalizer ?? [], json.pre_tokenizer ?? []].flatMap((part) => {
    const one = part as JsonObject;
    return Array.isArray(part) ? [] : ((one.normalizers ?? [one]) as JsonObject[]);
  });
  const kinds = steps.map(({ type }) => (typeof type === 'string' ? type : '?')).join();
  const [first] = steps;
  if (kinds === 'Prepend,Replace') return true;
  if (kinds === 'Replace') return false;
  if (kinds === 'Metaspace' && first!.split === false) return first!.prepend_scheme !== 'never';
  throw refuse(path, `normalizer and pre_tokenizer ${kinds || 'null'} of a model with byte_fallback`);
}

function specialIds(path: string, tokenizer: Tokenizer, further: readonly number[]): Entries {
  const ends = [...new Set([...tokenizer.eosIds, ...further])];
  if (ends.length > ENDS.length) {
    throw unsupported(
      path,
      `${ends.length} tokens end a reply, a GGUF file has room for ${ENDS.length}`,
      'Leave the others out of eos_token_id in generation_config.json and config.json.',
    );
  }
  const roles: readonly (readonly [string, number | undefined])[] = [
    ['bos', tokenizer.bosId],
    ...ends.map((id, i) => [ENDS[i]!, id] as const),
    ['padding', tokenizer.padId],
    ['unknown', tokenizer.unknownId],
  ];
  return roles.flatMap(([role, value]) =>
    value === undefined ? [] : [[`${KEY}.${role}_token_id`, { type: 'u32', value }] as const],
  );
}

/** What the tokenizer puts around a text: nothing, or its begin and end tokens. */
function frameOf(path: string, tokenizer: Tokenizer): Entries {
  const plain = [...tokenizer.encode('a')];
  const framed = [...tokenizer.encode('a', { addSpecial: true })];
  const before = framed[0] === tokenizer.bosId && framed.length > plain.length ? [tokenizer.bosId!] : [];
  const after = framed.length > plain.length + before.length ? [tokenizer.eosIds[0]!] : [];
  if ([...before, ...plain, ...after].join() !== framed.join()) {
    throw refuse(path, 'a post_processor that adds more than a begin and an end token');
  }
  return [
    [`${KEY}.add_bos_token`, { type: 'bool', value: before.length > 0 }],
    [`${KEY}.add_eos_token`, { type: 'bool', value: after.length > 0 }],
  ];
}
