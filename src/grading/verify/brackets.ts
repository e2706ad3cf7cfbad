/** @file Reading what stands in brackets: groups, tuples, intervals, sets, absolute values, matrices. */
import type { Node } from './node.ts';
import { ReadError } from './read-error.ts';
import type { Reader } from './reader.ts';

const MATRICES = new Set(['matrix', 'pmatrix', 'bmatrix', 'Bmatrix', 'smallmatrix', 'array', 'cases']);

/** The text of an index or of a braced name. */
export function indexText(reader: Reader): string {
  if (!reader.accept('{')) return reader.take().value;
  let text = '';
  while (!reader.at('}')) text += reader.take().value;
  reader.expect('}');
  return text;
}

const CLOSERS: Readonly<Record<string, string>> = { ')': ')', ']': ']', '[': '[' };

/** `(…)`, `[…]`, `(…]`, `]…[`: a group, a tuple or an interval. */
export function bracket(reader: Reader, open: string): Node {
  const bars = reader.barStops;
  reader.barStops = 0;
  reader.bracketStops += open === ']' ? 1 : 0;
  const items = reader.grammar.items(reader);
  reader.barStops = bars;
  reader.bracketStops -= open === ']' ? 1 : 0;
  const close = reader.take().value;
  if (!Object.hasOwn(CLOSERS, close) || (close === '[' && items.length !== 2)) {
    throw new ReadError('a bracket is not closed');
  }
  if (items.length === 1 && open !== ']') {
    if ((open === '(') !== (close === ')')) throw new ReadError('brackets that do not match');
    return items[0]!;
  }
  // ]a, b[ is the open interval (a, b).
  return { kind: 'list', open: open === ']' ? '(' : open, close: close === '[' ? ')' : close, items };
}

/** |x|, up to the sign that closes it. */
export function absolute(reader: Reader, close: string): Node {
  reader.barStops += 1;
  const inside = reader.grammar.sum(reader);
  reader.barStops -= 1;
  reader.expect(close);
  return { kind: 'call', name: 'abs', args: [inside] };
}

/** ⌊x⌋ and ⌈x⌉. */
export function enclosed(reader: Reader, name: string, close: string): Node {
  const inside = reader.grammar.sum(reader);
  reader.expect(close);
  return { kind: 'call', name, args: [inside] };
}

/** ⟨a, b⟩ as a tuple. */
export function closedBy(reader: Reader, close: string): Node {
  const items = reader.grammar.items(reader);
  reader.expect(close);
  return { kind: 'list', open: '(', close: ')', items };
}

/** `\{1, 2\}` and `\{x \mid x > 2\}`, after the brace that opens it. */
export function parseSet(reader: Reader): Node {
  if (reader.accept('}')) return { kind: 'list', open: '{', close: '}', items: [] };
  reader.barStops += 1;
  const items = reader.grammar.items(reader);
  const builds = reader.accept('|') || reader.accept('mid') || reader.accept(':') || reader.accept('vert');
  const conditions = builds ? reader.grammar.items(reader) : [];
  reader.barStops -= 1;
  reader.expect('}');
  if (!builds) return { kind: 'list', open: '{', close: '}', items };
  if (items.length !== 1) throw new ReadError('a set of several subjects');
  return { kind: 'builder', subject: items[0]!, conditions };
}

/** The rows of an environment. */
export function parseMatrix(reader: Reader, environment: string): Node {
  if (!MATRICES.has(environment)) throw new ReadError(`${environment} is not known`);
  if (environment === 'array' && reader.at('{')) indexText(reader);
  const rows: Node[][] = [];
  while (!reader.accept(`end:${environment}`)) {
    const row = [reader.grammar.statement(reader)];
    while (reader.accept('&')) row.push(reader.grammar.statement(reader));
    rows.push(row);
    if (!reader.accept('\\') && !reader.at(`end:${environment}`))
      throw new ReadError('a matrix is not closed');
  }
  return { kind: 'matrix', rows };
}

/** A system of equations as the list of them; a function defined by cases is not read. */
export function parseSystem(reader: Reader): Node {
  const { rows } = parseMatrix(reader, 'cases') as Node & { kind: 'matrix' };
  const items = rows.flat();
  if (items.length > rows.length || !items.every(({ kind }) => kind === 'statement')) {
    throw new ReadError('cases that are no system');
  }
  return { kind: 'list', open: '', close: 'and', items };
}
