/**
 * @file Finding the answer in a response, and the reference in a worked solution.
 *
 * In a response: the last `\boxed{…}` or `<answer>…</answer>`, whichever ends later; else what follows `####`; else what
 * follows "the answer is" and the like; else the response's final expression. Searches run over its last part only, so
 * that their time is bounded.
 */

/** How an answer was found. */
export interface Found {
  readonly text: string;
  /** `box`: marked as the answer; `phrase`: after words that announce it; `whole`: nothing marks it. */
  readonly by: 'box' | 'phrase' | 'whole';
}

/** Characters at the end of a response that are searched for phrases and final expressions. */
const TAIL = 2000;
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

/** The last box, together with those that stand right before it. An unclosed one is no box. */
function lastBox(text: string): Box | null {
  let box: Box | null = null;
  let from = text.length;
  for (let tries = 0; tries < 8; tries += 1) {
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
  return box;
}

/** The inside of the last complete `<answer>…</answer>`. */
function lastTagged(text: string): Box | null {
  const close = text.lastIndexOf('</answer>');
  const open = close === -1 ? -1 : text.lastIndexOf('<answer>', close);
  if (open === -1) return null;
  return { start: open, end: close + 9, text: text.slice(open + 8, close).trim() };
}

/** What is marked as the answer. */
export function markedAnswer(text: string): string | null {
  const [box, tagged] = [lastBox(text), lastTagged(text)];
  if (tagged !== null && (box === null || tagged.end > box.end)) {
    return box !== null && box.start > tagged.start ? box.text : tagged.text;
  }
  return box?.text ?? null;
}

const PHRASES =
  /(?:\banswer|\bans|\bresult|\bsolution)\*{0,2}(?: to [^.\n:]{1,80}?| here)? ?(?:is|are|:|=|:\*\*)(?: therefore| thus| simply| equal to)?\*{0,2} ?:?|答案(?:是|为|：|:)+|####/gi;

/** What follows the last phrase that announces the answer, up to the end of its line. */
function announced(tail: string): string | null {
  let last: RegExpExecArray | null = null;
  for (const match of tail.matchAll(PHRASES)) last = match;
  if (last === null) return null;
  const rest = tail.slice(last.index + last[0].length).trimStart();
  const line = rest.startsWith('$$') || rest.startsWith('\\[') ? rest : (rest.split('\n')[0] ?? '');
  const text = line
    .replace(/\.(?:\s.*)?$/s, (end) => (/^\.\s*$/.test(end) || /^\.\s+[A-Z]/.test(end) ? '' : end))
    .trim();
  return text === '' ? null : text;
}

/** The response after its thought. A thought that is not closed is all there is. */
export function withoutThought(response: string): string {
  const close = response.lastIndexOf('</think>');
  const rest = close === -1 ? response : response.slice(close + '</think>'.length);
  return rest.trim() === '' ? response : rest;
}

/** Where the answer of a response stands; null for a response of nothing but white space. */
export function findAnswer(response: string): Found | null {
  const visible = withoutThought(response);
  const marked = markedAnswer(visible);
  if (marked !== null) return { text: marked, by: 'box' };
  const tail = visible.slice(-TAIL).trim();
  const phrase = announced(tail);
  if (phrase !== null) return { text: phrase, by: 'phrase' };
  return tail === '' ? null : { text: tail, by: 'whole' };
}

/** A reference: bare, in a box, or at the end of a worked solution. */
export function findReference(reference: string): string {
  const marked = markedAnswer(reference);
  if (marked !== null) return marked;
  const hashes = reference.lastIndexOf('####');
  return hashes === -1 ? reference : reference.slice(hashes + 4).trim();
}

const MATH_SEGMENTS =
  /\$\$([^$]{1,1000})\$\$|\$([^$\n]{1,500})\$|\\\(([^\n]{1,500}?)\\\)|\\\[([^$]{1,1000}?)\\\]/g;
const NUMBERS = /(?:\\?\$ ?)?[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:\/\d+)?(?:\s?(?:\\?%|°))?/g;
/** Words that lead up to an expression. */
const LEAD =
  /^(?:(?:so|thus|hence|therefore|then|finally|now|and|but|we (?:get|have|find|obtain)|that is|i\.e\.)(?:[\s,:]+|$))+/i;

/** A text without the words that lead up to its expression. */
export function withoutLead(text: string): string {
  return text.replace(LEAD, '');
}

/** The last mathematics between delimiters, joined with what it is listed with; null where there is none. */
function lastSegment(tail: string): string | null {
  const segments = [...tail.matchAll(MATH_SEGMENTS)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    text: match.slice(1).find((part) => part !== undefined)!,
  }));
  let last = segments.pop();
  for (let next = segments.pop(); last !== undefined && next !== undefined; next = segments.pop()) {
    const between = /^\s*(?:,|,? ?(and|or))\s*$/.exec(tail.slice(next.end, last.start));
    if (between === null) break;
    last = { start: next.start, end: last.end, text: `${next.text} ${between[1] ?? ','} ${last.text}` };
  }
  return last?.text ?? null;
}

/** Whether words stand before the first mathematics between delimiters. */
export function leadsWithWords(text: string): boolean {
  const first = text.search(/\$|\\[([]/);
  return first > 0 && /\p{L}{2}/u.test(text.slice(0, first));
}

/** The final expression of a text, in the order in which readings are tried. */
export function finalExpressions(text: string): string[] {
  const tail = text.slice(-TAIL);
  const found: string[] = [];
  const last = tail.trimEnd().split('\n').at(-1)!.trim();
  const sentence =
    last
      .replace(/[.。!]\s*$/, '')
      .split(/(?<=[a-z)$])[.!?] +(?=[A-Z])/)
      .at(-1) ?? '';
  const segment = lastSegment(tail);
  if (segment !== null) found.push(segment);
  else {
    const is = sentence.split(/\s(?:is|are|equals|be|was|get|gives|has|have)\s|:\s|：|[为是]/).at(-1);
    found.push(withoutLead(sentence));
    if (is !== undefined && is !== sentence) found.push(is);
    const equal = sentence.lastIndexOf('=');
    if (equal !== -1) found.push(sentence.slice(equal + 1));
  }
  const number = tail.match(NUMBERS)?.at(-1);
  if (number !== undefined) found.push(number);
  return found;
}

/** The letter a response ends on, where the reference is a letter: `(B)`, `option B`, a last line `B`. */
export function finalLetter(text: string): string | null {
  const tail = text.slice(-400);
  const bracketed = [...tail.matchAll(/\(([A-J])\)/g)].at(-1)?.[1];
  if (bracketed !== undefined) return bracketed;
  const announcedLetter = [
    ...tail.matchAll(/(?:[Oo]ption|[Cc]hoice|[Aa]nswer|is|:)\s*\**([A-J])(?![A-Za-z'])/g),
  ].at(-1)?.[1];
  return announcedLetter ?? /(?:^|\n)\s*\**([A-J])(?:[.):]|\**\s*$)/.exec(tail)?.[1] ?? null;
}
