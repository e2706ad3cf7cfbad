/**
 * @file The part of @huggingface/tokenizers used here: its models, and its translation of Oniguruma's regular expressions.
 *
 * Its own declarations do not resolve under Node's module rules.
 */
import * as library from '@huggingface/tokenizers';

/** A model: pieces of text → tokens as they are written in the vocabulary. */
export interface Model {
  readonly vocab: readonly (string | undefined)[];
  readonly tokens_to_ids: ReadonlyMap<string, number>;
  readonly unk_token_id: number | undefined;
  (pieces: readonly string[]): string[];
  /** Of Unigram models. */
  tokenize?(text: string): string[];
}

interface Exports {
  readonly Tokenizer: new (tokenizer: object, config: object) => { readonly model: Model };
  readonly SplitPreTokenizer: new (config: object) => { readonly pattern: RegExp };
}

export const { Tokenizer: TokenizerClass, SplitPreTokenizer } = library as unknown as Exports;
