/**
 * @file The answer of a response: thought, content, tags, box, and the one answer, read once.
 *
 * 1. The thought ends at the first `</think>`. It begins where the prompt or the response opens it; a response that
 *    closes a thought nobody opened began inside it. A thought that never closed leaves no content and no answer.
 * 2. The content is what follows the thought, or all of a response without one. Nothing in a thought is an answer: where
 *    the content holds more thinking tags, only what follows its last closing tag is looked at, up to a tag that opens a
 *    thought again.
 * 3. The last complete `<answer>…</answer>` of that delimits the answer. Without one it is all looked at.
 * 4. The last `\boxed{…}` of what 3. gives is the answer; without a box it is all that 3. gives. A box outside of a
 *    present tag does not compete with the tag, and an empty box is none.
 *
 * `ThinkingParser` tells thought and content apart while a response is still being written. No regular expression runs
 * over the text, so newlines anywhere change nothing.
 */
import type { ReadResponse } from '../records.ts';

/** The tags around thinking, and around the answer. */
export interface Tags {
  readonly thinkOpen: string;
  readonly thinkClose: string;
  readonly answerOpen: string;
  readonly answerClose: string;
}

/** The tags of DeepSeek-R1. */
export const DEFAULT_TAGS: Tags = {
  thinkOpen: '<think>',
  thinkClose: '</think>',
  answerOpen: '<answer>',
  answerClose: '</answer>',
};

/** How a response is to be read. */
export interface ReadOptions {
  /** Whether the prompt opened the thought: `opensThought` of the prompt tells. false unless given. */
  readonly opened?: boolean;
  readonly tags?: Tags;
}

/**
 * Reads a response.
 *
 * @example readResponse('<think> 40 + 2 </think> <answer> 42 </answer>').answer // '42'
 */
export function readResponse(text: string, options: ReadOptions = {}): ReadResponse {
  const { opened = false, tags = DEFAULT_TAGS } = options;
  return describe(text, opened, cutAtThought(text, opened, tags), tags);
}

/** A response as it is read, or read now: a text alone does not tell whether its prompt opened the thought. */
export function asRead(response: string | ReadResponse): ReadResponse {
  return typeof response === 'string' ? readResponse(response) : response;
}

/** Whether a tag or a box marks the answer, be it blank. */
export function isMarked({ tagged, boxed }: ReadResponse): boolean {
  return tagged !== null || boxed !== null;
}

/**
 * The response whose thought and content are known apart, as an endpoint tells them in `reasoning_content`. Its text is
 * the thought between tags, then the content. Thinking tags in the content are letters of it.
 *
 * @param thought - null where there is none
 * @param content - null where the response ended inside the thought
 */
export function responseOfParts(thought: string | null, content: string | null): ReadResponse {
  if (thought === null) {
    const whole = content ?? '';
    return describe(whole, false, { thought, after: whole, begun: false, apart: true }, DEFAULT_TAGS);
  }
  const { thinkOpen, thinkClose } = DEFAULT_TAGS;
  const text = `${thinkOpen}\n${thought}\n${content === null ? '' : `${thinkClose}\n\n${content}`}`;
  const cut = { thought: thought.trim(), after: content, begun: true, apart: true };
  return { ...describe(text, false, cut, DEFAULT_TAGS), wellFormed: content !== null };
}

/** A response cut where its thought ends. */
interface Cut {
  readonly thought: string | null;
  /** What follows the closing tag, as written, or all of a response without a thought; null where it never closed. */
  readonly after: string | null;
  /** The thought was opened by the prompt or by the first thing in the response. */
  readonly begun: boolean;
  /** Thought and content came apart: tags in the content begin and end no thought. */
  readonly apart?: boolean;
}

function cutAtThought(text: string, opened: boolean, { thinkOpen, thinkClose }: Tags): Cut {
  const lead = text.trimStart();
  const begun = lead.startsWith(thinkOpen);
  if (begun || opened)
    return { ...closing('', begun ? lead.slice(thinkOpen.length) : text, thinkClose), begun: true };
  const open = text.indexOf(thinkOpen);
  const close = text.indexOf(thinkClose);
  if (open < 0 && close < 0) return { thought: null, after: text, begun };
  if (open < 0 || (close >= 0 && close < open)) return { ...closing('', text, thinkClose), begun };
  return { ...closing(text.slice(0, open), text.slice(open + thinkOpen.length), thinkClose), begun };
}

