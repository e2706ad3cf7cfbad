/** @file The bytes of a vocabulary's tokens as a tree in flat arrays, built once for a tokenizer. */

/** The order of bytes, of two equal tokens the one of the smaller id first. */
function sorted(tokens: readonly (Uint8Array | null)[]): Int32Array {
  const ids: number[] = [];
  for (let id = 0; id < tokens.length; id++) if ((tokens[id]?.length ?? 0) > 0) ids.push(id);
  // As strings of Latin-1 they compare several times as fast as in buffers.
  const keys = tokens.map((bytes) => (bytes === null ? '' : Buffer.from(bytes).toString('latin1')));
  const order = (a: number, b: number): number =>
    keys[a]! === keys[b]! ? a - b : keys[a]! < keys[b]! ? -1 : 1;
  return Int32Array.from(ids.sort(order));
}

/**
 * The tree in preorder: node i has the last byte `byte[i]`, stands `depth[i]` bytes deep (the first byte: 1), and its
 * subtree is i..after[i] - 1. Its tokens are ids[first[i]] .. ids[first[i + 1] - 1].
 */
export class Vocabulary {
  readonly tokens: readonly (Uint8Array | null)[];
  /** Tokens in the order of their bytes; those without bytes are left out. */
  readonly ids: Int32Array;
  readonly nodes: number;
  readonly byte: Uint8Array;
  readonly depth: Uint16Array;
  readonly after: Int32Array;
  readonly first: Int32Array;
  /** Bytes of the longest token. */
  readonly deepest: number;
  /** Every byte is a token: anything can be spelled, at worst a byte a token. */
  readonly hasAllBytes: boolean;
  /** The first node of each first byte, -1 for none. */
  readonly #roots = new Int32Array(256).fill(-1);

  /** @param tokens - for each id its bytes, null for control tokens and ids that are not used */
  constructor(tokens: readonly (Uint8Array | null)[]) {
    this.tokens = tokens;
    this.ids = sorted(tokens);
    const total = this.ids.reduce((sum, id) => sum + tokens[id]!.length, 0);
    const [byte, depth] = [new Uint8Array(total), new Uint16Array(total)];
    const [after, first] = [new Int32Array(total), new Int32Array(total + 1)];
    let nodes = 0;
    let before: Uint8Array = new Uint8Array(0);
    /** The nodes from the root to the last one. */
    const path: number[] = [];
    for (let at = 0; at < this.ids.length; at++) {
      const bytes = tokens[this.ids[at]!]!;
      let shared = 0;
      while (shared < bytes.length && shared < before.length && bytes[shared] === before[shared]) shared++;
      while (path.length > shared) after[path.pop()!] = nodes;
      for (let d = shared; d < bytes.length; d++) {
        byte[nodes] = bytes[d]!;
        depth[nodes] = d + 1;
        first[nodes] = at;
        if (d === 0) this.#roots[bytes[0]!] = nodes;
        path.push(nodes++);
      }
      before = bytes;
    }
    for (const node of path) after[node] = nodes;
    first[nodes] = this.ids.length;
    this.nodes = nodes;
    this.byte = byte.slice(0, nodes);
    this.depth = depth.slice(0, nodes);
    this.after = after.slice(0, nodes);
    this.first = first.slice(0, nodes + 1);
    this.deepest = this.depth.reduce((most, d) => Math.max(most, d), 0);
    this.hasAllBytes = this.#roots.every((node) => node >= 0 && this.#isToken(node));
  }

  #isToken(node: number): boolean {
    return this.first[node + 1]! > this.first[node]!;
  }

  /** A byte that is itself a token. */
  hasByte(byte: number): boolean {
    const node = this.#roots[byte]!;
    return node >= 0 && this.#isToken(node);
  }

  /** The node of the longest token that bytes[from..] begins with, -1 for none. */
  #longest(bytes: Uint8Array, from: number): number {
    let node = from < bytes.length ? this.#roots[bytes[from]!]! : -1;
    let longest = -1;
    while (node >= 0) {
      const depth = this.depth[node]!;
      if (this.#isToken(node)) longest = node;
      node = from + depth < bytes.length ? this.#child(node, bytes[from + depth]!) : -1;
    }
    return longest;
  }

  /** The longest tokens that bytes begin with; none for none. */
  begin(bytes: Uint8Array): Int32Array {
    const node = this.#longest(bytes, 0);
    return node < 0 ? new Int32Array(0) : this.ids.subarray(this.first[node], this.first[node + 1]);
  }

  #child(node: number, byte: number): number {
    for (let child = node + 1; child < this.after[node]!; child = this.after[child]!) {
      if (this.byte[child] === byte) return child;
    }
    return -1;
  }

  /** Tokens that spell bytes, the longest match first; infinite where it finds none. */
  countTokens(bytes: Uint8Array): number {
    let count = 0;
    for (let at = 0; at < bytes.length; count++) {
      const node = this.#longest(bytes, at);
      if (node < 0) return Number.POSITIVE_INFINITY;
      at += this.depth[node]!;
    }
    return count;
  }
}
