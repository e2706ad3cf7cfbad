/**
 * @file A grammar laid over a vocabulary: which tokens may come next, so that a text of a bounded number of tokens
 * always ends complete.
 *
 * A token is allowed where the grammar allows its bytes and the shortest end after them can be spelled with the tokens
 * left. The shortest end is spelled by longest matches: its first token leads to a state whose shortest end is the
 * rest, one token shorter, so there is always a token that keeps the promise.
 */
import { UserError } from '../../errors.ts';
import { RecentlyUsed } from '../lru-cache.ts';
import { type AllowedTokens, type Group, StateTokens, walk } from './allowed-tokens.ts';
import { type Grammar, type GrammarState, refuseLongShortest } from './grammar.ts';
import { Vocabulary } from './vocabulary.ts';

/** Where an answer stands. Immutable. */
export interface ConstraintCursor {
  /**
   * Tokens that may come next, when so many may come in all.
   *
   * If `tokensLeft` was at least `minimumTokens` at the start and goes down by one a token, the answer ends complete.
   */
  allowed(tokensLeft: number): AllowedTokens;
  /** @throws Error for a token that the grammar does not allow here */
  advance(token: number): ConstraintCursor;
  /** The text is complete and nothing may follow: the answer ends here, with or without an end token. */
  readonly finished: boolean;
}

/** An answer that has begun, and the fewest tokens it takes from there, the end token included. */
export interface StartedConstraint {
  readonly cursor: ConstraintCursor;
  readonly minimumTokens: number;
}

export interface TokenConstraintOptions {
  /** Control tokens that stand for literal text of the grammar, such as `<tool_call>`: id → bytes. */
  readonly literals?: ReadonlyMap<number, Uint8Array>;
}

/**
 * Steps of the grammar in search of one state's tokens. Grammars that clients write take a hundredth of it; one that
 * follows a thousand readings at once would take minutes, in which no other reply grows.
 */
const MOST_WORK = 3_000_000;
/** Steps to find how far the end is after those tokens. */
const MOST_END_WORK = 4_000_000;

/** Bytes that may stand before every value. */
const BLANKS: readonly number[] = [...Buffer.from(' \t\n\r')];

/** Ids kept for a vocabulary, 4 bytes each. */
const MOST_IDS = 16 * 1024 * 1024;

/** What all constraints over one vocabulary share. Its tree takes half a second to make: make it once. */
export class ConstraintVocabulary {
  readonly tree: Vocabulary;
  /** End tokens: each may end a complete text, and none is ever text. */
  readonly eosIds: readonly number[];
  /** States' tokens, by key. */
  readonly states = new RecentlyUsed<StateTokens>(MOST_IDS, ({ size }) => size);

  /** @param tokens - for each id its bytes, null for control tokens */
  constructor(tokens: readonly (Uint8Array | null)[], eosIds: readonly number[]) {
    this.tree = new Vocabulary(tokens.map((bytes, id) => (eosIds.includes(id) ? null : bytes)));
    this.eosIds = eosIds;
  }
}

let constraints = 0;

export class TokenConstraint {
  /** Tokens that always suffice for a complete answer, the end token included. */
  readonly minimumTokens: number;
  readonly #grammar: Grammar;
  readonly #vocabulary: ConstraintVocabulary;
  readonly #literals: ReadonlyMap<number, Uint8Array>;
  readonly #needs = new WeakMap<GrammarState, number>();
  readonly #name = `${constraints++}`;

  /** @throws UserError where the vocabulary cannot spell a text of the grammar, or the shortest is too long */
  constructor(
    grammar: Grammar,
    vocabulary: ConstraintVocabulary,
    { literals = new Map() }: TokenConstraintOptions = {},
  ) {
    this.#grammar = grammar;
    this.#vocabulary = vocabulary;
    this.#literals = literals;
    const { tree, eosIds } = vocabulary;
    const start = grammar.start();
    refuseLongShortest(start.endLength);
    const need = this.#need(start);
    if (need === Number.POSITIVE_INFINITY) {
      const missing = new Set([...start.shortestEnd()].filter((byte) => !tree.hasByte(byte)));
      const names = Array.from(missing, (byte) => `0x${byte.toString(16).padStart(2, '0')}`).join(', ');
      throw new UserError(
        `The vocabulary cannot spell a text of this format: it has no token of the byte ${names}.`,
        'Ask for free text, or serve a model whose tokenizer has all bytes.',
      );
    }
    const end = start.advance(start.shortestEnd())!;
    if (!end.finished && eosIds.length === 0) {
      throw new UserError(
        'A text of this format ends only with an end token, and the tokenizer has none.',
        'Ask for an object or an array, or serve a model whose tokenizer names an end token.',
      );
    }
    this.minimumTokens = this.#minimum(start);
  }

  get eosIds(): readonly number[] {
    return this.#vocabulary.eosIds;
  }

