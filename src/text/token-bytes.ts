/**
 * @file The bytes each token adds to a text, for constraints and log-probabilities.
 *
 * Known for the two families whose decoding joins tokens byte by byte: byte-level BPE (GPT-2, Llama 3, Qwen, DeepSeek)
 * and SentencePiece-like BPE with byte fallback (Llama 2, Mistral). Other decoders put blanks or prefixes between
 * tokens, so a token has no bytes of its own there.
 */
import { isJsonObject, type Json, type JsonObject } from '../records.ts';
import type { Tokenizer } from './tokenizer.ts';

/** Whether a decoder of tokenizer.json, or one in a sequence, is of a type. */
function decoders(definition: JsonObject): readonly JsonObject[] {
  const { decoder } = definition;
  if (!isJsonObject(decoder)) return [];
  if (decoder.type !== 'Sequence' || !Array.isArray(decoder.decoders)) return [decoder];
  return (decoder.decoders as readonly Json[]).filter(isJsonObject);
}

/**
 * For each id the bytes it adds to a text; null for control tokens, the unknown token and ids that are not used.
 * @returns null where this tokenizer's tokens have no bytes of their own
 */
export function tokenBytes(tokenizer: Tokenizer): readonly (Uint8Array | null)[] | null {
  const types = decoders(tokenizer.definition).map(({ type }) => type);
  const read = types.includes('ByteLevel')
    ? byteLevel()
    : types.includes('ByteFallback')
      ? withFallback
      : null;
  if (read === null) return null;
  const added = new Set(tokenizer.addedIds);
  const { model } = tokenizer.definition;
  const unknown = isJsonObject(model) ? model.unk_token : undefined;
  return Array.from({ length: tokenizer.vocabSize }, (_, id) => {
    const name = tokenizer.tokenOf(id);
    if (name === undefined || name === unknown || tokenizer.isControl(id)) return null;
    // Added tokens stand in the vocabulary as the text they are.
    return added.has(id) ? Buffer.from(name) : read(name);
  });
}

/** GPT-2's alphabet: printable characters of Latin-1 stand for their bytes, the rest for U+0100 and on. */
function byteLevel(): (name: string) => Uint8Array | null {
  const isPrintable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  const byteOf = new Map<string, number>();
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++)
    byteOf.set(String.fromCodePoint(isPrintable(byte) ? byte : next++), byte);
  return (name) => {
    const bytes = Array.from(name, (letter) => byteOf.get(letter));
    return bytes.includes(undefined) ? null : Uint8Array.from(bytes as number[]);
  };
}

function withFallback(name: string): Uint8Array {
  const byte = /^<0x([0-9A-F]{2})>$/.exec(name);
  if (byte) return Uint8Array.of(Number.parseInt(byte[1]!, 16));
  return Buffer.from(name.replaceAll('\u2581', ' '));
}
