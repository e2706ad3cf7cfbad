/** @file Terminals that read given texts, and bounded runs of whitespace. */
import { DONE, type Terminal } from './items.ts';

const encoder = new TextEncoder();

/** A node of a tree of texts: any of them may be read from here. */
class LiteralNode implements Terminal {
  readonly next = new Map<number, LiteralNode>();
  optional = false;
  #shortest: readonly number[] | undefined;

  get ended(): boolean {
    return this.next.size === 0;
  }

  step(byte: number): Terminal | null {
    return this.next.get(byte) ?? null;
  }

  get shortest(): readonly number[] {
    if (this.#shortest !== undefined) return this.#shortest;
    let best: readonly number[] | null = this.optional ? [] : null;
    for (const [byte, node] of this.optional ? [] : [...this.next].sort(([a], [b]) => a - b)) {
      if (best === null || node.shortest.length + 1 < best.length) best = [byte, ...node.shortest];
    }
    this.#shortest = best ?? [];
    return this.#shortest;
  }
}

/** One of some texts, none of them empty. */
export function literals(texts: readonly string[]): Terminal {
  const root = new LiteralNode();
  for (const text of texts) {
    let node = root;
    for (const byte of encoder.encode(text)) {
      const known = node.next.get(byte) ?? new LiteralNode();
      node.next.set(byte, known);
      node = known;
    }
    node.optional = true;
  }
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
