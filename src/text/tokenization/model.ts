/**
 * @file The model of a tokenizer.json: pieces of text → ids. BPE is bpe.ts; WordPiece, Unigram and word level are those of
 * @huggingface/tokenizers.
 *
 * Corrected so that they compute what the Rust library computes: unknown tokens are joined within a piece only, and a Unigram
 * model with `byte_fallback` writes what it has no token for as tokens of its UTF-8 bytes.
 */
import { isJsonObject, type Json, type JsonObject } from '../../records.ts';
import { Bpe, byteToken } from './bpe.ts';
import { type Model as LibraryModel, TokenizerClass } from './library.ts';
import { nameOf, Unsupported, vocabularyIn } from './read.ts';

export interface Model {
  /** Tokens by their ids, undefined where an id is not used. */
  readonly names: readonly (string | undefined)[];
  readonly vocab: ReadonlyMap<string, number>;
  /** @throws Unsupported where the vocabulary has neither a token for the piece nor an unknown token */
  ids(piece: string): readonly number[];
}

/**
 * The model of a tokenizer.json.
 * @param unknown - the unknown token, for models that do not name theirs
 * @throws Unsupported naming the setting
 */
export function modelOf(json: Json | undefined, unknown: string | undefined): Model {
  if (!isJsonObject(json)) throw new Unsupported('no "model" in it');
  // Old files have no type.
  if (json.type === 'BPE' || (json.type === undefined && Array.isArray(json.merges))) return new Bpe(json);
  return libraryModel(json, unknown);
}

function libraryModel(json: JsonObject, unknown: string | undefined): Model {
  const parts = {
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    added_tokens: [],
  };
  if (isJsonObject(json.vocab)) vocabularyIn(json.vocab, nameOf(json, 'model'));
  const config = unknown === undefined ? {} : { unk_token: unknown };
  const { model } = new TokenizerClass({ ...parts, model: json }, config);
  if (Array.isArray(json.vocab) && json.byte_fallback === true) addByteFallback(model);
  const { tokens_to_ids: vocab, unk_token_id: unknownId } = model;
  const ids = (piece: string): number[] =>
    model([piece]).map((token) => {
      const id = vocab.get(token) ?? unknownId;
      if (id !== undefined) return id;
      throw new Unsupported(`no token for ${JSON.stringify(piece)}, and the vocabulary has no unknown token`);
    });
  return { names: model.vocab, vocab, ids };
}

function addByteFallback(model: LibraryModel): void {
  const known = model.tokens_to_ids;
  const inner = model.tokenize!.bind(model);
  model.tokenize = (text) =>
    inner(text).flatMap((piece) => {
      if (known.has(piece)) return [piece];
      const bytes = Array.from(new TextEncoder().encode(piece), byteToken);
      return bytes.every((token) => known.has(token)) ? bytes : [piece];
    });
}
