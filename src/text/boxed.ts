/**
 * @file The boxed answer of a text: the last `\boxed{…}` or `\fbox{…}`, braces in it matched; `\boxed 5` counts as well.
 *
 * Boxes side by side (`\boxed{2} and \boxed{3}`) are one answer. A box that is not closed is none.
 */

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

/** What may stand between boxes that are one answer: `\boxed{2}$ and $\boxed{3}`. */
const BETWEEN_BOXES = /^[\s$,;]*(?:\\text\{\s*(?:and|or)\s*\}|and|or)?[\s$,;]*$/;

/** Boxes looked at, from the last one back. */
const TRIES = 8;

/** What the last closed box holds, together with those right before it, as written; null where there is none. */
export function boxedAnswer(text: string): string | null {
  let box: Box | null = null;
  let from = text.length;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const start = lastBoxStart(text, from);
    if (start === -1) break;
    const next = boxAt(text, start);
    from = start - 1;
    if (box === null) {
      box = next;
      continue;
    }
    const between =
      next && next.end <= box.start && box.start - next.end < 40 ? text.slice(next.end, box.start) : null;
    if (next === null || between === null || !BETWEEN_BOXES.test(between)) break;
    if (next.text.trim() !== box.text.trim())
      box = { start: next.start, end: box.end, text: `${next.text}, ${box.text}` };
  }
  return box?.text ?? null;
}
