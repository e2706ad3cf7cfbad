/** @file Terminals that read given texts, and bounded runs of whitespace. */
import { DONE, type Terminal } from './items.ts';

const encoder = new TextEncoder();

/** A node of a tree of texts: any of them may be read from here. */
class LiteralNode implements Terminal {
  readonly next = new Map<number, LiteralNode>();
  optional = false;
  shortestLength = 0;
  /** The first byte of the shortest end. */
  towardsEnd: number | null = null;

  get ended(): boolean {
    return this.next.size === 0;
  }

  step(byte: number): Terminal | null {
    return this.next.get(byte) ?? null;
  }

  /** Finds the shortest end; those of the nodes below must be known. */
  close(): void {
    if (this.optional) return;
    this.shortestLength = Number.POSITIVE_INFINITY;
    for (const [byte, node] of [...this.next].sort(([a], [b]) => a - b)) {
      if (node.shortestLength + 1 >= this.shortestLength) continue;
      this.shortestLength = node.shortestLength + 1;
      this.towardsEnd = byte;
    }
  }

  /** Made anew each time: kept in every node of a long text, they would be the square of its length. */
  get shortest(): readonly number[] {
    return shortestFrom(this);
  }
}

function shortestFrom(start: LiteralNode): number[] {
  const bytes: number[] = [];
  let node = start;
  for (let byte = node.towardsEnd; byte !== null; byte = node.towardsEnd) {
    bytes.push(byte);
    node = node.next.get(byte)!;
  }
  return bytes;
}

/** One of some texts, none of them empty. */
export function literals(texts: readonly string[]): Terminal {
  const root = new LiteralNode();
  const nodes = [root];
  for (const text of texts) {
    let node = root;
    for (const byte of encoder.encode(text)) {
      let after = node.next.get(byte);
      if (after === undefined) {
        after = new LiteralNode();
        node.next.set(byte, after);
        nodes.push(after);
      }
      node = after;
    }
    node.optional = true;
  }
  // No node was made before the one above it.
  for (const node of nodes.reverse()) node.close();
  return root;
}

export const literal = (text: string): Terminal => literals([text]);

/** A literal that a control token may stand for as a whole. */
export class Marker implements Terminal {
  readonly optional = false;
  readonly ended = false;
  readonly bytes: Uint8Array;
  readonly #text: Terminal;

  constructor(text: string) {
    this.bytes = encoder.encode(text);
    this.#text = literal(text);
  }

  step(byte: number): Terminal | null {
    return this.#text.step(byte);
  }

  get shortest(): readonly number[] {
    return this.#text.shortest;
  }
}

/** Most bytes of whitespace in one place: models fall into endless runs of it. */
export const MOST_WHITESPACE = 40;

function whitespaceRuns(): Terminal {
  let run = DONE;
  for (let left = 1; left <= MOST_WHITESPACE; left++) {
    const after = run;
    const step = (byte: number): Terminal | null =>
      byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09 ? after : null;
    run = { step, optional: true, ended: false, shortest: [] };
  }
  return run;
}

/** JSON's insignificant whitespace, none to `MOST_WHITESPACE` bytes. */
export const WHITESPACE: Terminal = whitespaceRuns();