  start(): ConstraintCursor {
    return new Cursor(this, this.#grammar.start());
  }

  /**
   * An answer of which the beginning is written. Words that no answer begins with are told before one, which then
   * starts behind them.
   * @throws UserError where an answer is begun that the grammar does not allow, or cannot be ended
   */
  startAfter(written: Uint8Array): StartedConstraint {
    const start = this.#grammar.start();
    const first = written.findIndex((byte) => !BLANKS.includes(byte));
    if (first < 0 || start.step(written[first]!) === null) {
      return { cursor: this.start(), minimumTokens: this.minimumTokens };
    }
    const state = this.#follow(start, written.subarray(first));
    const minimumTokens = state === null ? Number.POSITIVE_INFINITY : this.#minimum(state);
    const canEnd = state?.finished !== true || this.eosIds.length > 0;
    if (state === null || !canEnd || minimumTokens === Number.POSITIVE_INFINITY) {
      throw new UserError(
        'The text to continue is no beginning of an answer in the required format.',
        'Leave it out, or begin as the format has it.',
      );
    }
    return { cursor: new Cursor(this, state), minimumTokens };
  }

  /** Tokens that always suffice from a state, the end token included. */
  #minimum(state: GrammarState): number {
    return this.#need(state) + (state.advance(state.shortestEnd())!.finished ? 1 : 0);
  }

  /** The state after bytes; null where they are forbidden, or take too many steps. */
  #follow(start: GrammarState, bytes: Uint8Array): GrammarState | null {
    const limit = this.#grammar.work + MOST_WORK;
    let state: GrammarState | null = start;
    for (const byte of bytes) {
      if (state === null || this.#grammar.work > limit) return null;
      state = state.step(byte);
    }
    return state;
  }

  /** Tokens from a state to the end of the answer by the shortest end; infinite where they cannot spell it. */
  #need(state: GrammarState): number {
    const known = this.#needs.get(state);
    if (known !== undefined) return known;
    const end = state.shortestEnd();
    const count = this.#vocabulary.tree.countTokens(end) + (state.advance(end)!.finished ? 0 : 1);
    this.#needs.set(state, count);
    return count;
  }

  /** The tokens of a state. */
  tokens(at: GrammarState): StateTokens {
    const { tree, states } = this.#vocabulary;
    const state = at.near(tree.deepest);
    const key = `${this.#name}:${state.key}`;
    return states.get(key, () => new StateTokens(key, this.#groups(state)));
  }

  /** About how much memory its grammar's states take. */
  get bytes(): number {
    return this.#grammar.bytes;
  }

  /**
   * The tokens of a state by what they need after them. Where the search gets too long, the tokens that were not looked
   * at are left out; the first token of the shortest end is always there.
   */
  #groups(state: GrammarState): readonly Group[] {
    const { tree } = this.#vocabulary;
    const groups: Group[] = [];
    const add = (need: number, ids: Int32Array): void => {
      // From some bytes there may be no way to the end that these tokens can spell.
      if (need < Number.POSITIVE_INFINITY) groups.push({ need, ids });
    };
    const grammar = this.#grammar;
    const limit = grammar.work + MOST_WORK;
    const found = walk(tree, state, () => grammar.work < limit);
    let isCut = grammar.work >= limit;
    const endLimit = grammar.work + MOST_END_WORK;
    for (const [after, ids] of found) {
      if (grammar.work < endLimit) add(this.#need(after), ids);
      else isCut = true;
    }
    for (const [id, bytes] of this.#literals) {
      const after = state.marker(bytes);
      if (after !== null) add(this.#need(after), Int32Array.of(id));
    }
    if (state.complete) add(0, Int32Array.from(this.eosIds));
    else if (isCut) {
      const first = tree.begin(state.shortestEnd());
      const after = state.advance(tree.tokens[first[0]!]!)!;
      const isThere = groups.some(({ ids }) => ids.includes(first[0]!));
      if (!isThere) add(this.#need(after), first);
    }
    return groups;
  }

  /** The state after a token. */
  after(state: GrammarState, token: number): GrammarState | null {
    const literal = this.#literals.get(token);
    const marked = literal === undefined ? null : state.marker(literal);
    if (marked !== null) return marked;
    const bytes = this.#vocabulary.tree.tokens[token] ?? null;
    return bytes === null || bytes.length === 0 ? null : state.advance(bytes);
  }
}

class Cursor implements ConstraintCursor {
  readonly finished: boolean;
  readonly #constraint: TokenConstraint;
  readonly #state: GrammarState;

  constructor(constraint: TokenConstraint, state: GrammarState, isOver = false) {
    this.#constraint = constraint;
    this.#state = state;
    this.finished = isOver || state.finished;
  }

  allowed(tokensLeft: number): AllowedTokens {
    return this.#constraint.tokens(this.#state).within(tokensLeft);
  }

  advance(token: number): ConstraintCursor {
    const isEnd = this.#constraint.eosIds.includes(token);
    if (isEnd && this.#state.complete) return new Cursor(this.#constraint, this.#state, true);
    const after = isEnd ? null : this.#constraint.after(this.#state, token);
    if (after === null) throw new Error(`token ${token} is not allowed here`);
    return new Cursor(this.#constraint, after);
  }
}
