/** @file The constraints requests ask for, compiled once for a format. */
import { UserError } from '../../errors.ts';
import {
  type ConstraintCursor,
  ConstraintVocabulary,
  type Grammar,
  jsonObjectGrammar,
  jsonSchemaGrammar,
  TokenConstraint,
  toolCallGrammar,
} from '../../inference/constraint/index.ts';
import { RecentlyUsed } from '../../inference/lru-cache.ts';
import type { Tokenizer } from '../../text/index.ts';
import { toolSyntaxOf } from '../../text/index.ts';
import { GenerationError, type GenerationRequest } from '../backend.ts';
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
  /** The tokens the model knows; null where tokens have no bytes. */
  readonly #vocabulary: ConstraintVocabulary | null;
  readonly #kept = new RecentlyUsed<TokenConstraint>(MOST_KEPT);

  /** @param vocabSize - the model's: a tokenizer may hold tokens beyond it, which can never come */
  constructor(tokenizer: Tokenizer, names: TokenNames, vocabSize: number) {
    this.#tokenizer = tokenizer;
    const tokens = names.vocabulary?.slice(0, vocabSize) ?? null;
    const eosIds = tokenizer.eosIds.filter((id) => id < vocabSize);
    this.#vocabulary = tokens && new ConstraintVocabulary(tokens, eosIds);
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
    const constraint = this.#kept.get(key, () => this.#compile(request));
    return { cursor: constraint.start(), minimumTokens: constraint.minimumTokens };
  }

  /** Control tokens as text: calls of tools are written with them. */
  #markers({ tree, eosIds }: ConstraintVocabulary): ReadonlyMap<number, Uint8Array> {
    const ids = Array.from(tree.tokens, (_, id) => id);
    const control = ids.filter((id) => this.#tokenizer.isControl(id) && !eosIds.includes(id));
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

  #compile(request: GenerationRequest): TokenConstraint {
    const vocabulary = this.#vocabulary;
    try {
      const grammar = this.#grammar(request);
      if (vocabulary !== null) {
        const isCall = request.format.type === 'tool_call';
        const options = isCall ? { literals: this.#markers(vocabulary) } : {};
        return new TokenConstraint(grammar, vocabulary, options);
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
