/**
 * @file Maths in Markdown: `\( \)` and `$ $` in a line, `\[ \]`, `$$ $$` and bare `\begin{align}` … displayed.
 *
 * `$` is read by Pandoc's rule, so that prices stay prices: what opens has no space after it, what closes none before it
 * and no digit after it. While text still comes (`env.streaming`), maths that opens with a backslash or `$$` and has not
 * closed yet is a token `math_pending`, not letters that would turn into a formula later.
 */
import type { MarkdownIt, StateBlock, StateInline } from 'markdown-it';

function isStreaming({ env }: StateBlock | StateInline): boolean {
  return (env as { readonly streaming?: boolean }).streaming === true;
}

interface Delimiter {
  readonly open: string;
  readonly close: string;
  readonly display: boolean;
}

const INLINE: readonly Delimiter[] = [
  { open: '\\(', close: '\\)', display: false },
  { open: '\\[', close: '\\]', display: true },
  { open: '$$', close: '$$', display: true },
  { open: '$', close: '$', display: false },
];

const BACKSLASH = 0x5c;

/** Longest formula between single dollars: further away, two dollars are not a pair. */
const DOLLAR_REACH = 2000;

const ENVIRONMENT = /^\\begin\{((?:align|alignat|equation|gather|split|multline)\*?)\}/;

export function mathRules(md: MarkdownIt): void {
  md.inline.ruler.before('escape', 'math', inlineMath);
  md.block.ruler.before('fence', 'math', blockMath, {
    alt: ['paragraph', 'reference', 'blockquote', 'list'],
  });
}

/** Delimiters known to have no end in a text, so that a text of nothing but openings is searched once for each. */
const unclosed = new WeakMap<object, Set<string>>();

function knownUnclosed(state: object, close: string): boolean {
  return unclosed.get(state)?.has(close) ?? false;
}

function rememberUnclosed(state: object, close: string): void {
  const known = unclosed.get(state) ?? new Set();
  unclosed.set(state, known.add(close));
}

function inlineMath(state: StateInline, silent: boolean): boolean {
  const { pos, src } = state;
  const delimiter = INLINE.find(({ open }) => src.startsWith(open, pos));
  if (delimiter === undefined) return false;
  const { open, close, display } = delimiter;
  const start = pos + open.length;
  const end = findClose(state, delimiter, start);
  if (end !== null && src.slice(start, end).trim() !== '') {
    if (!silent) pushMath(state, src.slice(start, end), open, display);
    state.pos = end + close.length;
    return true;
  }
  if (end === null && open !== '$' && isStreaming(state)) {
    if (!silent) state.push('math_pending', '', 0).content = src.slice(pos, state.posMax);
    state.pos = state.posMax;
    return true;
  }
  if (!open.startsWith('$')) return false;
  if (!silent) state.pending += open;
  state.pos = start;
  return true;
}

function pushMath(state: StateInline | StateBlock, tex: string, markup: string, display: boolean): void {
  const token = state.push(display ? 'math_display' : 'math_inline', '', 0);
  token.content = tex;
  token.markup = markup;
}

function findClose(state: StateInline, delimiter: Delimiter, start: number): number | null {
  const { close, open } = delimiter;
  if (open === '$') return findDollar(state, start);
  if (knownUnclosed(state, close)) return null;
  const end = scan(state, close, start, state.posMax, () => true);
  if (end < state.posMax) return end;
  rememberUnclosed(state, close);
  return null;
}

/** Up to where a text was searched for a closing dollar without finding one, so that no part is searched twice. */
const searched = new WeakMap<object, { readonly from: number; readonly to: number }>();

function findDollar(state: StateInline, start: number): number | null {
  const { posMax, src } = state;
  if (/[\s$]|^$/.test(src.charAt(start))) return null;
  const before = searched.get(state);
  const known = before !== undefined && before.from <= start && start < before.to ? before : null;
  const max = Math.min(posMax, start + DOLLAR_REACH);
  const end = scan(state, '$', known?.to ?? start, max, closesDollar);
  if (end < max) return end;
  searched.set(state, { from: known?.from ?? start, to: Math.max(end, known?.to ?? 0) });
  return null;
}

/** Where `close` stands without a backslash before it; `max` or more where it does not. */
function scan(
  { src }: StateInline,
  close: string,
  start: number,
  max: number,
  closes: (src: string, pos: number) => boolean,
): number {
  let pos = start;
  for (; pos < max; pos++) {
    if (src.startsWith(close, pos) && closes(src, pos)) return pos;
    if (src.charCodeAt(pos) === BACKSLASH) pos += 1;
  }
  return pos;
}

function closesDollar(src: string, pos: number): boolean {
  const before = src[pos - 1]!;
  if (before === ' ' || before === '\n' || before === '\t') return false;
  const after = src.charAt(pos + 1);
  return after !== '$' && !(after >= '0' && after <= '9');
}

/** A formula with lines of its own. One that shares its first or last line with text is left to the paragraph. */
function blockMath(state: StateBlock, startLine: number, endLine: number, silent: boolean): boolean {
  if (state.sCount[startLine]! - state.blkIndent >= 4) return false;
  const first = lineText(state, startLine);
  const environment = ENVIRONMENT.exec(first);
  const close = environment !== null ? `\\end{${environment[1]}}` : closeOf(first);
  if (close === null) return false;
  const open = environment === null ? first.slice(0, 2) : '';
  const last = knownUnclosed(state, close) ? null : lastLine(state, startLine, endLine, open, close);
  if (last === 'shared') return false;
  if (last === null && !isStreaming(state)) return false;
  const end = last ?? endLine - 1;
  const text = state.getLines(startLine, end + 1, state.blkIndent, false).trim();
  if (last !== null && environment === null && text.slice(2, -2).trim() === '') return false;
  if (silent) return true;
  state.line = end + 1;
  if (last === null) state.push('math_pending_block', '', 0).content = text;
  else if (environment !== null) pushMath(state, text, '', true);
  else pushMath(state, text.slice(2, -2), open, true);
  state.tokens.at(-1)!.map = [startLine, state.line];
  return true;
}

function closeOf(line: string): string | null {
  if (line.startsWith('$$')) return '$$';
  return line.startsWith('\\[') ? '\\]' : null;
}

function lineText(state: StateBlock, line: number): string {
  return state.src.slice(state.bMarks[line]! + state.tShift[line]!, state.eMarks[line]);
}

/** The line that ends with `close`; `shared` where text follows it, null where it does not come. */
function lastLine(
  state: StateBlock,
  startLine: number,
  endLine: number,
  open: string,
  close: string,
): number | 'shared' | null {
  // A formula that begins outside a list item ends the item, and may go on outside it.
  const indent = Math.min(state.blkIndent, state.sCount[startLine]!);
  for (let line = startLine; line < endLine; line++) {
    const text = lineText(state, line);
    if (line > startLine && text !== '' && state.sCount[line]! < indent) return null;
    const at = text.indexOf(close, line === startLine ? open.length : 0);
    if (at !== -1) return text.slice(at + close.length).trim() === '' ? line : 'shared';
  }
  rememberUnclosed(state, close);
  return null;
}
