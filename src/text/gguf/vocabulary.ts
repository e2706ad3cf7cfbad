/** @file The vocabulary of a GGUF file: tokens by id, what kind each is, and the ids with a role. */
import { damaged, type Metadata, unsupported } from '../../gguf/index.ts';

/** Kinds of tokens: the numbers of `tokenizer.ggml.token_type`. */
export const TOKEN_TYPE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

export interface Vocabulary {
  /** By id. */
  readonly tokens: readonly string[];
  /** Of each token. */
  readonly types: readonly number[];
  readonly bosId: number | undefined;
  /** Ids that end a reply, the end of the text first. */
  readonly eosIds: readonly number[];
  readonly padId: number | undefined;
  readonly unknownId: number | undefined;
}

/** Beginning of the keys of a tokenizer. */
export const KEY = 'tokenizer.ggml';
/** Roles of the tokens that end a text, a turn and a message, in the order in which they count as the end. */
export const ENDS = ['eos', 'eot', 'eom'] as const;

/** @throws UsageError naming the key that is missing or does not fit the others */
export function readVocabulary(metadata: Metadata): Vocabulary {
  const tokens = metadata.texts(`${KEY}.tokens`);
  if (tokens === undefined) {
    throw unsupported(
      metadata.path,
      `metadata has no ${KEY}.tokens`,
      'Use a file that holds its tokenizer, as llama.cpp’s converter writes it.',
    );
  }
  const types = metadata.numbers(`${KEY}.token_type`) ?? tokens.map(() => TOKEN_TYPE.normal);
  if (types.length !== tokens.length) {
    throw damaged(
      metadata.path,
      `metadata ${KEY}.token_type has ${types.length} entries for ${tokens.length} tokens`,
    );
  }
  requireDistinct(metadata.path, tokens);
  const id = (role: string): number | undefined => idOf(metadata, role, tokens.length);
  const eosIds = ENDS.map(id).filter((one) => one !== undefined);
  return {
    tokens,
    types,
    bosId: id('bos'),
    eosIds: [...new Set(eosIds)],
    padId: id('padding'),
    unknownId: id('unknown'),
  };
}

function idOf(metadata: Metadata, role: string, tokens: number): number | undefined {
  const key = `${KEY}.${role}_token_id`;
  const id = metadata.count(key);
  if (id === undefined || id < tokens) return id;
  // Old converters wrote −1, as an unsigned number, for none.
  if (id === 2 ** 32 - 1) return undefined;
  throw damaged(metadata.path, `metadata ${key} is ${id}, there are ${tokens} tokens`);
}

function requireDistinct(path: string, tokens: readonly string[]): void {
  const ids = new Map<string, number>();
  for (const [id, token] of tokens.entries()) {
    const first = ids.get(token);
    if (first !== undefined) {
      throw damaged(path, `metadata ${KEY}.tokens has ${JSON.stringify(token)} twice, as ${first} and ${id}`);
    }
    ids.set(token, id);
  }
}
