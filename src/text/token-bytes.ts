/**
 * @file The bytes each token adds to a text, for constraints and log-probabilities.
 *
 * Known for the two families whose decoding joins tokens byte by byte: byte-level BPE (GPT-2, Llama 3, Qwen, DeepSeek)
 * and SentencePiece-like BPE with byte fallback (Llama 2, Mistral). Other decoders put blanks or prefixes between
 * tokens, so a token has no bytes of its own there.
 */
import { isJsonObject, type Json, type JsonObject } from '../records.ts';
import { LETTER_BYTES } from './byte-letters.ts';
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
  const read = types.includes('ByteLevel') ? byteLevel : types.includes('ByteFallback') ? withFallback : null;
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

/** The bytes a token's letters stand for; null where one stands for none. */
function byteLevel(name: string): Uint8Array | null {
  const bytes = Array.from(name, (letter) => LETTER_BYTES.get(letter));
  return bytes.includes(undefined) ? null : Uint8Array.from(bytes as number[]);
}

function withFallback(name: string): Uint8Array {
  const byte = /^<0x([0-9A-F]{2})>$/.exec(name);
  if (byte) return Uint8Array.of(Number.parseInt(byte[1]!, 16));
  return Buffer.from(name.replaceAll('\u2581', ' '));
}
