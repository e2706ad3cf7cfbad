/**
 * @file A learnt byte-level BPE as Hugging Face files: tokenizer.json and tokenizer_config.json.
 *
 * Ids: the 256 bytes, the merges in the order they were learnt, the special tokens. There is no normaliser and nothing
 * is put around a text, so decoding inverts encoding for every text.
 */
import { UsageError } from '../../errors.ts';
import type { JsonObject } from '../../records.ts';
import { DEFAULT_TAGS } from '../answer.ts';
import type { TokenizerFiles } from '../tokenizer-files.ts';
import { learnMerges, type Merges } from './merges.ts';
import { PRETOKEN_PATTERN, type PretokenCounts } from './pretokens.ts';

const BYTES = 256;

/** Special tokens of a tokenizer to be trained. */
export interface SpecialTokens {
  /** Ends a document or a reply; also the padding. */
  readonly end: string;
  /** Further tokens in the order of their ids, such as `<think>`. */
  readonly others: readonly string[];
}

export interface BpeOptions extends SpecialTokens {
  /** Tokens in all: bytes, merges and special tokens. Fewer are made where no pair is frequent enough. */
  readonly vocabSize: number;
  /** Pairs seen less often are not merged. */
  readonly minCount: number;
}

/** A trained tokenizer. */
export interface TrainedBpe {
  readonly files: TokenizerFiles;
  readonly vocabSize: number;
  readonly merges: number;
  /** Tokens of the counted pre-tokens: special tokens and what was forgotten are not among them. */
  readonly length: number;
  /** UTF-8 bytes of the same. */
  readonly bytes: number;
}

/**
 * Checks special tokens and the room they leave.
 * @throws UsageError for an empty, repeated or single-letter token, and for a vocabulary that has no room for bytes and
 *   special tokens
 */
export function requireBpeOptions({ end, others, vocabSize }: BpeOptions): void {
  const special = [end, ...others];
  const short = special.find((token) => [...token].length < 2);
  if (short !== undefined) {
    throw new UsageError(
      `special token ${JSON.stringify(short)}: shorter than two characters`,
      'Give special tokens a form that text does not have, such as <|endoftext|>.',
    );
  }
  const twice = special.find((token, i) => special.indexOf(token) !== i);
  if (twice !== undefined) {
    throw new UsageError(`special token ${JSON.stringify(twice)}: given twice`, 'Name each token once.');
  }
  const least = BYTES + special.length;
  if (vocabSize < least) {
    throw new UsageError(
      `vocabulary size ${vocabSize}: less than the 256 bytes and ${special.length} special tokens`,
      `Ask for ${least} tokens or more.`,
    );
  }
}

/** Learns merges from counted pre-tokens and makes the files of them. Throws as {@link requireBpeOptions}. */
export function trainBpe({ counts }: PretokenCounts, options: BpeOptions): TrainedBpe {
  requireBpeOptions(options);
  const special = [options.end, ...options.others];
  const learnt = learnMerges(counts, {
    tokens: options.vocabSize - special.length,
    minCount: options.minCount,
  });
  const file = (value: JsonObject): Uint8Array =>
    new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
  const contents = new Map([
    ['tokenizer.json', file(definition(learnt, special))],
    ['tokenizer_config.json', file(settings(options))],
  ]);
  return {
    files: { where: 'trained tokenizer', contents },
    vocabSize: learnt.tokens.length + special.length,
    merges: learnt.merges.length,
    length: learnt.length,
    bytes: [...counts].reduce((sum, [pretoken, count]) => sum + Buffer.byteLength(pretoken) * count, 0),
  };
}

function definition({ tokens, merges }: Merges, special: readonly string[]): JsonObject {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map((content, i) => addedToken(content, tokens.length + i)),
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: PRETOKEN_PATTERN }, behavior: 'Isolated', invert: false },
        byteLevel,
      ],
    },
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: merges.map(([left, right]) => `${left} ${right}`),
    },
  };
}

/** Thinking and answer tags are ordinary added tokens: libraries leave `special` ones out of decoded text. */
function addedToken(content: string, id: number): JsonObject {
  const tags: readonly string[] = Object.values(DEFAULT_TAGS);
  const special = !tags.includes(content);
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special };
}

function settings({ end }: SpecialTokens): JsonObject {
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    add_prefix_space: false,
    clean_up_tokenization_spaces: false,
    eos_token: end,
    pad_token: end,
  };
}
