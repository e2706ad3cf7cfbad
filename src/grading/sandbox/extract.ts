/** @file Program in a response: a fenced block, or the inside of the answer tag. */
import type { ReadResponse } from '../../records.ts';
import { asRead, DEFAULT_TAGS } from '../../text/index.ts';
import type { Language } from './tests.ts';

/** How a fence names each language. */
const FENCE_NAMES: { readonly [name in Language]: readonly string[] } = {
  python: ['python', 'python3', 'py', 'py3'],
  javascript: ['javascript', 'js', 'mjs', 'cjs', 'node', 'nodejs'],
};

interface Fence {
  readonly name: string;
  readonly body: string;
}

/** All closed fenced blocks of a text: three or more backquotes or tildes at the start of a line. */
function fences(text: string): Fence[] {
  const found: Fence[] = [];
  let open: { mark: string; name: string; body: string[] } | null = null;
  for (const line of text.split(/\r?\n/u)) {
    const [, mark = '', name = ''] = /^ {0,3}(`{3,}|~{3,})\s*([^\s`]*)/u.exec(line) ?? [];
    if (open === null) {
      if (mark !== '') open = { mark, name: name.toLowerCase(), body: [] };
    } else if (mark.startsWith(open.mark) && name === '') {
      found.push({ name: open.name, body: open.body.join('\n') });
      open = null;
    } else {
      open.body.push(line);
    }
  }
  return found;
}

/**
 * The program a response gives, or null where it gives none: the last closed fenced block of the language, else the last
 * one that names no language, else the inside of the answer tag. An answer tag delimits where blocks are looked for;
 * without it that is all that follows the thought. A block that was never closed is no program: the response was cut in
 * it.
 */
export function extractCode(response: string | ReadResponse, language: Language): string | null {
  const { tagged, said } = asRead(response);
  // A tag that was never closed, on the line of a fence, would hide it.
  const text = tagged ?? (said ?? '').replaceAll(DEFAULT_TAGS.answerOpen, '\n');
  const blocks = fences(text);
  const own = blocks.findLast(({ name }) => FENCE_NAMES[language].includes(name));
  const body = (own ?? blocks.findLast(({ name }) => name === ''))?.body ?? tagged;
  return body === null || body.trim() === '' ? null : dedented(body);
}

/** A program without the white space around it and the indentation all of its lines share: a tag is often followed by a space. */
function dedented(program: string): string {
  const lines = program
    .replace(/^(?:[^\S\n]*\n)+/u, '')
    .trimEnd()
    .split('\n');
  const indents = lines
    .filter((line) => line.trim() !== '')
    .map((line) => /^[^\S\n]*/u.exec(line)![0].length);
  const shared = Math.min(...indents);
  const whole = lines.map((line) => line.slice(shared)).join('\n');
  // Only the first line is indented: what stands before it belongs to the tag.
  return shared === 0 ? whole.trimStart() : whole;
}
