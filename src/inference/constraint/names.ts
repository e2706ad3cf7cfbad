/** @file Names of properties that are none of some others, as terminals. */
import { DONE, searchShortest, type Terminal } from './items.ts';
import { ANYTHING, type Phase, QUOTE, quoted, STRING, TABLES } from './strings.ts';

/** Names begun with the same bytes. */
interface Names {
  readonly next: Map<number, Names>;
  isName: boolean;
}

const ESCAPED: ReadonlyMap<number, number> = new Map(
  Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }).map(
    ([letter, meant]) => [letter.charCodeAt(0), meant.charCodeAt(0)],
  ),
);

/** The inside of a name that may yet become one of the forbidden ones. */
class Unlike implements Terminal {
  readonly optional = false;
  readonly ended = false;
  readonly #names: Names;
  readonly #phase: Phase;
  readonly #after = new Map<number, Terminal | null>();
  #shortest: readonly number[] | undefined;

  constructor(names: Names, phase: Phase) {
    this.#names = names;
    this.#phase = phase;
  }

  step(byte: number): Terminal | null {
    const known = this.#after.get(byte);
    if (known !== undefined) return known;
    const made = this.#step(byte);
    this.#after.set(byte, made);
    return made;
  }

  #step(byte: number): Terminal | null {
    if (byte === QUOTE && this.#phase === 'boundary') return this.#names.isName ? null : DONE;
    const target = TABLES[this.#phase][byte];
    // `\u` could spell a forbidden name in other letters.
    if (target === undefined || target === 'hex4') return null;
    const phase = target === 'done' ? 'boundary' : target;
    if (target === 'escape') return new Unlike(this.#names, phase);
    const names = this.#names.next.get(this.#phase === 'escape' ? ESCAPED.get(byte)! : byte);
    return names === undefined ? ANYTHING.at(phase, 0) : new Unlike(names, phase);
  }

  get shortest(): readonly number[] {
    this.#shortest ??= searchShortest(this);
    return this.#shortest;
  }
}

/** Any string but these. Until it differs from all of them it has no `\u` escape. */
export function stringUnlike(names: readonly string[]): Terminal {
  if (names.length === 0) return STRING;
  const root: Names = { next: new Map(), isName: false };
  for (const name of names) {
    let node = root;
    for (const byte of new TextEncoder().encode(name)) {
      const known = node.next.get(byte) ?? { next: new Map<number, Names>(), isName: false };
      node.next.set(byte, known);
      node = known;
    }
    node.isName = true;
  }
  return quoted(new Unlike(root, 'boundary'));
}
