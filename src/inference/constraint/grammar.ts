/**
 * @file Interface of a grammar over bytes and the states it runs through.
 *
 * Grammars know nothing of tokens; src/inference/constraint/token-constraint.ts lays a vocabulary over them.
 */
import { UserError } from '../../errors.ts';

/**
 * Bytes of the shortest text. Each is a state of the automaton, which keeps 4096: of a longer text it would make them
 * anew at every token, and that takes seconds in which no other reply grows.
 */
export const LONGEST_SHORTEST = 3072;

/** @throws UserError where the shortest text of a grammar is too long */
export function refuseLongShortest(bytes: number): void {
  if (bytes <= LONGEST_SHORTEST) return;
  throw new UserError(
    `The shortest text of this format has ${bytes} bytes; at most ${LONGEST_SHORTEST} can be kept in view.`,
    'Ask for fewer or shorter parts at once.',
  );
}

export interface Grammar {
  /** The state before the first byte. */
  start(): GrammarState;
  /** Steps taken so far, by how many readings of the text each followed; a state that had to be made counts more. */
  readonly work: number;
  /** About how much memory its states take. */
  readonly bytes: number;
}

/** Where a text stands in its grammar. Immutable; from every state some bytes lead to a complete text. */
export interface GrammarState {
  /** The state after these bytes, null where they are forbidden. */
  advance(bytes: Uint8Array): GrammarState | null;
  /** The state after one byte, null where it is forbidden. */
  step(byte: number): GrammarState | null;
  /**
   * The state after a marker (a control token such as `<tool_call>`), null where the grammar does not want exactly
   * that marker. Text that may be free, like the inside of a string, never takes one.
   */
  marker(bytes: Uint8Array): GrammarState | null;
  /** A state that differs only in continuations of more bytes; many states may have the same. */
  near(bytes: number): GrammarState;
  /** The text may end here. */
  readonly complete: boolean;
  /** Nothing may follow but the end. */
  readonly finished: boolean;
  /** Length of `shortestEnd()` in bytes. */
  readonly endLength: number;
  /**
   * Bytes that lead to a complete text by the shortest way; of several, the first in the order of bytes. Following
   * them changes nothing: the shortest end after their first n bytes is the rest of them.
   */
  shortestEnd(): Uint8Array;
  /** Equal keys: equal continuations. */
  readonly key: string;
}
