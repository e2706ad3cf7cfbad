/**
 * @file Control tokens, and keeping text that a user wrote from turning into them.
 *
 * A control token is an added token that means something to the model beyond its letters: `<|im_end|>`, `<think>`,
 * `<｜User｜>`. Being marked `special` is not what decides (R1's distilled models mark neither of the last two): every
 * added token counts that is not made of letters, digits and blanks alone.
 *
 * Text of a user travels through a chat template among control tokens that are meant. So what would become a
 * control token is marked before rendering, with a pair of Unicode noncharacters, and the marked stretches are
 * encoded by a second tokenizer that knows no control token. The rest is encoded as it stands, so ordinary text
 * gives the same ids as without any of this. Templates look for thinking tags in what they are given and cut there;
 * a third noncharacter within a marked tag keeps it from being found.
 */
import { isJsonObject, type Json, type JsonObject } from '../records.ts';
import { DEFAULT_TAGS } from './answer.ts';
import { SpelledNumber } from './spelled-json.ts';

/** An entry of `added_tokens` in tokenizer.json. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
}

/** A stretch of text, and whether control tokens in it are to be read as such. */
export interface Segment {
  readonly text: string;
  readonly special: boolean;
}

const OPEN = '\u{FDD0}';
const CLOSE = '\u{FDD1}';
const HIDE = '\u{FDD2}';
const MARKS = /[\u{FDD0}-\u{FDD2}]/gu;
const ONLY_TEXT = /^[\p{L}\p{N}\s_\u2581]*$/u;

/** Reads `added_tokens`; entries that are not well formed are left to the tokenizer library to refuse. */
export function addedTokens(tokenizerJson: JsonObject): AddedToken[] {
  const list = tokenizerJson.added_tokens;
  if (!Array.isArray(list)) return [];
  return (list as readonly Json[]).flatMap((entry) =>
    isJsonObject(entry) && typeof entry.id === 'number' && typeof entry.content === 'string'
      ? [{ id: entry.id, content: entry.content, special: entry.special === true }]
      : [],
  );
}

/** Whether an added token controls the model rather than standing for its letters. */
export function isControl(token: AddedToken): boolean {
  return token.special || !ONLY_TEXT.test(token.content);
}

/**
 * The same tokenizer without control tokens: text that spells one is tokenised as the letters it is.
 * @param keep - contents that stay in the model's own vocabulary (the unknown token)
 */
export function withoutControl(tokenizerJson: JsonObject, keep: ReadonlySet<string>): JsonObject {
  const control = addedTokens(tokenizerJson).filter(isControl);
  const contents = new Set(control.map((token) => token.content).filter((content) => !keep.has(content)));
  const ids = new Set(control.map((token) => token.id));
  const list = (tokenizerJson.added_tokens ?? []) as readonly Json[];
  const added = list.filter((entry) => !(isJsonObject(entry) && ids.has(Number(entry.id))));
  const model = isJsonObject(tokenizerJson.model) ? tokenizerJson.model : {};
  return {
    ...tokenizerJson,
    added_tokens: added,
    model: { ...model, vocab: strip(model.vocab ?? {}, contents), ...withoutMerges(model, contents) },
  };
}

/** The merges of a model that are not of such tokens and give none. */
function withoutMerges({ merges, vocab }: JsonObject, contents: ReadonlySet<string>): JsonObject {
  if (!Array.isArray(merges) || !isJsonObject(vocab)) return {};
  if (![...contents].some((content) => Object.hasOwn(vocab, content))) return {};
  const isLeft = (merge: Json): boolean => {
    const [left, right] = (typeof merge === 'string' ? merge.split(' ') : merge) as [string, string];
    return ![left, right, left + right].some((token) => contents.has(token));
  };
  return { merges: (merges as readonly Json[]).filter(isLeft) };
}

/** A vocabulary without some of its entries. Ids stay: in a list (Unigram) an entry is renamed out of reach. */
function strip(vocab: Json, contents: ReadonlySet<string>): Json {
  if (Array.isArray(vocab)) {
    return (vocab as readonly Json[]).map((entry, id) =>
      Array.isArray(entry) && contents.has(String(entry[0])) ? [`${OPEN}${id}`, entry[1] as Json] : entry,
    );
  }
  if (!isJsonObject(vocab) || ![...contents].some((content) => Object.hasOwn(vocab, content))) return vocab;
  return Object.fromEntries(Object.entries(vocab).filter(([token]) => !contents.has(token)));
}

