/**
 * @file Markdown that grows: blocks that can no longer change are rendered once, only the last one again and again.
 *
 * In CommonMark a block is finished when the next one beside it has begun, and it has begun for certain when its first
 * line is complete. So the text is parsed from the last block on, and the work for a piece of text does not grow with
 * the reply. Left out: a link's target defined below its use, which is found only by the last block.
 */
import type { MarkdownIt, Token } from 'markdown-it';

export interface Rendered {
  /** HTML of the blocks finished since the last call, none or one text. */
  readonly finished: readonly string[];
  /** HTML of what may still change. */
  readonly tail: string;
}

export class GrowingMarkdown {
  readonly #md: MarkdownIt;
  /** Definitions of links in finished blocks. One that is still being written must not be taken for good. */
  readonly #references = {};
  #offset = 0;

  constructor(md: MarkdownIt) {
    this.#md = md;
  }

  /**
   * @param text - all of it so far; it begins with what was given before
   * @param done - nothing follows
   */
  update(text: string, done: boolean): Rendered {
    const rest = text.slice(this.#offset);
    if (done) {
      this.#offset = text.length;
      return { finished: this.#finish(rest), tail: '' };
    }
    const blocks = this.#blocks(rest, true);
    const lines = lineStarts(rest);
    const settled = this.#settled(rest, blocks, lines);
    const finished = rest.slice(0, lines[settled]);
    this.#offset += finished.length;
    const open = blocks.filter(({ line }) => line >= settled).flatMap(({ tokens }) => tokens);
    return { finished: this.#finish(finished), tail: this.#md.renderer.render(open, this.#md.options, {}) };
  }

  /** Read once more as a text that is complete: what is open in it now will not be closed. */
  #finish(text: string): string[] {
    return text === '' ? [] : [this.#md.render(text, { references: this.#references, streaming: false })];
  }

  /** The line before which no block can change. */
  #settled(text: string, blocks: readonly Block[], lines: readonly number[]): number {
    const last = blocks.at(-1);
    if (last === undefined || lines[last.line + 1] === undefined || lines[last.mathEnd] === undefined)
      return 0;
    if (!blocks.some(({ pending }) => pending)) return last.line;
    // Maths that never closes is letters, and may belong to the block before it: what begins a block either way does.
    const closed = new Set(this.#blocks(text, false).map(({ line }) => line));
    return Math.max(0, ...blocks.map(({ line }) => line).filter((line) => closed.has(line)));
  }

  #blocks(text: string, streaming: boolean): Block[] {
    const env = { references: { ...this.#references }, streaming };
    return topLevel(this.#md.parse(text, env)).map((tokens) => {
      const [first] = tokens;
      const formula = first!.type === 'math_display';
      return {
        tokens,
        line: first!.map?.[0] ?? 0,
        mathEnd: formula ? (first!.map?.[1] ?? 0) : 0,
        pending: tokens.some(isPending),
      };
    });
  }
}

interface Block {
  readonly tokens: Token[];
  /** Its first line. */
  readonly line: number;
  /** The line after a formula, which is one only if nothing follows it on its last line; 0 for other blocks. */
  readonly mathEnd: number;
  /** Whether there is maths in it that has not closed. */
  readonly pending: boolean;
}

function isPending({ type, children }: Token): boolean {
  return type.startsWith('math_pending') || children?.some(isPending) === true;
}

function topLevel(tokens: readonly Token[]): Token[][] {
  const blocks: Token[][] = [];
  let depth = 0;
  for (const token of tokens) {
    if (depth === 0) blocks.push([]);
    blocks.at(-1)!.push(token);
    depth += token.nesting;
  }
  return blocks;
}

/** Where each line begins, by markdown-it's notion of a line. */
function lineStarts(text: string): number[] {
  return [0, ...Array.from(text.matchAll(/\r\n?|\n/g), (match) => match.index + match[0].length)];
}
