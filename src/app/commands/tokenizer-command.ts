/** @file The options of `aha tokenizer`; the work is in tokenizer.ts. */
import type { Command } from 'commander';
import { locate } from '../cli/hub.ts';
import type { Io } from '../cli/io.ts';
import { numberOption } from '../cli/numbers.ts';
import type { TokenizerOptions } from './tokenizer.ts';

interface Options extends TokenizerOptions {
  readonly json?: boolean;
}

const more = (text: string, earlier: readonly string[]): string[] => [...earlier, text];

/** Adds `aha tokenizer`. */
export function addTokenizer(program: Command, io: Io): void {
  program
    .command('tokenizer')
    .description('train a tokenizer')
    .command('train')
    .description('train a byte-level BPE tokenizer on text, JSONL, CSV or Parquet files, also gzipped')
    .argument('<files...>', 'files of documents, or names on the hub (hf:owner/data/configuration/split)')
    .requiredOption(
      '--vocab-size <n>',
      'tokens in all: 256 bytes, merges and special tokens',
      numberOption({ min: 257, integer: true }),
    )
    .requiredOption('--out <dir>', 'where to write tokenizer.json and tokenizer_config.json')
    .option('--column <name>', 'column of JSONL, CSV and Parquet files that holds the text', 'text')
    .option('--end <token>', 'token that ends a document or a reply, and pads', '<|endoftext|>')
    .option('--special <token>', 'another special token, such as <think>; repeatable', more, [])
    .option(
      '--min-count <n>',
      'pairs of tokens seen less often are not merged',
      numberOption({ min: 1, integer: true }),
      2,
    )
    .option('--overwrite', 'replace a tokenizer that is in --out already')
    .option('--json', 'print the figures as JSON')
    .action(async (files: string[], options: Options) => {
      const { trainTokenizer } = await import('./tokenizer.ts');
      const paths: string[] = [];
      for (const file of files) paths.push((await locate(file, 'dataset', io.stderr)).path);
      const { line, figures } = await trainTokenizer(paths, options);
      io.stdout.write(options.json ? `${JSON.stringify(figures)}\n` : `${line}\n`);
    });
}