/** Finds and marks what would be read as a control token. */
export class ControlMarker {
  readonly #contents: readonly string[];
  readonly #pattern: RegExp | null;
  readonly #normalize: (text: string) => string;

  /**
   * @param contents - the control tokens as text
   * @param normalize - the tokenizer's normaliser: text may spell a control token only after it (`＜eos＞` under NFKC)
   */
  constructor(contents: readonly string[], normalize: (text: string) => string) {
    this.#contents = contents.filter((content) => content !== '');
    this.#normalize = normalize;
    this.#pattern = alternatives(this.#contents);
  }

  /**
   * Marks every stretch of `text` that spells a control token. The marks count as letters in a template (trimming,
   * joining), and `segments` takes them out again.
   * @param keep - control tokens that are meant, such as the thinking tags in an earlier reply of the model
   */
  mark(text: string, keep: readonly string[] = []): string {
    const clean = text.replace(MARKS, '\u{FFFD}');
    const pattern =
      keep.length === 0 ? this.#pattern : alternatives(this.#contents.filter((c) => !keep.includes(c)));
    if (pattern === null) return clean;
    const ranges = matches(clean, pattern);
    let rest = '';
    let marked = '';
    let at = 0;
    for (const [start, end] of ranges) {
      rest += `${clean.slice(at, start)} `;
      marked += `${clean.slice(at, start)}${OPEN}${hidden(clean.slice(start, end))}${CLOSE}`;
      at = end;
    }
    rest += clean.slice(at);
    if (this.#appearsWhenNormalized(rest, pattern)) return `${OPEN}${hidden(clean)}${CLOSE}`;
    return marked + clean.slice(at);
  }

  /** Marks the strings inside a JSON value; keys too. */
  markJson(value: Json): Json {
    if (typeof value === 'string') return this.mark(value);
    if (Array.isArray(value)) return (value as readonly Json[]).map((item) => this.markJson(item));
    if (!isJsonObject(value) || value instanceof SpelledNumber) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [this.mark(key), this.markJson(item)]),
    );
  }

  #appearsWhenNormalized(rest: string, pattern: RegExp): boolean {
    const normal = this.#normalize(rest);
    if (normal === rest) return false;
    if (matches(normal, pattern).length > 0) return true;
    const folded = alternatives(this.#contents.map((content) => this.#normalize(content)));
    return folded !== null && matches(normal, folded).length > 0;
  }
}

/** Text in which a template finds no thinking tag. */
function hidden(text: string): string {
  return [DEFAULT_TAGS.thinkOpen, DEFAULT_TAGS.thinkClose].reduce(
    (rest, tag) => rest.replaceAll(tag, `${tag[0]}${HIDE}${tag.slice(1)}`),
    text,
  );
}

/** Splits marked text at its marks. */
export function segments(marked: string): Segment[] {
  const result: Segment[] = [];
  let special = true;
  for (const text of marked.split(/([\u{FDD0}\u{FDD1}])/u)) {
    if (text === OPEN) special = false;
    else if (text === CLOSE) special = true;
    else if (text !== '') result.push({ text: text.replaceAll(HIDE, ''), special });
  }
  return result;
}

/** The text with every marked stretch, marks included, as blanks of the same length: what is left may control. */
export function blankMarked(marked: string): string {
  return marked.replace(/\u{FDD0}[^\u{FDD1}]*\u{FDD1}/gu, (stretch) => ' '.repeat(stretch.length));
}

/** The text without its marks. */
export function unmark(marked: string): string {
  return marked.replace(MARKS, '');
}

/** Longest first, looked for at every position: overlapping spellings are all found. */
function alternatives(contents: readonly string[]): RegExp | null {
  const sorted = [...new Set(contents)].filter((c) => c !== '').sort((a, b) => b.length - a.length);
  if (sorted.length === 0) return null;
  return new RegExp(`(?=(${sorted.map((c) => c.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|')}))`, 'g');
}

/** Ranges [start, end) of all matches, overlapping and touching ones joined. */
function matches(text: string, pattern: RegExp): [number, number][] {
  const ranges: [number, number][] = [];
  for (const match of text.matchAll(pattern)) {
    const end = match.index + (match[1] ?? '').length;
    const last = ranges.at(-1);
    if (last !== undefined && match.index <= last[1]) last[1] = Math.max(last[1], end);
    else ranges.push([match.index, end]);
  }
  return ranges;
}
