/**
 * @file GPT-2's alphabet of bytes: each byte as one printable letter, so that byte-level tokens can be written as text.
 *
 * Printable characters of Latin-1 stand for themselves; the other 68 bytes are the letters from U+0100 on.
 */

function isPrintable(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
}

/** The letter of each byte; the index is the byte. */
export const BYTE_LETTERS: readonly string[] = lettersOfBytes();

/** The byte of each letter. */
export const LETTER_BYTES: ReadonlyMap<string, number> = new Map(
  BYTE_LETTERS.map((letter, byte) => [letter, byte]),
);

function lettersOfBytes(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isPrintable(byte) ? byte : next++));
}

const encoder = new TextEncoder();

/** The UTF-8 bytes of a text, written in letters. */
export function byteLetters(text: string): string {
  let letters = '';
  for (const byte of encoder.encode(text)) letters += BYTE_LETTERS[byte];
  return letters;
}
