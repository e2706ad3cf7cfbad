/**
 * @file The normalizer `Precompiled` of SentencePiece: a table of replacements in a double-array trie (Aoe 1989).
 *
 * `precompiled_charsmap` is base64 of: the trie's size in bytes (uint32), the trie (uint32 each), and the replacements, each
 * ended by a zero byte. Text is looked up a grapheme at a time where it has few bytes, else a character at a time, as the
 * Rust library does.
 */
import type { JsonObject } from '../../records.ts';
import { Unsupported } from './read.ts';

/** Graphemes of as many bytes are looked up by their characters. */
const LONG_GRAPHEME = 6;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** @throws Unsupported where the table is damaged */
export function precompiled(json: JsonObject): (text: string) => string {
  const { precompiled_charsmap: base64 } = json;
  if (typeof base64 !== 'string')
    throw new Unsupported('normalizer Precompiled: precompiled_charsmap is no text');
  const bytes = Buffer.from(base64, 'base64');
  const size = bytes.length < 4 ? Number.NaN : bytes.readUInt32LE(0);
  if (!(size % 4 === 0 && size + 4 <= bytes.length))
    throw new Unsupported('normalizer Precompiled: precompiled_charsmap is damaged');
  const trie = Uint32Array.from({ length: size / 4 }, (_, i) => bytes.readUInt32LE(4 + 4 * i));
  const replacements = bytes.subarray(4 + size);
  const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
  const lookUp = (text: string): string | null => {
    const at = shortestPrefix(trie, encoder.encode(text));
    if (at === null) return null;
    const end = replacements.indexOf(0, at);
    return decoder.decode(replacements.subarray(at, end < 0 ? undefined : end));
  };
  const normalizeGrapheme = (grapheme: string): string => {
    const whole = encoder.encode(grapheme).length < LONG_GRAPHEME ? lookUp(grapheme) : null;
    if (whole !== null) return whole;
    return Array.from(grapheme, (character) => lookUp(character) ?? character).join('');
  };
  return (text) => Array.from(graphemes.segment(text), ({ segment }) => normalizeGrapheme(segment)).join('');
}

/** The value of the shortest key in the trie that the bytes begin with. A unit is Darts' packing of offset, label, leaf. */
function shortestPrefix(trie: Uint32Array, bytes: Uint8Array): number | null {
  const offset = (unit: number): number => (unit >>> 10) << ((unit & (1 << 9)) >>> 6);
  let at = 0;
  let unit = trie[0] ?? 0;
  at ^= offset(unit);
  for (const byte of bytes) {
    if (byte === 0) break;
    at ^= byte;
    unit = trie[at] ?? 0;
    if ((unit & ((1 << 31) | 0xff)) !== byte) return null;
    at ^= offset(unit);
    if (((unit >>> 8) & 1) === 1) return (trie[at] ?? 0) & 0x7fffffff;
  }
  return null;
}
