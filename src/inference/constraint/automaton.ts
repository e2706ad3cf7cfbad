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
/** Alternatives followed at once, and a few around them. Beyond them those with the longest ends are given up. */
const MOST_STACKS = 1024 + 32;
/** Stacks made, and stacks in states, that are kept together. */
const MOST_KEPT = 100_000;
/** Bytes of a state with the table of its bytes, and of a stack. */
const [STATE_BYTES, STACK_BYTES] = [2_400, 200];
/** What it costs to make a state, in steps of one stack along a state that is known. */
const MAKING = 20;

let cells = 0;

/** The stacks of one automaton. */
class Stacks {
  made = 0;
  #parents: Cell[] = [];

  add(parent: Cell): void {
    this.made++;
    this.#parents.push(parent);
  }

  /** Those that no text under way stands on can go. */
  forget(): void {
    for (const parent of this.#parents) parent.forget();
    this.#parents = [];
    this.made = 0;
  }
}

/** A stack: its top and the stack below; without a top it is the end of the text. */
class Cell {
  readonly id = cells++;
  readonly top: Item | null;
  readonly below: Cell | null;
  /** Bytes of the shortest end. */
  readonly length: number;
  readonly #stacks: Stacks;
  #above: Map<Item, Cell> | undefined;

  constructor(stacks: Stacks, top: Item | null, below: Cell | null) {
    this.#stacks = stacks;
    this.top = top;
    this.below = below;
    this.length = (top === null ? 0 : lengthOf(top)) + (below?.length ?? 0);
  }

  push(top: Item): Cell {
    this.#above ??= new Map();
    const known = this.#above.get(top);
    if (known !== undefined) return known;
    const made = new Cell(this.#stacks, top, this);
    this.#above.set(top, made);
    this.#stacks.add(this);
    return made;
  }

  forget(): void {
    this.#above = undefined;
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

/**
 * Adds the stacks with a terminal on top, or the end, that a stack stands for.
 * @param opened - choices that were opened before: many ways may lead to one
 */
function open(cell: Cell, into: Set<Cell>, opened = new Set<Cell>()): void {
  const { top, below } = cell;
  if (top === null) into.add(cell);
  else if (top instanceof Choice) {
    if (opened.has(cell)) return;
    opened.add(cell);
    for (const sequence of top.alternatives) open(below!.pushAll(sequence), into, opened);
  } else {
    if (!top.ended) into.add(cell);
    if (top.optional) open(below!, into, opened);
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

  get width(): number {
    return this.#stacks.length;
  }

  step(byte: number): State | null {
    this.#next ??= UNSEEN.slice();
    this.#automaton.work += this.#stacks.length;
    const known = this.#next[byte];
    if (known !== undefined) return known;
    const after = new Set<Cell>();
    const opened = new Set<Cell>();
    for (const { top, below } of this.#stacks) {
      const left = top instanceof Choice ? null : (top?.step(byte) ?? null);
      if (left === null) continue;
      open(left.ended ? below! : below!.push(left), after, opened);
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
  readonly #cells = new Stacks();
  #states = new Map<string, State>();
  /** Stacks in the states kept. */
  #width = 0;
  #start: State | undefined;
  work = 0;

  /** @throws Error where no text fits the sequence; `lengthOf` its choices tells beforehand */
  constructor(sequence: Sequence) {
    this.#sequence = sequence;
  }

  get bytes(): number {
    return STATE_BYTES * this.#states.size + STACK_BYTES * (this.#width + this.#cells.made);
  }

  start(): GrammarState {
    if (this.#start !== undefined) return this.#start;
    const stacks = new Set<Cell>();
    open(new Cell(this.#cells, null, null).pushAll(this.#sequence), stacks);
    const made = this.state(stacks);
    if (made === null) throw new Error('no text fits this grammar');
    this.#start = made;
    return made;
  }

  /** The one state of a set of stacks, null for none. */
  state(stacks: ReadonlySet<Cell>): State | null {
    if (stacks.size === 0) return null;
    this.work += MAKING * stacks.size;
    const kept = fewest([...stacks].sort((a, b) => a.id - b.id));
    const key = kept.map(({ id }) => id).join(' ');
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const made = new State(this, kept, key);
    if (this.#states.size >= MOST_STATES || this.#width + this.#cells.made >= MOST_KEPT) this.#forget();
    this.#states.set(key, made);
    this.#width += made.width;
    return made;
  }

  #forget(): void {
    this.#states = new Map();
    this.#cells.forget();
    this.#width = 0;
    this.#start = undefined;
  }
}
