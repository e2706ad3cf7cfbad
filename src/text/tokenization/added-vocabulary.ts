/**
 * @file The added tokens of a tokenizer.json: where they stand in a text, before anything else reads it.
 *
 * Tokens that are not `normalized` are looked for in the text as it is, the others in the normalized text between them. At
 * each place the longest counts. As in the Rust library (`AddedVocabulary`).
 */
import { isJsonObject, type JsonObject } from '../../records.ts';
import { WORD, whiteBefore, whiteBehind } from './characters.ts';
import { type Normalizer, normalizePiece, normalizeText } from './normalizers.ts';
import type { Piece } from './pre-tokenizers.ts';
import { flag, tokenId, Unsupported } from './read.ts';

interface Added {
  readonly id: number;
  /** As the file has it. */
  readonly written: string;
  /** As it is looked for: normalized, where the token is. */
  readonly content: string;
  /** It counts only where no letter of a word stands beside it. */
  readonly singleWord: boolean;
  /** It takes the white space before it, or behind it. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
}

/** Text between added tokens, or the id of one. */
export type Section = Piece | number;

/** Reads texts by the added tokens in them. */
export class AddedVocabulary {
  /** The text of each token by its id, as it is looked for. */
  readonly contents: { readonly [id: number]: string };
  /** The id of each token by its text as the file has it. */
  readonly ids: ReadonlyMap<string, number>;
  readonly #plain: Trie;
  readonly #normalized: Trie;
  readonly #normalize: Normalizer | null;

  /** @throws Unsupported where an entry is not well formed */
  constructor(list: readonly JsonObject[], normalize: Normalizer | null) {
    const added = list.filter(({ content }) => content !== '').map((entry) => read(entry, normalize));
    this.#normalize = normalize;
    this.ids = new Map(added.map(({ written, id }) => [written, id]));
    this.contents = Object.fromEntries(added.map(({ id, content }) => [id, content]));
    this.#plain = new Trie(added.filter(({ normalized }) => !normalized));
    this.#normalized = new Trie(added.filter(({ normalized }) => normalized));
    requireDistinct(added);
  }

  /** The sections of a text, in order; texts normalized. */
  sections(text: string): Section[] {
    return sectionsOf({ text, head: firstLength(text) }, this.#plain).flatMap((section) =>
      typeof section === 'number' ? [section] : sectionsOf(this.#normalizedPiece(section), this.#normalized),
    );
  }

  #normalizedPiece(piece: Piece): Piece {
    return this.#normalize === null ? piece : normalizePiece(this.#normalize, piece);
  }
}

/** UTF-16 units of the first character. */
function firstLength(text: string): number {
  return (text.codePointAt(0) ?? 0) > 0xffff ? 2 : 1;
}

/** Which of two tokens counts that the normalizer makes the same is not told. */
function requireDistinct(added: readonly Added[]): void {
  const spellings = new Map<string, string>();
  for (const { written, content, normalized } of added) {
    if (!normalized) continue;
    const other = spellings.get(content) ?? written;
    spellings.set(content, other);
    if (other === written) continue;
    throw new Unsupported(
      `added_tokens: ${JSON.stringify(other)} and ${JSON.stringify(written)} are the same once normalized`,
    );
  }
}

function read(entry: JsonObject, normalize: Normalizer | null): Added {
  const { content } = entry;
  if (typeof content !== 'string')
    throw new Unsupported(`added_tokens: ${JSON.stringify(entry)}, expected an id and a content`);
  const id = tokenId(entry.id, content, 'added_tokens');
  const normalized = flag(entry, 'normalized', !flag(entry, 'special', false));
  const text = normalized && normalize !== null ? normalizeText(normalize, content) : content;
  if (text === '')
    throw new Unsupported(
      `added_tokens: nothing is left of ${JSON.stringify(content)} once it is normalized`,
    );
  return {
    id,
    written: content,
    content: text,
    singleWord: flag(entry, 'single_word', false),
    lstrip: flag(entry, 'lstrip', false),
    rstrip: flag(entry, 'rstrip', false),
    normalized,
  };
}

const WORD_BEFORE = new RegExp(`[${WORD}]$`, 'u');
const WORD_BEHIND = new RegExp(`^[${WORD}]`, 'u');

function sectionsOf({ text, head }: Piece, tokens: Trie): Section[] {
  const sections: Section[] = [];
  let end = 0;
  const between = (to: number): void => {
    if (to > end) sections.push({ text: text.slice(end, to), head: Math.max(0, Math.min(head, to) - end) });
  };
  for (const { token, start, stop } of tokens.matches(text)) {
    if (token.singleWord && isInWord(text, start, stop)) continue;
    // White space that an earlier token took is not there any more.
    const from = token.lstrip ? Math.max(whiteBefore(text, start), end) : start;
    between(from);
    end = token.rstrip ? whiteBehind(text, stop) : stop;
    // One that lies in such white space, and takes what is before it, is nothing more.
    if (end > from) sections.push(token.id);
  }
  between(text.length);
  return sections;
}

function isInWord(text: string, start: number, stop: number): boolean {
  return (
    WORD_BEFORE.test(text.slice(Math.max(0, start - 2), start)) ||
    WORD_BEHIND.test(text.slice(stop, stop + 2))
  );
}

interface Node {
  readonly next: Map<number, Node>;
  token: Added | null;
}

interface Match {
  readonly token: Added;
  readonly start: number;
  readonly stop: number;
}

/** Finds the leftmost longest matches of tokens, none over another. */
class Trie {
  readonly #root: Node = { next: new Map(), token: null };

  constructor(tokens: readonly Added[]) {
    for (const token of tokens) {
      let node = this.#root;
      for (let i = 0; i < token.content.length; i++) node = step(node, token.content.charCodeAt(i));
      // Of equal texts the first counts.
      node.token ??= token;
    }
  }

  *matches(text: string): Generator<Match> {
    for (let start = 0; start < text.length; ) {
      const found = this.#longestAt(text, start);
      if (found !== null) yield found;
      start = found?.stop ?? start + 1;
    }
  }

  #longestAt(text: string, start: number): Match | null {
    let longest: Match | null = null;
    let node = this.#root.next.get(text.charCodeAt(start));
    for (let stop = start + 1; node !== undefined; stop++) {
      if (node.token !== null) longest = { token: node.token, start, stop };
      node = node.next.get(text.charCodeAt(stop));
    }
    return longest;
  }
}

function step(node: Node, unit: number): Node {
  const known = node.next.get(unit);
  if (known !== undefined) return known;
  const made: Node = { next: new Map(), token: null };
  node.next.set(unit, made);
  return made;
}

/** The entries of `added_tokens`. */
export function addedEntries(json: JsonObject): JsonObject[] {
  const { added_tokens: list } = json;
  return Array.isArray(list) ? (list as readonly unknown[]).filter(isJsonObject) : [];
}
