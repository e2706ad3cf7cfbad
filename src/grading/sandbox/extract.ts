/**
 * @file The program in a response.
 */
import { DEFAULT_TAGS } from '../../text/index.ts';
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

/** The inside of the last complete `<answer>…</answer>`, or null. */
function tagged(text: string): string | null {
  const close = text.lastIndexOf(DEFAULT_TAGS.answerClose);
  const open = close === -1 ? -1 : text.lastIndexOf(DEFAULT_TAGS.answerOpen, close);
  return open === -1 ? null : text.slice(open + DEFAULT_TAGS.answerOpen.length, close);
}

/**
 * The program a response gives, or null where it gives none: after the thought, the last closed fenced block of the
 * language, else the last one that names no language, else the inside of the last `<answer>`. A block that was never
 * closed is no program: the response was cut in it.
 */
export function extractCode(response: string, language: Language): string | null {
  const close = response.lastIndexOf(DEFAULT_TAGS.thinkClose);
  const reply = close === -1 ? response : response.slice(close + DEFAULT_TAGS.thinkClose.length);
  // An answer tag on the line of a fence would hide it.
  const blocks = fences(
    reply.replaceAll(DEFAULT_TAGS.answerOpen, '\n').replaceAll(DEFAULT_TAGS.answerClose, '\n'),
  );
  const own = blocks.findLast(({ name }) => FENCE_NAMES[language].includes(name));
  const body = (own ?? blocks.findLast(({ name }) => name === ''))?.body ?? tagged(reply);
  return body === null || body.trim() === '' ? null : body;
}
