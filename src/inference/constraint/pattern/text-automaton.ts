/**
 * @file The automaton of texts: for each state where a code point leads. Plain data, so that it can be made in another
 * process. From each of its states an end can be reached.
 */
import { type Expression, Expressions, TooLarge } from './expression.ts';
import { formatExpression } from './formats.ts';
import { meaningOf } from './meaning.ts';

/** States of one automaton. */
const MOST_STATES = 4_000;
/** Ways out of all its states together. */
const MOST_WAYS = 100_000;

/** The first surrogate, and what follows the last. */
const SURROGATES = [0xd800, 0xe000] as const;

/** A range of code points that lead to one state. */
export type Way = readonly [from: number, to: number, target: number];

export interface TextAutomaton {
  /** For each state its ways, in the order of code points; the first state is where texts begin. */
  readonly ways: readonly (readonly Way[])[];
  /** For each state, whether the text may end there. */
  readonly ends: readonly boolean[];
}

/** What a text must be: everything said here at once. */
export interface TextRules {
  readonly patterns: readonly string[];
  readonly formats: readonly string[];
  /** Texts it must not be. */
  readonly unlike: readonly string[];
  /** Patterns that must not be found in it. */
  readonly without: readonly string[];
}

/**
 * The automaton of the texts that follow the rules; null where there are none.
 *
 * Generators of schemas write a pattern beside a format that says the same in more detail, sometimes something else
 * (a time without its offset). Where no text follows both, the pattern holds.
 *
 * @throws PatternError where a pattern uses what is left out
 * @throws TooLarge where its automaton would have too many states
 */
export function textAutomaton(rules: TextRules): TextAutomaton | null {
  const make = new Expressions();
  const found = rules.patterns.map((source) => meaningOf(source, make));
  const avoided = [
    ...rules.unlike.map((text) => make.not(make.text(text))),
    ...rules.without.map((source) => make.not(meaningOf(source, make))),
  ];
  const formats = rules.formats.map((name) => formatExpression(name, make));
  const all = (parts: readonly Expression[]): Expression =>
    parts.reduce((a, b) => make.both(a, b), make.anything);
  const whole = build(all([...found, ...avoided, ...formats]), make);
  return whole !== null || found.length === 0 ? whole : build(all([...found, ...avoided]), make);
}

function build(start: Expression, make: Expressions): TextAutomaton | null {
  const states = [start];
  const numbers = new Map([[start, 0]]);
  const ways: Way[][] = [];
  let count = 0;
  for (let at = 0; at < states.length; at++) {
    const out: Way[] = [];
    const bounds = [...new Set([0, ...SURROGATES, ...states[at]!.bounds()])].sort((a, b) => a - b);
    for (const [i, from] of bounds.entries()) {
      // Surrogates are no characters, also not where a rule takes all that it does not name.
      if (from > 0x10ffff || (from >= SURROGATES[0] && from < SURROGATES[1])) continue;
      const to = (bounds[i + 1] ?? 0x110000) - 1;
      const target = states[at]!.after(from);
      if (target === make.nothing) continue;
      const known = numbers.get(target);
      const number = known ?? states.push(target) - 1;
      if (known === undefined) numbers.set(target, number);
      const last = out.at(-1);
      if (last !== undefined && last[2] === number && last[1] + 1 === from)
        out[out.length - 1] = [last[0], to, number];
      else out.push([from, to, number]);
    }
    count += out.length;
    if (states.length > MOST_STATES || count > MOST_WAYS) throw new TooLarge();
    ways.push(out);
  }
  return withoutDeadEnds(
    ways,
    states.map(({ nullable }) => nullable),
  );
}

/** Leaves out the states from which no end can be reached. */
function withoutDeadEnds(ways: readonly (readonly Way[])[], ends: readonly boolean[]): TextAutomaton | null {
  const before = ways.map((): number[] => []);
  for (const [from, out] of ways.entries()) for (const [, , target] of out) before[target]!.push(from);
  const live = new Set<number>();
  const open = [...ends.keys()].filter((state) => ends[state]);
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    if (live.has(state)) continue;
    live.add(state);
    open.push(...before[state]!);
  }
  if (!live.has(0)) return null;
  const kept = [...ways.keys()].filter((state) => live.has(state));
  const renamed = new Map(kept.map((state, i) => [state, i]));
  return {
    ways: kept.map((state) =>
      ways[state]!.filter(([, , target]) => live.has(target)).map(
        ([from, to, target]): Way => [from, to, renamed.get(target)!],
      ),
    ),
    ends: kept.map((state) => ends[state]!),
  };
}

/** Whether a text follows the rules of its automaton. */
export function reads({ ways, ends }: TextAutomaton, text: string): boolean {
  let state: number | undefined = 0;
  for (const character of text) {
    const codePoint = character.codePointAt(0)!;
    state = ways[state]!.find(([from, to]) => codePoint >= from && codePoint <= to)?.[2];
    if (state === undefined) return false;
  }
  return ends[state]!;
}
