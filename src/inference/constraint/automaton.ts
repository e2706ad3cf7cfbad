/**
 * @file The automaton of a grammar: sets of stacks of parts, made as bytes reach them.
 *
 * A stack holds what is still to be read, the next part on top; a state is the set of stacks that the bytes so far
 * leave open. Stacks and states are shared, and a state remembers where its bytes led, so that reading the same text
 * again costs a look-up per byte.
 */
import type { Grammar, GrammarState } from './grammar.ts';
import { Choice, type Item, isBefore, lengthOf, type Sequence, spell } from './items.ts';
import { Marker } from './literals.ts';

/** States kept; beyond them the automaton forgets what it has seen and begins anew. */
const MOST_STATES = 4096;
/** Alternatives followed at once. Beyond them those with the longest ends are given up. */
const MOST_STACKS = 1024;

let cells = 0;

/** A stack: its top and the stack below; without a top it is the end of the text. */
class Cell {
  readonly id = cells++;
  readonly top: Item | null;
  readonly below: Cell | null;
  /** Bytes of the shortest end. */
  readonly length: number;
  readonly #above = new Map<Item, Cell>();

  constructor(top: Item | null, below: Cell | null) {
    this.top = top;
    this.below = below;
    this.length = (top === null ? 0 : lengthOf(top)) + (below?.length ?? 0);
  }

  push(top: Item): Cell {
    const known = this.#above.get(top);
    if (known !== undefined) return known;
    const made = new Cell(top, this);
    this.#above.set(top, made);
    return made;
  }

  pushAll(sequence: Sequence): Cell {
    return sequence.reduceRight<Cell>((below, item) => below.push(item), this);
  }

  spell(): number[] {
    const out: number[] = [];
    spellStack(this, out);
    return out;
  }
}

function spellStack(stack: Cell, out: number[]): void {
  for (let cell: Cell | null = stack; cell !== null; cell = cell.below) {
    if (cell.top !== null) spell(cell.top, out);
  }
}

/** Adds the stacks with a terminal on top, or the end, that a stack stands for. */
function open(cell: Cell, into: Set<Cell>): void {
  const { top, below } = cell;
  if (top === null) into.add(cell);
  else if (top instanceof Choice) {
    for (const sequence of top.alternatives) open(below!.pushAll(sequence), into);
  } else {
    if (!top.ended) into.add(cell);
    if (top.optional) open(below!, into);
  }
}

/** The stack with the shortest end, of several that whose end is first in the order of bytes. */
function shortestOf(stacks: readonly Cell[]): Cell {
  return stacks.reduce((best, cell) => {
    if (cell.length !== best.length) return cell.length < best.length ? cell : best;
    return isBefore(cell.spell(), best.spell()) ? cell : best;
  });
}

/** The shortest stack always stays: what is left of the language keeps its shortest end. */
function fewest(stacks: readonly Cell[]): readonly Cell[] {
  if (stacks.length <= MOST_STACKS) return stacks;
  const shortest = shortestOf(stacks);
  const others = stacks.filter((cell) => cell !== shortest).sort((a, b) => a.length - b.length);
  return [shortest, ...others.slice(0, MOST_STACKS - 1)];
}

/** Where each byte leads, as long as none was tried. */
const UNSEEN = Array.from({ length: 256 }, (): State | null | undefined => undefined);

class State implements GrammarState {
  readonly key: string;
  readonly complete: boolean;
  readonly finished: boolean;
  readonly endLength: number;
  readonly #stacks: readonly Cell[];
  readonly #automaton: Automaton;
  #next: (State | null | undefined)[] | undefined;
  #end: Uint8Array | undefined;

  constructor(automaton: Automaton, stacks: readonly Cell[], key: string) {
    this.#automaton = automaton;
    this.#stacks = stacks;
    this.key = key;
    this.complete = stacks.some(({ top }) => top === null);
    this.finished = this.complete && stacks.length === 1;
    this.endLength = stacks.reduce((least, { length }) => Math.min(least, length), Number.POSITIVE_INFINITY);
  }

  step(byte: number): State | null {
    this.#next ??= UNSEEN.slice();
    const known = this.#next[byte];
    if (known !== undefined) return known;
    const after = new Set<Cell>();
    for (const { top, below } of this.#stacks) {
      const left = top instanceof Choice ? null : (top?.step(byte) ?? null);
      if (left === null) continue;
      open(left.ended ? below! : below!.push(left), after);
    }
    const made = this.#automaton.state(after);
    this.#next[byte] = made;
    return made;
  }

  advance(bytes: Uint8Array): State | null {
    return bytes.reduce<State | null>((state, byte) => state?.step(byte) ?? null, this);
  }

  marker(bytes: Uint8Array): State | null {
    const after = new Set<Cell>();
    for (const { top, below } of this.#stacks) {
      if (top instanceof Marker && Buffer.compare(top.bytes, bytes) === 0) open(below!, after);
    }
    return this.#automaton.state(after);
  }

  near(bytes: number): State {
    if (!this.#stacks.some(({ top }) => top !== null && 'near' in top)) return this;
    const near = this.#stacks.map((cell) => {
      const { top, below } = cell;
      return top === null || top instanceof Choice || top.near === undefined
        ? cell
        : below!.push(top.near(bytes));
    });
    return this.#automaton.state(new Set(near))!;
  }

  shortestEnd(): Uint8Array {
    this.#end ??= Uint8Array.from(shortestOf(this.#stacks).spell());
    return this.#end;
  }
}

/** A grammar: the texts of a sequence of parts. */
export class Automaton implements Grammar {
  readonly #sequence: Sequence;
  #states = new Map<string, State>();
  #start: State | undefined;

  /** @throws Error where no text fits the sequence; `lengthOf` its choices tells beforehand */
  constructor(sequence: Sequence) {
    this.#sequence = sequence;
  }

  start(): GrammarState {
    if (this.#start !== undefined) return this.#start;
    const stacks = new Set<Cell>();
    open(new Cell(null, null).pushAll(this.#sequence), stacks);
    const made = this.state(stacks);
    if (made === null) throw new Error('no text fits this grammar');
    this.#start = made;
    return made;
  }

  /** The one state of a set of stacks, null for none. */
  state(stacks: ReadonlySet<Cell>): State | null {
    if (stacks.size === 0) return null;
    const kept = fewest([...stacks].sort((a, b) => a.id - b.id));
    const key = kept.map(({ id }) => id).join(' ');
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const made = new State(this, kept, key);
    if (this.#states.size >= MOST_STATES) {
      this.#states = new Map();
      this.#start = undefined;
    }
    this.#states.set(key, made);
    return made;
  }
}
