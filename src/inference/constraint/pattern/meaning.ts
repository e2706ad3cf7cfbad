/**
 * @file The texts in which a pattern is found, as an expression.
 *
 * A node is put before what follows it, so that a lookahead and `$` can speak of all that follows.
 */
import type { Expression, Expressions } from './expression.ts';
import { type Node, PatternError, parsePattern } from './syntax.ts';

/** Copies made of a repeated part that looks ahead. */
const MOST_COPIES = 64;

/** Whether the text begins here: known, or it depends on what came before. */
type AtStart = 'yes' | 'no' | 'maybe';

/** @throws PatternError, TooLarge */
export function meaningOf(source: string, make: Expressions): Expression {
  const node = parsePattern(source);
  const atStart = follow(node, make.anything, 'yes', make);
  if (!has(node, 'start')) return make.sequence(make.anything, atStart);
  const later = follow(node, make.anything, 'no', make);
  return make.either([atStart, make.sequence(make.any, make.sequence(make.anything, later))]);
}

/** The node, then the rest. */
function follow(node: Node, rest: Expression, atStart: AtStart, make: Expressions): Expression {
  switch (node.kind) {
    case 'one':
      return make.sequence(make.one(node.set), rest);
    case 'either':
      return make.either(node.parts.map((part) => follow(part, rest, atStart, make)));
    case 'sequence':
      return followAll(node.parts, rest, atStart, make);
    case 'repeat':
      return followRepeat(node, rest, atStart, make);
    case 'look': {
      const ahead = follow(node.of, make.anything, atStart, make);
      return make.both(rest, node.negative ? make.not(ahead) : ahead);
    }
    case 'start':
      if (atStart === 'maybe') throw new PatternError('"^" stands where the text may have begun before');
      return atStart === 'yes' ? rest : make.nothing;
    case 'end':
      return make.both(rest, make.empty);
  }
}

function followAll(
  parts: readonly Node[],
  rest: Expression,
  atStart: AtStart,
  make: Expressions,
): Expression {
  const starts: AtStart[] = [];
  let before = atStart;
  for (const part of parts) {
    starts.push(before);
    before = startAfter(part, before);
  }
  return parts.reduceRight((after, part, i) => follow(part, after, starts[i]!, make), rest);
}

function startAfter(node: Node, before: AtStart): AtStart {
  if (before === 'no' || leastOf(node) > 0) return 'no';
  return node.kind === 'look' || node.kind === 'start' || node.kind === 'end' ? before : 'maybe';
}

/** Characters that a node reads at least. */
function leastOf(node: Node): number {
  switch (node.kind) {
    case 'one':
      return 1;
    case 'either':
      return Math.min(...node.parts.map(leastOf));
    case 'sequence':
      return node.parts.reduce((sum, part) => sum + leastOf(part), 0);
    case 'repeat':
      return node.least * leastOf(node.of);
    case 'look':
    case 'start':
    case 'end':
      return 0;
  }
}

function followRepeat(
  { of, least, most }: Extract<Node, { kind: 'repeat' }>,
  rest: Expression,
  atStart: AtStart,
  make: Expressions,
): Expression {
  if (!has(of, 'look') && !has(of, 'start') && !has(of, 'end')) {
    return make.sequence(make.repeat(follow(of, make.empty, atStart, make), least, most), rest);
  }
  if (most > MOST_COPIES) {
    throw new PatternError(`an assertion is repeated more than ${MOST_COPIES} times`);
  }
  let after = rest;
  for (let i = most; i > 0; i--) {
    const start = i === 1 ? atStart : startAfter(of, atStart);
    const copy = follow(of, after, start, make);
    after = i > least ? make.either([rest, copy]) : copy;
  }
  return after;
}

function has(node: Node, kind: Node['kind']): boolean {
  if (node.kind === kind) return true;
  if (node.kind === 'sequence' || node.kind === 'either') return node.parts.some((part) => has(part, kind));
  return (node.kind === 'repeat' || node.kind === 'look') && has(node.of, kind);
}
