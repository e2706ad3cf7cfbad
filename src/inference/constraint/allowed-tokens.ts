/** @file The tokens a state of a grammar leaves, in sets that get smaller as the tokens left run out. */
import type { GrammarState } from './grammar.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Tokens one of which comes next. Shared: neither is ever changed, and equal sets of one state are one object. */
export interface AllowedTokens {
  readonly key: string;
  readonly ids: Int32Array;
}

/** Tokens, and the tokens to the end after each of them. */
export interface Group {
  readonly need: number;
  readonly ids: Int32Array;
}

/** A state's tokens in the order of what they need after them. */
export class StateTokens {
  readonly #ids: Int32Array;
  /** For each set its need and its size; the sets grow. */
  readonly #sets: readonly { readonly need: number; readonly size: number }[];
  readonly #made: (AllowedTokens | undefined)[] = [];
  readonly #key: string;

  /** @param groups - one at least */
  constructor(key: string, groups: readonly Group[]) {
    const sorted = [...groups].sort((a, b) => a.need - b.need);
    this.#key = key;
    this.#ids = new Int32Array(sorted.reduce((sum, { ids }) => sum + ids.length, 0));
    let size = 0;
    const sizes = new Map<number, number>();
    for (const { need, ids } of sorted) {
      this.#ids.set(ids, size);
      size += ids.length;
      sizes.set(need, size);
    }
    this.#sets = Array.from(sizes, ([most, upTo]) => ({ need: most, size: upTo }));
  }

  get size(): number {
    return this.#ids.length;
  }

  /** Those after which the text can be closed within `tokensLeft` - 1 tokens; those that need least where none can. */
  within(tokensLeft: number): AllowedTokens {
    const set = Math.max(
      0,
      this.#sets.findLastIndex(({ need }) => need < tokensLeft),
    );
    this.#made[set] ??= { key: `${this.#key}/${set}`, ids: this.#ids.subarray(0, this.#sets[set]!.size) };
    return this.#made[set];
  }
}

/** Scratch for `walk`, large enough for the largest vocabulary so far: the ids and their groups. */
let scratch: readonly [Int32Array, Int32Array] = [new Int32Array(0), new Int32Array(0)];

/**
 * The vocabulary's tokens that a state allows, by the state after them: a walk through the tree of tokens along the
 * grammar, which leaves out a subtree as soon as its first byte is forbidden.
 * @param mayGoOn - asked before each node; the walk ends where it is false
 */
export function walk(
  vocabulary: Vocabulary,
  from: GrammarState,
  mayGoOn: () => boolean = () => true,
): Map<GrammarState, Int32Array> {
  const { byte, depth, after, first, ids, nodes, deepest } = vocabulary;
  if (scratch[0].length < ids.length) scratch = [new Int32Array(ids.length), new Int32Array(ids.length)];
  const [found, groupOf] = scratch;
  const groups = new Map<GrammarState, number>();
  const sizes: number[] = [];
  const path = Array.from({ length: deepest + 1 }, () => from);
  let [count, group] = [0, 0];
  let last: GrammarState | null = null;
  for (let node = 0; node < nodes && mayGoOn(); ) {
    const d = depth[node]!;
    const state = path[d - 1]!.step(byte[node]!);
    if (state === null) {
      node = after[node]!;
      continue;
    }
    path[d] = state;
    const end = first[++node]!;
    for (let at = first[node - 1]!; at < end; at++) {
      if (state !== last) {
        last = state;
        group = groups.get(state) ?? sizes.push(0) - 1;
        groups.set(state, group);
      }
      found[count] = ids[at]!;
      groupOf[count++] = group;
      sizes[group]!++;
    }
  }
  const parts = sizes.map((size) => new Int32Array(size));
  const filled = sizes.map(() => 0);
  for (let i = 0; i < count; i++) parts[groupOf[i]!]![filled[groupOf[i]!]!++] = found[i]!;
  return new Map(Array.from(groups, ([state, at]) => [state, parts[at]!]));
}
