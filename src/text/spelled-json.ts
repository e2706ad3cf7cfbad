/**
 * @file JSON whose numbers keep their spelling: Python tells 1 from 1.0 and reads integers exactly, JavaScript does not.
 *
 * Chat templates write tools and arguments of calls as JSON again, as the model saw them in training: `1.0` stays `1.0`.
 */
import { randomUUID } from 'node:crypto';
import type { Json } from '../records.ts';

/** A number whose spelling JavaScript would lose. As JSON it is the number. */
export class SpelledNumber extends Number {
  readonly spelling: string;

  constructor(spelling: string) {
    super(Number(spelling));
    this.spelling = spelling;
  }

  /** An integer in Python: digits only. */
  get isInteger(): boolean {
    return !/[.eE]/.test(this.spelling);
  }
}

const isLost = (spelling: string): boolean => JSON.stringify(Number(spelling)) !== spelling;

/** Numbers that may be spelled otherwise than JavaScript spells them. */
const SUSPECT = /\d[.eE]|\d{16}|-0/;
const NUMBER = /-?\d[\d.eE+-]*/y;

/**
 * `JSON.parse`, where numbers whose spelling would be lost are `SpelledNumber`s.
 * @throws SyntaxError for a text that is no JSON
 */
export function parseSpelled(text: string): Json {
  const plain = JSON.parse(text) as Json;
  if (!SUSPECT.test(text)) return plain;
  // No text can hold what is drawn now.
  const mark = randomUUID();
  const marked = withMarks(text, mark);
  if (marked === null) return plain;
  const read = (_key: string, value: Json): unknown =>
    typeof value === 'string' && value.startsWith(mark) ? new SpelledNumber(value.slice(mark.length)) : value;
  return JSON.parse(marked, read) as Json;
}

/** The text with the numbers that would be lost as marked strings; null where there are none. */
function withMarks(text: string, mark: string): string | null {
  const pieces: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; ) {
    const letter = text[at]!;
    if (letter === '"') at = afterString(text, at);
    else if (letter === '-' || (letter >= '0' && letter <= '9')) {
      NUMBER.lastIndex = at;
      const [spelling] = NUMBER.exec(text)!;
      if (isLost(spelling)) {
        pieces.push(text.slice(from, at), `"${mark}${spelling}"`);
        from = at + spelling.length;
      }
      at += spelling.length;
    } else at++;
  }
  return pieces.length === 0 ? null : pieces.join('') + text.slice(from);
}

function afterString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** A value as JSON text, its numbers as they are spelled. */
export function writeSpelled(value: Json): string {
  if (value instanceof SpelledNumber) return value.spelling;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(writeSpelled).join(',')}]`;
  const members = Object.entries(value).flatMap(([key, part]) =>
    (part as Json | undefined) === undefined ? [] : [`${JSON.stringify(key)}:${writeSpelled(part)}`],
  );
  return `{${members.join(',')}}`;
}

/** Whether a value holds a number whose spelling JavaScript would lose. */
export function hasSpelled(value: Json): boolean {
  if (value instanceof SpelledNumber) return true;
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value as { readonly [key: string]: Json }).some(hasSpelled);
}
