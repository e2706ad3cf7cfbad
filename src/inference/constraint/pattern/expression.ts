/**
 * @file Regular expressions as values with derivatives (Brzozowski 1964): what must follow after one code point.
 *
 * Besides concatenation, alternatives and bounded repetition they have intersection and complement, with which
 * lookaheads and names to be avoided are said. Equal expressions are one object, so the derivatives of an expression are
 * the states of its automaton.
 */
import { ALL, type CodePoints, includes, union as unionOfSets } from './code-points.ts';

/** Expressions made for one pattern; beyond them it counts as too large. */
const MOST_EXPRESSIONS = 200_000;
/** Parts looked at, over and over too, while the expressions of one pattern are made. */
const MOST_WORK = 400_000;

/** A pattern whose automaton would be too large. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

export interface Expression {
  readonly id: number;
  /** Reads the empty text. */
  readonly nullable: boolean;
  /** The code points at which derivatives may change, in order. */
  readonly bounds: () => readonly number[];
  /** What is left after a code point; the same between two neighbouring bounds. */
  readonly after: (codePoint: number) => Expression;
  /** Parts, for the simplifications. */
  readonly set?: CodePoints;
  readonly parts?: readonly Expression[];
}

/** Makes expressions; those of one maker can be combined. */
export class Expressions {
  readonly #known = new Map<string, Expression>();
  #work = 0;
  /** Reads nothing, not even the empty text. */
  readonly nothing: Expression;
  /** Reads the empty text only. */
  readonly empty: Expression;
  readonly any: Expression;
  /** Reads every text. */
  readonly anything: Expression;

  constructor() {
    this.nothing = this.#make('nothing', { nullable: false, bounds: () => [], after: () => this.nothing });
    this.empty = this.#make('empty', { nullable: true, bounds: () => [], after: () => this.nothing });
    this.any = this.one(ALL);
    this.anything = this.repeat(this.any, 0, Number.POSITIVE_INFINITY);
  }

  #count(parts: number): void {
    this.#work += parts;
    if (this.#work > MOST_WORK) throw new TooLarge();
  }

  /** Sorted lists as one. */
  #merged(lists: readonly (readonly number[])[]): readonly number[] {
    if (lists.length === 1) return lists[0]!;
    this.#count(lists.reduce((sum, { length }) => sum + length, 0));
    return [...new Set(lists.flat())].sort((a, b) => a - b);
  }

  #make(key: string, parts: Omit<Expression, 'id'>): Expression {
    this.#count(1);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= MOST_EXPRESSIONS) throw new TooLarge();
    let bounds: readonly number[] | undefined;
    const steps = new Map<number, Expression>();
    const made: Expression = {
      ...parts,
      id: this.#known.size,
      bounds: () => {
        bounds ??= parts.bounds();
        return bounds;
      },
      after: (codePoint) => {
        const step = steps.get(codePoint) ?? parts.after(codePoint);
        steps.set(codePoint, step);
        return step;
      },
    };
    this.#known.set(key, made);
    return made;
  }

  /** One code point of a set. */
  one(set: CodePoints): Expression {
    if (set.length === 0) return this.nothing;
    return this.#make(`one ${set.join(',')}`, {
      nullable: false,
      set,
      bounds: () => set.map((bound, i) => (i % 2 === 0 ? bound : bound + 1)),
      after: (codePoint) => (includes(set, codePoint) ? this.empty : this.nothing),
    });
  }

  text(text: string): Expression {
    const points = Array.from(text, (character) => character.codePointAt(0)!);
    return points.reduceRight<Expression>(
      (rest, one) => this.sequence(this.one([one, one]), rest),
      this.empty,
    );
  }

  /** First one, then the other. */
  sequence(first: Expression, second: Expression): Expression {
    if (first === this.nothing || second === this.nothing) return this.nothing;
    if (first === this.empty) return second;
    if (second === this.empty) return first;
    return this.#make(`then ${first.id} ${second.id}`, {
      nullable: first.nullable && second.nullable,
      bounds: () => this.#merged(first.nullable ? [first.bounds(), second.bounds()] : [first.bounds()]),
      after: (codePoint) => {
        const within = this.sequence(first.after(codePoint), second);
        return first.nullable ? this.either([within, second.after(codePoint)]) : within;
      },
    });
  }

  /** `least` to `most` times. */
  repeat(one: Expression, least: number, most: number): Expression {
    if (most === 0 || one === this.empty) return this.empty;
    if (one === this.nothing) return least === 0 ? this.empty : this.nothing;
    if (least === 1 && most === 1) return one;
    // What may be empty fills up the times it must be there.
    const from = one.nullable ? 0 : least;
    return this.#make(`repeat ${one.id} ${from} ${most}`, {
      nullable: from === 0,
      bounds: one.bounds,
      after: (codePoint) =>
        this.sequence(one.after(codePoint), this.repeat(one, Math.max(0, from - 1), most - 1)),
    });
  }

  /** One of several. */
  either(all: readonly Expression[]): Expression {
    const flat = new Set(all.flatMap((one) => one.parts ?? [one]));
    this.#count(flat.size);
    flat.delete(this.nothing);
    if (flat.has(this.anything)) return this.anything;
    const sets = [...flat].filter((one) => one.set !== undefined);
    if (sets.length > 1) {
      for (const one of sets) flat.delete(one);
      flat.add(this.one(unionOfSets(...sets.map((one) => one.set!))));
    }
    const parts = [...flat].sort((a, b) => a.id - b.id);
    if (parts.length <= 1) return parts[0] ?? this.nothing;
    return this.#make(`either ${parts.map(({ id }) => id).join(' ')}`, {
      nullable: parts.some(({ nullable }) => nullable),
      parts,
      bounds: () => this.#merged(parts.map((one) => one.bounds())),
      after: (codePoint) => this.either(parts.map((one) => one.after(codePoint))),
    });
  }

  /** Both at once. */
  both(a: Expression, b: Expression): Expression {
    if (a === b || b === this.anything) return a;
    if (a === this.anything) return b;
    if (a === this.nothing || b === this.nothing) return this.nothing;
    if (a === this.empty) return b.nullable ? a : this.nothing;
    if (b === this.empty) return a.nullable ? b : this.nothing;
    const [first, second] = a.id < b.id ? [a, b] : [b, a];
    return this.#make(`both ${first.id} ${second.id}`, {
      nullable: first.nullable && second.nullable,
      bounds: () => this.#merged([first.bounds(), second.bounds()]),
      after: (codePoint) => this.both(first.after(codePoint), second.after(codePoint)),
    });
  }

  /** Every text that the expression does not read. */
  not(one: Expression): Expression {
    if (one === this.nothing) return this.anything;
    if (one === this.anything) return this.nothing;
    return this.#make(`not ${one.id}`, {
      nullable: !one.nullable,
      bounds: one.bounds,
      after: (codePoint) => this.not(one.after(codePoint)),
    });
  }
}
