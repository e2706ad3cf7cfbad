/** @file `aha tokenizer train`: a byte-level BPE tokenizer learnt from files of text. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { streamTexts } from '../../data/index.ts';
import { UsageError, UserError } from '../../errors.ts';
import { makeDirectory } from '../../run/atomic.ts';
import { PretokenCounts, requireBpeOptions, trainBpe, writeTokenizerFiles } from '../../text/index.ts';

/** Options of `aha tokenizer train`. */
export interface TokenizerOptions {
  readonly out: string;
  readonly vocabSize: number;
  /** Column of tables that holds the text. */
  readonly column: string;
  readonly end: string;
  readonly special: readonly string[];
  readonly minCount: number;
  /** Whether a tokenizer in `out` may be replaced. */
  readonly overwrite?: boolean;
}

/** A trained tokenizer and what it was trained on. */
export interface TrainedTokenizer {
  /** The figures in one line. */
  readonly line: string;
  readonly figures: {
    readonly out: string;
    readonly vocab_size: number;
    readonly merges: number;
    readonly documents: number;
    /** UTF-8 bytes of the text. */
    readonly bytes: number;
    readonly distinct_pretokens: number;
    /** Rare pre-tokens that did not fit in memory and were left out. */
    readonly forgotten_pretokens: number;
    /** Of the text, special tokens left out. */
    readonly bytes_per_token: number;
    readonly seconds: number;
  };
}

/**
 * Trains a tokenizer on the documents of files and writes it into a directory.
 * @throws UsageError for special tokens or a size that cannot be, for a tokenizer in `out` unless
 * `overwrite`, and for an `out` that cannot be made
 * @throws UserError naming the file and place of what cannot be read, and where there is no text
 */
export async function trainTokenizer(
  files: readonly string[],
  options: TokenizerOptions,
): Promise<TrainedTokenizer> {
  const began = performance.now();
  const { out, end, special: others, vocabSize, minCount } = options;
  const bpe = { end, others, vocabSize, minCount };
  requireBpeOptions(bpe);
  requireFree(options);
  makeDirectory(out);
  const pretokens = new PretokenCounts([end, ...others]);
  let documents = 0;
  for (const file of files) {
    for await (const { text, ends } of streamTexts(file, options)) {
      pretokens.add(text);
      if (ends) documents += 1;
    }
  }
  if (pretokens.counts.size === 0) {
    throw new UserError(`${files.join(', ')}: no text in these files`, 'Give files with text.');
  }
  const trained = trainBpe(pretokens, bpe);
  writeTokenizerFiles(trained.files, out);
  const figures = {
    out,
    vocab_size: trained.vocabSize,
    merges: trained.merges,
    documents,
    bytes: pretokens.bytes,
    distinct_pretokens: pretokens.counts.size,
    forgotten_pretokens: pretokens.forgotten,
    bytes_per_token: trained.bytes / trained.length,
    seconds: (performance.now() - began) / 1000,
  };
  return { line: describe(figures, vocabSize), figures };
}

function requireFree({ out, overwrite = false }: TokenizerOptions): void {
  if (overwrite || !existsSync(path.join(out, 'tokenizer.json'))) return;
  throw new UsageError(
    `${out} has a tokenizer already`,
    'Use --overwrite to replace it, or another --out. Models trained with it cannot use another.',
  );
}

function describe(figures: TrainedTokenizer['figures'], wanted: number): string {
  const { format } = new Intl.NumberFormat('en');
  const lines = [
    `${format(figures.vocab_size)} tokens from ${format(figures.documents)} ${figures.documents === 1 ? 'document' : 'documents'}, ${format(figures.bytes)} bytes; ` +
      `${figures.bytes_per_token.toFixed(2)} bytes a token; ${figures.seconds.toFixed(1)} s`,
  ];
  if (figures.vocab_size < wanted) {
    lines.push(`fewer than the ${format(wanted)} asked for: no other pair of tokens is frequent enough`);
  }
  if (figures.forgotten_pretokens > 0) {
    lines.push(`${format(figures.forgotten_pretokens)} rare words did not fit in memory and were left out`);
  }
  lines.push(`tokenizer: ${figures.out}`);
  return lines.join('\n');
}