/** The thought up to its closing tag, and what follows. */
function closing(before: string, text: string, thinkClose: string): Omit<Cut, 'begun'> {
  const close = text.indexOf(thinkClose);
  if (close < 0) return { thought: (before + text).trim(), after: null };
  return { thought: (before + text.slice(0, close)).trim(), after: text.slice(close + thinkClose.length) };
}

function describe(text: string, opened: boolean, cut: Cut, tags: Tags): ReadResponse {
  const { thought, after, begun, apart = false } = cut;
  const content = after === null ? null : contentOf(after, thought !== null, tags);
  const last = apart ? (after ?? '') : after === null ? '' : afterLastThought(after, tags);
  const tagged = taggedAnswer(last, tags);
  const said = notBlank(tagged?.trim() ?? contentOf(last, thought !== null, tags));
  const boxed = said === null ? null : boxedAnswer(said);
  const opens = count(text, tags.thinkOpen) + (opened ? 1 : 0);
  return {
    text,
    opened,
    thought,
    closed: thought !== null && after !== null,
    content,
    tagged,
    boxed,
    said,
    answer: notBlank((boxed ?? withoutEmptyBoxes(said ?? '')).trim()),
    wellFormed: opens === 1 && count(text, tags.thinkClose) === 1 && begun && content !== null,
    r1Zero: hasR1ZeroFormat(opened ? tags.thinkOpen + text : text, tags),
  };
}

/** What follows the thought without the answer tags it begins with. A response without tags stays as it is. */
function contentOf(after: string, afterThought: boolean, { answerOpen, answerClose }: Tags): string | null {
  const lead = after.trimStart();
  if (!lead.startsWith(answerOpen)) return (afterThought ? after.trim() : after) || null;
  const inner = lead.slice(answerOpen.length);
  const close = inner.indexOf(answerClose);
  const bare = close < 0 ? inner : inner.slice(0, close) + inner.slice(close + answerClose.length);
  return bare.trim() || null;
}

/** What follows the last thought, up to one that is opened again. */
function afterLastThought(text: string, { thinkOpen, thinkClose }: Tags): string {
  const close = text.lastIndexOf(thinkClose);
  const rest = close < 0 ? text : text.slice(close + thinkClose.length);
  const open = rest.indexOf(thinkOpen);
  return open < 0 ? rest : rest.slice(0, open);
}

/** The inside of the last complete answer tag, as written. */
function taggedAnswer(text: string, { answerOpen, answerClose }: Tags): string | null {
  const close = text.lastIndexOf(answerClose);
  const open = close < 0 ? -1 : text.lastIndexOf(answerOpen, close);
  return open < 0 ? null : text.slice(open + answerOpen.length, close);
}

/** @param text - with the opening tag that the prompt wrote */
function hasR1ZeroFormat(text: string, { thinkOpen, thinkClose, answerOpen, answerClose }: Tags): boolean {
  const body = text.trim();
  if ([thinkOpen, thinkClose, answerOpen, answerClose].some((tag) => count(body, tag) !== 1)) return false;
  if (!body.startsWith(thinkOpen) || !body.endsWith(answerClose)) return false;
  const close = body.indexOf(thinkClose);
  const open = body.indexOf(answerOpen);
  const between = body.slice(close + thinkClose.length, open);
  const answer = body.slice(open + answerOpen.length, body.length - answerClose.length);
  return close < open && between.trim() === '' && answer.trim() !== '';
}

