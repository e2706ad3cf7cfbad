/**
 * @file Corrections of pieces of @huggingface/tokenizers, so that they compute what the Rust library computes.
 *
 * - The pre-tokenizer `Digits` parts at every numeric character (categories Nd, Nl, No), not at 0 to 9 alone.
 * - A Unigram model with `byte_fallback` writes what it has no token for as tokens of its UTF-8 bytes.
 * - The decoder `ByteFallback` keeps U+FEFF. In a run of bytes that is no UTF-8, Rust gives U+FFFD for every byte; here the
 *   characters around the broken bytes stay, so that a text decoded while it arrives is the text decoded whole.
 */
import { isJsonObject, type Json, type JsonObject } from '../records.ts';

/** A pre-tokenizer with `Digits` in words that the library reads as Rust does. */
export function exactPreTokenizer(json: Json): Json {
  if (!isJsonObject(json)) return json;
  if (json.type === 'Digits') {
    const digits = json.individual_digits === true ? '\\p{N}' : '\\p{N}+';
    return { type: 'Split', pattern: { Regex: digits }, behavior: 'Isolated', invert: false };
  }
  const { pretokenizers } = json;
  if (json.type !== 'Sequence' || !Array.isArray(pretokenizers)) return json;
  return { ...json, pretokenizers: (pretokenizers as readonly Json[]).map(exactPreTokenizer) };
}

/** The parts of the library's objects that are corrected. */
export interface Pieces {
  readonly model: object;
  readonly decoder: object | null;
}

interface UnigramModel {
  readonly tokens_to_ids: ReadonlyMap<string, number>;
  tokenize(text: string): string[];
}

/** Corrects a tokenizer that was built from `json`. */
export function correctPieces(engine: Pieces, json: JsonObject): void {
  const { model } = json;
  if (isJsonObject(model) && Array.isArray(model.vocab) && model.byte_fallback === true) {
    addByteFallback(engine.model as UnigramModel);
  }
  correctDecoder(engine.decoder);
}

function addByteFallback(model: UnigramModel): void {
  const known = model.tokens_to_ids;
  const inner = model.tokenize.bind(model);
  model.tokenize = (text) =>
    inner(text).flatMap((piece) => {
      if (known.has(piece)) return [piece];
      const bytes = Array.from(new TextEncoder().encode(piece), byteToken);
      return bytes.every((token) => known.has(token)) ? bytes : [piece];
    });
}

function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

interface Decoder {
  readonly config?: { readonly type?: string };
  readonly decoders?: readonly Decoder[];
  text_decoder?: { decode(bytes: Uint8Array): string };
}

function correctDecoder(decoder: Decoder | null): void {
  if (decoder === null) return;
  for (const inner of decoder.decoders ?? []) correctDecoder(inner);
  if (decoder.config?.type === 'ByteFallback') decoder.text_decoder = { decode: decodeRun };
}

function decodeRun(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}
