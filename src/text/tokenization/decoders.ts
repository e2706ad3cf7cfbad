/**
 * @file Decoders of a tokenizer.json: tokens → text.
 *
 * As in the Rust library, but for two things. An added token stays the text it is, where Rust's `ByteLevel` reads letters
 * such as é in it as bytes. In a run of bytes that is no UTF-8, Rust's `ByteFallback` gives U+FFFD for every byte; here the
 * characters around the broken bytes stay, so that a text decoded while it arrives is the text decoded whole.
 */
import type { Json, JsonObject } from '../../records.ts';
import { LETTER_BYTES } from '../byte-letters.ts';
import { prependScheme } from './pre-tokenizers.ts';
import { flag, listIn, makerOf, objectIn, textIn, Unsupported } from './read.ts';
import { replacer } from './split.ts';

/** Tokens → texts that are joined, or go through the next decoder. */
export type Decoder = (tokens: readonly string[]) => string[];

const PART = 'decoder';

type Maker = (json: JsonObject, added: ReadonlySet<string>) => Decoder;

const MAKERS: { readonly [type: string]: Maker } = {
  Sequence: (json, added) => {
    const steps = listIn(json, 'decoders', PART).map((step) => decoder(step, added));
    return (tokens) => steps.reduce((texts, step) => step(texts), [...tokens]);
  },
  ByteLevel: (_, added) => (tokens) => byteLevel(tokens, added),
  ByteFallback: () => byteFallback,
  Fuse: () => (tokens) => [tokens.join('')],
  Metaspace: metaspace,
  WordPiece: wordPiece,
  BPEDecoder: (json) => {
    const suffix = textIn(json, 'suffix', PART, '</w>');
    return (tokens) => tokens.map((token, i) => token.replaceAll(suffix, i === tokens.length - 1 ? '' : ' '));
  },
  Replace: (json) => {
    const replace = replacer(json, PART);
    return (tokens) => tokens.map((token) => replace(token).text);
  },
  Strip: strip,
};

/**
 * The decoder of a tokenizer.json.
 * @param added - texts of the added tokens
 * @throws Unsupported naming the type or the setting
 */
export function decoder(json: Json, added: ReadonlySet<string>): Decoder {
  const object = objectIn(json, PART);
  return makerOf(MAKERS, object, PART)(object, added);
}

/** Whether a decoder joins the bytes of tokens: one of whole characters adds the same text wherever it stands. */
export function joinsBytes(json: Json): boolean {
  return objectIn(json, PART).type === 'ByteLevel';
}

const encoder = new TextEncoder();
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Longer texts would be too many arguments. */
const SHORT = 64;

function decodeRun(bytes: readonly number[]): string {
  // A few letters of ASCII cost the decoder more than they do here.
  if (bytes.length <= SHORT && bytes.every((byte) => byte < 0x80)) return String.fromCharCode(...bytes);
  return utf8.decode(Uint8Array.from(bytes));
}

function byteLevel(tokens: readonly string[], added: ReadonlySet<string>): string[] {
  const bytes: number[] = [];
  for (const token of tokens) {
    const before = bytes.length;
    if (!added.has(token) && addBytes(bytes, token)) continue;
    // A token with other letters stands for the text it is.
    bytes.length = before;
    bytes.push(...encoder.encode(token));
  }
  return [decodeRun(bytes)];
}

/** Adds the bytes that a token's letters stand for; false where one stands for none. */
function addBytes(bytes: number[], token: string): boolean {
  for (const letter of token) {
    const byte = LETTER_BYTES.get(letter);
    if (byte === undefined) return false;
    bytes.push(byte);
  }
  return true;
}

const BYTE = /^<0x([0-9A-Fa-f]{2})>$/;

function byteFallback(tokens: readonly string[]): string[] {
  const texts: string[] = [];
  let run: number[] = [];
  const end = (): void => {
    if (run.length > 0) texts.push(decodeRun(run));
    run = [];
  };
  for (const token of tokens) {
    const byte = BYTE.exec(token);
    if (byte !== null) {
      run.push(Number.parseInt(byte[1]!, 16));
      continue;
    }
    end();
    texts.push(token);
  }
  end();
  return texts;
}

function metaspace(json: JsonObject): Decoder {
  const letter = textIn(json, 'replacement', PART, '\u2581');
  const prepended = prependScheme(json, PART) !== 'never';
  return (tokens) => tokens.map((token, i) => token.replaceAll(letter, i === 0 && prepended ? '' : ' '));
}

function wordPiece(json: JsonObject): Decoder {
  const prefix = textIn(json, 'prefix', PART, '##');
  const cleans = flag(json, 'cleanup', true);
  const joined = (token: string, i: number): string => {
    if (i === 0) return token;
    return token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
  };
  return (tokens) => tokens.map((token, i) => (cleans ? cleaned(joined(token, i)) : joined(token, i)));
}

const CLEANED: readonly (readonly [string, string])[] = [
  [' .', '.'],
  [' ?', '?'],
  [' !', '!'],
  [' ,', ','],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [' do not', " don't"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
];

function cleaned(text: string): string {
  return CLEANED.reduce((result, [from, to]) => result.replaceAll(from, to), text);
}

function strip(json: JsonObject): Decoder {
  const content = textIn(json, 'content', PART);
  const counts = (['start', 'stop'] as const).map((key) => json[key]);
  if (!counts.every((count) => typeof count === 'number'))
    throw new Unsupported(`${PART} Strip: start and stop are ${JSON.stringify(counts)}`);
  const [start, stop] = counts;
  return (tokens) =>
    tokens.map((token) => {
      const letters = Array.from(token);
      let from = 0;
      let to = letters.length;
      while (from < start! && letters[from] === content) from++;
      while (letters.length - to < stop! && to > from && letters[to - 1] === content) to--;
      return letters.slice(from, to).join('');
    });
}
