/**
 * @file Depth of a JSON text, the place of its first syntax error, and numbers as they are spelled.
 *
 * `JSON.parse` of Node 20 names no position for some errors, no limit of depth, and rounds integers beyond 2^53; the
 * passes here are iterative and linear, so a hostile text costs no more than its length.
 */

const CODE = {
  quote: 34,
  comma: 44,
  colon: 58,
  open: 91,
  escape: 92,
  close: 93,
  begin: 123,
  end: 125,
} as const;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;
const INTEGER = /-?\d+(?![\w.+-])/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** The deepest nesting of arrays and objects in a text; right for well-formed JSON. */
export function jsonDepth(text: string): number {
  let [depth, deepest] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === CODE.quote) at = afterString(text, at) - 1;
    else if (code === CODE.open || code === CODE.begin) deepest = Math.max(deepest, ++depth);
    else if (code === CODE.close || code === CODE.end) depth -= 1;
  }
  return deepest;
}

/** The index after a string's closing quote, or the text's end. */
function afterString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === CODE.escape) at += 1;
    else if (code === CODE.quote) return at + 1;
  }
  return text.length;
}

/**
 * The digits of a number that is a field of the outermost object, where that is spelled as an integer.
 * @param text - well-formed JSON
 * @returns of several fields of that name the last, as `JSON.parse` has it; null where there is none
 */
export function integerField(text: string, name: string): bigint | null {
  let found: bigint | null = null;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === CODE.open || code === CODE.begin) depth += 1;
    else if (code === CODE.close || code === CODE.end) depth -= 1;
    if (code !== CODE.quote) continue;
    const end = afterString(text, at);
    const colon = skipBlank(text, end);
    if (depth === 1 && text.charCodeAt(colon) === CODE.colon && JSON.parse(text.slice(at, end)) === name) {
      INTEGER.lastIndex = skipBlank(text, colon + 1);
      const digits = INTEGER.exec(text)?.[0];
      found = digits === undefined ? null : BigInt(digits);
    }
    at = end - 1;
  }
  return found;
}

/** Where a text first departs from JSON: an index into it, its length where it ends too early, null where it is JSON. */
export function jsonErrorAt(text: string): number | null {
  const open: ('array' | 'object')[] = [];
  let expected: 'value' | 'value-or-close' | 'key' | 'key-or-close' | 'colon' | 'next' = 'value';
  for (let at = skipBlank(text, 0); ; at = skipBlank(text, at)) {
    if (at >= text.length) return expected === 'next' && open.length === 0 ? null : text.length;
    const code = text.charCodeAt(at);
    const inside = open.at(-1);
    if (expected === 'colon') {
      if (code !== CODE.colon) return at;
      expected = 'value';
      at += 1;
    } else if (closes(code, inside, expected)) {
      open.pop();
      expected = 'next';
      at += 1;
    } else if (expected === 'next') {
      if (code !== CODE.comma || inside === undefined) return at;
      expected = inside === 'array' ? 'value' : 'key';
      at += 1;
    } else if (expected === 'key' || expected === 'key-or-close') {
      if (code !== CODE.quote) return at;
      const [end, bad] = readString(text, at);
      if (bad) return end;
      expected = 'colon';
      at = end;
    } else if (code === CODE.open || code === CODE.begin) {
      open.push(code === CODE.open ? 'array' : 'object');
      expected = code === CODE.open ? 'value-or-close' : 'key-or-close';
      at += 1;
    } else {
      const [end, bad] = code === CODE.quote ? readString(text, at) : readScalar(text, at);
      if (bad) return end;
      expected = 'next';
      at = end;
    }
  }
}

function closes(code: number, inside: 'array' | 'object' | undefined, expected: string): boolean {
  if (expected !== 'next' && !expected.endsWith('-or-close')) return false;
  return (code === CODE.close && inside === 'array') || (code === CODE.end && inside === 'object');
}

function skipBlank(text: string, start: number): number {
  let at = start;
  while (at < text.length && ' \t\n\r'.includes(text[at]!)) at += 1;
  return at;
}

/** The index after the string, or of what is wrong in it. */
function readString(text: string, start: number): readonly [at: number, bad: boolean] {
  for (let at = start + 1; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === CODE.quote) return [at + 1, false];
    if (code < 32) return [at, true];
    if (code !== CODE.escape) at += 1;
    else {
      ESCAPE.lastIndex = at;
      const sequence = ESCAPE.exec(text)?.[0];
      if (sequence === undefined) return [at, true];
      at += sequence.length;
    }
  }
  return [text.length, true];
}

function readScalar(text: string, at: number): readonly [at: number, bad: boolean] {
  SCALAR.lastIndex = at;
  const scalar = SCALAR.exec(text)?.[0];
  return scalar === undefined ? [at, true] : [at + scalar.length, false];
}
