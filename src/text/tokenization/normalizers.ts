/** @file Normalizers of a tokenizer.json: what becomes of a text before it is cut into pieces. */
import type { Json, JsonObject } from '../../records.ts';
import { byteLetters } from '../byte-letters.ts';
import { WHITE, whiteBefore, whiteBehind } from './characters.ts';
import { type Piece, prepended } from './pre-tokenizers.ts';
import { precompiled } from './precompiled.ts';
import { flag, listIn, makerOf, objectIn, textIn, Unsupported } from './read.ts';
import { replacer } from './split.ts';

/** A step of a normalizer. */
type Step = (piece: Piece) => Piece;

/** Steps, one after the other. */
export type Normalizer = readonly Step[];

const PART = 'normalizer';

const MAKERS: { readonly [type: string]: (json: JsonObject) => Step | Normalizer } = {
  Sequence: (json) => listIn(json, 'normalizers', PART).flatMap(normalizer),
  NFC: () => plain((text) => text.normalize('NFC')),
  NFD: () => plain((text) => text.normalize('NFD')),
  NFKC: () => plain((text) => text.normalize('NFKC')),
  NFKD: () => plain((text) => text.normalize('NFKD')),
  Lowercase: () => plain(lowercase),
  Strip: strip,
  StripAccents: () => plain((text) => text.replace(/\p{M}/gu, '')),
  Prepend: (json) => {
    const prefix = textIn(json, 'prepend', PART);
    return (piece) => (piece.text === '' ? piece : prepended(piece, prefix));
  },
  Replace: (json) => {
    const replace = replacer(json, PART);
    return ({ text, head }) => replace(text, head);
  },
  ByteLevel: () => plain(byteLetters),
  BertNormalizer: bert,
  Precompiled: (json) => plain(precompiled(json)),
};

/**
 * The normalizer of a tokenizer.json.
 * @throws Unsupported naming the type or the setting
 */
export function normalizer(json: Json): Normalizer {
  const object = objectIn(json, PART);
  return [makerOf(MAKERS, object, PART)(object)].flat();
}

/** A step that changes a text character by character, as far as its beginning is concerned. */
function plain(change: (text: string) => string): Step {
  return ({ text, head }) => {
    const changed = change(text);
    return {
      text: changed,
      head: head === 0 ? 0 : Math.min(change(text.slice(0, head)).length, changed.length),
    };
  };
}

/**
 * What steps may make of a text: none that a model was trained with makes more than some characters of each. Replacements
 * one after the other can multiply it until the memory ends.
 */
const MOST_TIMES = 100;
const MOST_AT_ONCE = 2 ** 16;

/** The piece normalized. @throws Unsupported where far too long a text comes of it */
export function normalizePiece(steps: Normalizer, piece: Piece): Piece {
  const most = MOST_AT_ONCE + MOST_TIMES * piece.text.length;
  return steps.reduce((before, step) => {
    const after = step(before);
    if (after.text.length <= most) return after;
    throw new Unsupported(`${PART}: makes more than ${most} characters of ${piece.text.length}`);
  }, piece);
}

/** A text normalized. */
export function normalizeText(steps: Normalizer, text: string): string {
  return normalizePiece(steps, { text, head: 0 }).text;
}

/** Character by character: a sigma at the end of a word has no form of its own. */
function lowercase(text: string): string {
  return Array.from(text, (character) => character.toLowerCase()).join('');
}

function strip(json: JsonObject): Step {
  const left = flag(json, 'strip_left', true);
  const right = flag(json, 'strip_right', true);
  return ({ text, head }) => {
    const start = left ? whiteBehind(text, 0) : 0;
    const stripped = text.slice(start, right ? Math.max(start, whiteBefore(text, text.length)) : undefined);
    return { text: stripped, head: Math.min(Math.max(0, head - start), stripped.length) };
  };
}

const CONTROL = /(?![\t\n\r])[\0\u{FFFD}\p{Cc}\p{Cf}\p{Co}]/gu;
const CHINESE =
  /[\u4E00-\u9FFF\u3400-\u4DBF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B820}-\u{2CEAF}\uF900-\uFAFF\u{2F800}-\u{2FA1F}]/gu;

/** BERT's: controls out, blanks alike, CJK characters apart, accents off, small letters. */
function bert(json: JsonObject): Step[] {
  const small = flag(json, 'lowercase', true);
  const accents = flag(json, 'strip_accents', small);
  const white = new RegExp(WHITE, 'gu');
  const steps: (((text: string) => string) | false)[] = [
    flag(json, 'clean_text', true) && ((text) => text.replace(CONTROL, '').replace(white, ' ')),
    flag(json, 'handle_chinese_chars', true) && ((text) => text.replace(CHINESE, ' $& ')),
    accents && ((text) => text.normalize('NFD').replace(/\p{Mn}/gu, '')),
    small && lowercase,
  ];
  return steps.filter((step) => step !== false).map(plain);
}
