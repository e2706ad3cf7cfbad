/** @file The constraints requests ask for, compiled once for a format. */
import { UserError } from '../../errors.ts';
import type { Tokenizer } from '../../text/index.ts';
import { toolSyntaxOf } from '../../text/index.ts';
import { GenerationError, type GenerationRequest } from '../backend.ts';
import {
  type ConstraintCursor,
  type Grammar,
  jsonObjectGrammar,
  jsonSchemaGrammar,
  TokenConstraint,
  toolCallGrammar,
} from '../constraint/index.ts';
import { RecentlyUsed } from '../recently-used.ts';
import type { TokenNames } from './logprobs.ts';

/** Compiled constraints kept. */
const MOST_KEPT = 32;

/** The beginning of a constrained answer, and the fewest tokens it takes. */
export interface StartedConstraint {
  readonly cursor: ConstraintCursor;
  readonly minimumTokens: number;
}

export class Constraints {
  readonly #tokenizer: Tokenizer;
  /** The bytes of the tokens the model knows; null where tokens have none. */
  readonly #vocabulary: readonly (Uint8Array | null)[] | null;
  readonly #eosIds: readonly number[];
  readonly #kept = new RecentlyUsed<TokenConstraint>(MOST_KEPT);

  /** @param vocabSize - the model's: a tokenizer may hold tokens beyond it, which can never come */
  constructor(tokenizer: Tokenizer, names: TokenNames, vocabSize: number) {
    this.#tokenizer = tokenizer;
    this.#vocabulary = names.vocabulary?.slice(0, vocabSize) ?? null;
    this.#eosIds = tokenizer.eosIds.filter((id) => id < vocabSize);
  }

  /** Compiles what most ask for, so that no request waits for the vocabulary to be sorted. */
  prepare(): void {
    if (this.#vocabulary === null) return;
    try {
      this.#kept.get(JSON.stringify({ type: 'json_object' }), () =>
        this.#compile(jsonObjectGrammar, new Map()),
      );
    } catch (error) {
      // A vocabulary that cannot spell JSON: whoever asks for it is told.
      if (!(error instanceof GenerationError)) throw error;
    }
  }

  /**
   * null where the answer is free.
   * @throws GenerationError where the model cannot answer in that format
   */
  start(request: GenerationRequest): StartedConstraint | null {
    const { format, prompt } = request;
    if (format.type === 'text') return null;
    const tools = prompt.kind === 'chat' ? (prompt.tools ?? []) : [];
    const key = JSON.stringify(format.type === 'tool_call' ? [format, tools] : format);
    const constraint = this.#kept.get(key, () =>
      this.#compile(() => this.#grammar(request), format.type === 'tool_call' ? this.#markers() : new Map()),
    );
    return { cursor: constraint.start(), minimumTokens: constraint.minimumTokens };
  }

  /** Control tokens as text: calls of tools are written with them. */
  #markers(): ReadonlyMap<number, Uint8Array> {
    const ids = Array.from({ length: this.#vocabulary?.length ?? 0 }, (_, id) => id);
    const control = ids.filter((id) => this.#tokenizer.isControl(id) && !this.#eosIds.includes(id));
    return new Map(control.map((id) => [id, Buffer.from(this.#tokenizer.tokenOf(id) ?? '')]));
  }

  #grammar({ format, prompt }: GenerationRequest): Grammar {
    switch (format.type) {
      case 'json_schema':
        return jsonSchemaGrammar(format.schema);
      case 'tool_call': {
        const syntax = toolSyntaxOf(this.#tokenizer.chatTemplate?.source ?? '');
        if (syntax === null) {
          throw new GenerationError(
            'invalid',
            'This model’s chat template knows no tools: tool_choice cannot be forced.',
          );
        }
        return toolCallGrammar(syntax, prompt.kind === 'chat' ? (prompt.tools ?? []) : [], format.name);
      }
      case 'json_object':
        return jsonObjectGrammar();
      case 'text':
        throw new Error('a free answer has no grammar');
    }
  }

  /** @param literals - control tokens that the grammar may ask for by their text */
  #compile(grammar: () => Grammar, literals: ReadonlyMap<number, Uint8Array>): TokenConstraint {
    try {
      const made = grammar();
      if (this.#vocabulary !== null) {
        return new TokenConstraint(made, this.#vocabulary, this.#eosIds, { literals });
      }
    } catch (error) {
      if (error instanceof UserError) throw new GenerationError('invalid', error.message);
      // The stack: what is asked for needs more parts within one another, or after one another, than it holds.
      if (error instanceof RangeError)
        throw new GenerationError('invalid', 'The required format is too large.');
      throw error;
    }
    throw new GenerationError('invalid', 'This model’s vocabulary is of whole words and cannot spell JSON.');
  }
}
