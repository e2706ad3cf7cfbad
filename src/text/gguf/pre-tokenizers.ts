/**
 * @file The pre-tokenizers that `tokenizer.ggml.pre` names: regular expressions that split a text one after another.
 *
 * Names and expressions: llm_tokenizer_bpe and llama_vocab::impl::load in llama.cpp's src/llama-vocab.cpp. Where that file
 * quotes the expression of the model's tokenizer.json, it stands here. What no expression matches stays whole.
 */
import type { Json, JsonObject } from '../../records.ts';

/** A pre-tokenizer of llama.cpp. */
export interface PreTokenizer {
  /** The name that is written first, then others that mean the same. */
  readonly names: readonly string[];
  readonly patterns: readonly string[];
  /** Whether a piece that is a token as it stands is not merged (`ignore_merges` of tokenizer.json). */
  readonly ignoreMerges?: true;
  /** Whether the models with this name normalise text to NFC. llama.cpp does not. */
  readonly normalised?: true;
  /** Whether the begin token is added where the file does not say. */
  readonly addBos?: true;
}

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
/** Spellings of the same. */
const OTHER_CONTRACTIONS = [
  "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])",
  "'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])",
  "'(?i:[sdmt]|ll|ve|re)",
];

/** What follows the digits in most newer expressions. */
const SIGNS_AND_BLANKS = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const words = (digits: string): string =>
  `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}|${SIGNS_AND_BLANKS}`;
const UPPER = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]';
const LOWER = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';
/** Words that end where capitals begin. */
const cased = (contractions: string, digits: string): string =>
  `[^\\r\\n\\p{L}\\p{N}]?${UPPER}*${LOWER}+${contractions}` +
  `|[^\\r\\n\\p{L}\\p{N}]?${UPPER}+${LOWER}*${contractions}` +
  `|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
const GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

const LIST: readonly PreTokenizer[] = [
  { names: ['gpt-2', 'phi-2'], patterns: [GPT2] },
  {
    names: ['llama-bpe', 'llama3', 'llama-v3', 'falcon3', 'lfm2', 'midm-2.0'],
    patterns: [words('\\p{N}{1,3}')],
    ignoreMerges: true,
    addBos: true,
  },
  { names: ['smaug-bpe', 'dbrx'], patterns: [words('\\p{N}{1,3}')] },
  {
    names: ['qwen2', 'deepseek-r1-qwen', 'kormo', 'megrez'],
    patterns: [words('\\p{N}')],
    normalised: true,
  },
  {
    names: ['qwen35'],
    patterns: [
      `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}` +
        '| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+',
    ],
    normalised: true,
  },
  { names: ['smollm', 'starcoder', 'refact', 'codeshell', 'minerva-7b'], patterns: ['\\p{N}', GPT2] },
  {
    names: ['deepseek-v3'],
    patterns: [
      '\\p{N}{1,3}',
      '[一-龥぀-ゟ゠-ヿ]+',
      '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+' +
        '| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+',
    ],
  },
  {
    names: ['deepseek-coder'],
    patterns: ['[\\r\\n]', '\\s?\\p{L}+', '\\s?\\p{P}+', '[一-龥ࠀ-一가-퟿]+', '\\p{N}'],
  },
  { names: ['tekken'], patterns: [cased('', '\\p{N}')], ignoreMerges: true, addBos: true },
  { names: ['gpt-4o', 'llama4', 'kanana2'], patterns: [cased(`${CONTRACTIONS}?`, '\\p{N}{1,3}')] },
  {
    names: ['default'],
    patterns: ['[\\p{P}\\$\\+<=>\\^~\\|]+', GPT2, '\\p{N}+', '[0-9][0-9][0-9]'],
  },
];

/** Every name that is known. */
export const PRE_TOKENIZERS: readonly string[] = LIST.flatMap(({ names }) => names);

/** The pre-tokenizer with a name. */
export function preTokenizerNamed(name: string): PreTokenizer | undefined {
  return LIST.find(({ names }) => names.includes(name));
}

/** The name of what a tokenizer.json does before its merges; undefined where llama.cpp has none for it. */
export function nameOfPreTokenizer(json: JsonObject): string | undefined {
  const patterns = patternsOf(json.pre_tokenizer);
  if (patterns === null) return undefined;
  const ignoreMerges = (json.model as JsonObject).ignore_merges === true;
  const found = LIST.filter((one) => one.patterns.map(canonical).join('\0') === patterns.join('\0'));
  return found.find((one) => (one.ignoreMerges ?? false) === ignoreMerges)?.names[0];
}

/** The parts of tokenizer.json that do what a pre-tokenizer of llama.cpp does. */
export function preTokenizerParts({ patterns, normalised }: PreTokenizer): {
  readonly normalizer: Json;
  readonly pre_tokenizer: Json;
} {
  const splits = patterns.map((Regex) => ({
    type: 'Split',
    pattern: { Regex },
    behavior: 'Isolated',
    invert: false,
  }));
  return {
    normalizer: normalised ? { type: 'NFC' } : null,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [...splits, BYTE_LEVEL] },
  };
}

/** Bytes as letters, nothing else: pre-tokenizer, post-processor and decoder of a byte-level tokenizer. */
export const BYTE_LEVEL = {
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: false,
  use_regex: false,
};

/** One spelling of expressions that mean the same. */
function canonical(pattern: string): string {
  return OTHER_CONTRACTIONS.reduce((text, other) => text.replaceAll(other, CONTRACTIONS), pattern).replace(
    /\{1\}/g,
    '',
  );
}

/** The expressions that a pre-tokenizer of tokenizer.json splits by, ByteLevel last; null where it does anything else. */
function patternsOf(part: Json | undefined): string[] | null {
  const steps = flatten(part);
  const last = steps.at(-1);
  if (last?.type !== 'ByteLevel' || last.add_prefix_space === true) return null;
  const patterns: string[] = [];
  for (const step of steps.slice(0, -1)) {
    const pattern = splitPattern(step);
    if (pattern === null) return null;
    patterns.push(canonical(pattern));
  }
  return last.use_regex === false ? patterns : [...patterns, GPT2];
}

function flatten(part: Json | undefined): JsonObject[] {
  const json = part as JsonObject | null | undefined;
  if (json == null) return [];
  return json.type === 'Sequence' ? ((json.pretokenizers ?? []) as Json[]).flatMap(flatten) : [json];
}

function splitPattern(step: JsonObject): string | null {
  if (step.type === 'Digits') return step.individual_digits === true ? '\\p{N}' : '\\p{N}+';
  if (step.type !== 'Split' || step.behavior !== 'Isolated' || step.invert === true) return null;
  const { Regex } = step.pattern as { readonly Regex?: unknown };
  return typeof Regex === 'string' ? Regex : null;
}