function notBlank(text: string | null): string | null {
  return text === null || text.trim() === '' ? null : text;
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** Longest answer taken out of a box. */
const MAX_BOX = 4000;

/** The position after the brace that closes the group opened at `open`, or -1. */
function endOfGroup(text: string, open: number): number {
  let depth = 0;
  const limit = Math.min(text.length, open + MAX_BOX);
  for (let i = open; i < limit; i += 1) {
    const sign = text[i];
    if (sign === '\\') i += 1;
    else if (sign === '{') depth += 1;
    else if (sign === '}') {
      depth -= 1;
      if (depth === 0) return i + 1;
    }
  }
  return -1;
}

interface Box {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const BOX = /\\(?:boxed|fbox)\s*/y;

/** The box that begins at `start`, or null where it is not closed. */
function boxAt(text: string, start: number): Box | null {
  BOX.lastIndex = start;
  const head = BOX.exec(text);
  if (head === null) return null;
  const open = start + head[0].length;
  if (text[open] === '{') {
    const end = endOfGroup(text, open);
    return end === -1 ? null : { start, end, text: text.slice(open + 1, end - 1) };
  }
  const bare = /^[^\s$.,;]{1,40}/.exec(text.slice(open, open + 40))?.[0];
  return bare === undefined ? null : { start, end: open + bare.length, text: bare };
}

/** The start of the last box before `from`. */
function lastBoxStart(text: string, from: number): number {
  if (from < 0) return -1;
  return Math.max(text.lastIndexOf('\\boxed', from), text.lastIndexOf('\\fbox', from));
}

/** Layout between boxes: white space, delimiters of formulas, bold, commas, spaces of LaTeX. */
const LAYOUT = /\\(?:q?quad|[,;:! ]|[[\]()]|\\)|[\s$,;*~&]/g;
/** What is left between boxes that are one answer: "and", "or", and the name that the next one is given to. */
const BETWEEN_BOXES =
  /^(?:\\(?:text|textbf|mathrm)\{(?:and|or)\}|and|or)?(?:[A-Za-z](?:_\{?[A-Za-z0-9]{1,4}\}?)?=)?$/;
/** A name that the box after it is given to: `x_1 = \boxed{2}`. */
const NAME_BEFORE = /(?<![A-Za-z\\])([A-Za-z](?:_\{?[A-Za-z0-9]{1,4}\}?)?)\s*=\s*\$?\s*$/;

/** Boxes looked at, from the last one back. */
const TRIES = 8;
/** Longest text between boxes that are one answer. */
const MAX_BETWEEN = 80;

/** Whether a box and the one after it are one answer. */
function areOneAnswer(text: string, box: Box, after: Box): boolean {
  if (box.end > after.start || after.start - box.end > MAX_BETWEEN) return false;
  return BETWEEN_BOXES.test(text.slice(box.end, after.start).replace(LAYOUT, ''));
}

/**
 * What the boxes of an answer hold, as written: the last closed box that is not empty, and those right before it. Boxes
 * that all follow a name (`x = \boxed{2}$ and $y = \boxed{3}`) are given with their names. A text that stands in several
 * is given once. Empty where there is no box.
 */
export function answerBoxes(text: string): string[] {
  const boxes: Box[] = [];
  let from = text.length;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const start = lastBoxStart(text, from);
    if (start === -1) break;
    const box = boxAt(text, start);
    from = start - 1;
    if (box === null || box.text.trim() === '') {
      if (boxes.length > 0) break;
      continue;
    }
    if (boxes.length > 0 && !areOneAnswer(text, box, boxes[0]!)) break;
    boxes.unshift(box);
  }
  if (boxes.length < 2) return boxes.map((box) => box.text);
  const names = boxes.map(({ start }) => NAME_BEFORE.exec(text.slice(Math.max(0, start - 20), start))?.[1]);
  const named = names.every((name) => name !== undefined);
  const held = boxes.map((box, i) => (named ? `${names[i]} = ${box.text.trim()}` : box.text));
  return held.filter((one, i) => held.findIndex((other) => other.trim() === one.trim()) === i);
}

/** What the last closed box holds, together with those right before it, as written; null where there is none. */
export function boxedAnswer(text: string): string | null {
  const boxes = answerBoxes(text);
  return boxes.length === 0 ? null : boxes.join(', ');
}

const EMPTY_BOX = /\\(?:boxed|fbox)\s*\{\s*\}/g;

/** A text without its empty boxes: they mark nothing, and say nothing. */
function withoutEmptyBoxes(text: string): string {
  return text.replace(EMPTY_BOX, '');
}
