/** @file The constraints requests ask for, made once for a format. */
import { UserError } from '../../errors.ts';
import {
  ConstraintVocabulary,
  formatBytes,
  formatGrammar,
  type StartedConstraint,
  TokenConstraint,
} from '../../inference/constraint/index.ts';
import type { Tokenizer } from '../../text/index.ts';
import { GenerationError } from '../backend.ts';
import type { NamedFormat } from '../formats/index.ts';
import type { TokenNames } from '../replies/index.ts';

/** Bytes of the constraints kept: their formats and the states of their grammars, which grow while they are used. */
const MOST_BYTES = 128 * 2 ** 20;

interface Kept {
  readonly constraint: TokenConstraint;
  readonly formatBytes: number;
}

export class Constraints {
  readonly #tokenizer: Tokenizer;
  /** The tokens the model knows; null where tokens have no bytes. */
  readonly #vocabulary: ConstraintVocabulary | null;
  /** The one asked for last comes last. */
  readonly #kept = new Map<string, Kept>();

  readonly #mostBytes: number;

  /** @param vocabSize - the model's: a tokenizer may hold tokens beyond it, which can never come */
  constructor(tokenizer: Tokenizer, names: TokenNames, vocabSize: number, mostBytes: number = MOST_BYTES) {
    this.#mostBytes = mostBytes;
    this.#tokenizer = tokenizer;
    const tokens = names.vocabulary?.slice(0, vocabSize) ?? null;
    const eosIds = tokenizer.eosIds.filter((id) => id < vocabSize);
    this.#vocabulary = tokens && new ConstraintVocabulary(tokens, eosIds);
  }

  /**
   * null where the answer is free.
   * @param written - the beginning of the answer, which the model continues
   * @throws GenerationError where the model cannot answer in that format, or not with that beginning
   */
  start(named: NamedFormat | null, written = ''): StartedConstraint | null {
    if (named === null) return null;
    const kept = this.#kept.get(named.key) ?? this.#make(named);
    this.#kept.delete(named.key);
    this.#kept.set(named.key, kept);
    this.#forget();
    // A call stands apart from the words before it.
    const before = named.format.type === 'call' ? '' : written;
    return asked(() => kept.constraint.startAfter(Buffer.from(before)));
  }

  /** Drops what was used longest ago, never the last. */
  #forget(): void {
    let bytes = 0;
    for (const [key, { constraint, formatBytes: own }] of [...this.#kept].reverse()) {
      bytes += own + constraint.bytes;
      if (bytes > this.#mostBytes && bytes > own + constraint.bytes) this.#kept.delete(key);
    }
  }

  /** Control tokens as text: calls of tools are written with them. */
  #markers({ tree, eosIds }: ConstraintVocabulary): ReadonlyMap<number, Uint8Array> {
    const ids = Array.from(tree.tokens, (_, id) => id);
    const control = ids.filter((id) => this.#tokenizer.isControl(id) && !eosIds.includes(id));
    return new Map(control.map((id) => [id, Buffer.from(this.#tokenizer.tokenOf(id) ?? '')]));
  }

  #make({ format }: NamedFormat): Kept {
    const vocabulary = this.#vocabulary;
    if (vocabulary === null) {
      throw new GenerationError(
        'invalid',
        'This model’s tokenizer is neither byte-level nor has byte fallback, so it cannot spell JSON: ' +
          'ask without response_format and forced tool calls, or ask another model.',
      );
    }
    const options = format.type === 'call' ? { literals: this.#markers(vocabulary) } : {};
    const constraint = asked(() => new TokenConstraint(formatGrammar(format), vocabulary, options));
    return { constraint, formatBytes: formatBytes(format) };
  }
}

/** @throws GenerationError for a mistake in what was asked */
function asked<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof UserError) throw new GenerationError('invalid', error.message);
    throw error;
  }
}
