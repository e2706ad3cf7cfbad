/**
 * @file Documents for pre-training, from files of yours and those of the small world, mixed.
 *
 * A recipe lists `{ source: 'file', path: 'corpus.jsonl.gz', weight? }`, `{ source: 'world', weight? }` for the chain world
 * and `{ source: 'search-world', weight? }`. Files are tokenised once, into token files beside the run's state. Without weights all files form one set, and an epoch sees
 * each piece of text once, in an order decided by seed and epoch. With weights, or with the small world, which has no end,
 * entries are drawn so that their tokens have these proportions.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { Random } from '../random.ts';
import { yieldToEventLoop } from '../run/yield-to-event-loop.ts';
import type { Tokenizer, TokenSequence } from '../text/index.ts';
import { chainDocuments, documentsSchema } from '../world/chain/index.ts';
import { searchDocuments, searchDocumentsSchema } from '../world/search/index.ts';
import { DocumentEncoder, wholly } from './document-encoder.ts';
import { streamTexts, type TextPart } from './files/text.ts';
import { mixture } from './mixture.ts';
import { epochs, type Source, type Stream } from './source.ts';
import type { Resolve } from './tasks.ts';
import { TokenFile, type TokenPart, writeTokenFile } from './token-file.ts';

const weight = z
  .number()
  .positive()
  .optional()
  .describe('Share of tokens, relative to the other entries; 1 where only others have one');

/** Settings of documents from a file. */
const textFileSchema = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe('JSONL, CSV or Parquet file with a document in each row, or a plain text file'),
  textField: z.string().min(1).default('text').describe('Field that holds the text of a row'),
  separator: z
    .string()
    .min(1)
    .optional()
    .describe('What is between the documents of a plain text file; unless given the file is one document'),
  emptyRows: z
    .enum(['refuse', 'skip'])
    .default('refuse')
    .describe('Rows whose text is null or nothing but white space'),
  specialTokens: z
    .boolean()
    .default(false)
    .describe(
      'Whether a special token that the text spells, such as <think>, is that token; else its letters',
    ),
});

/** One entry of a pre-training's `data`. */
export const textsSchema = z.discriminatedUnion('source', [
  textFileSchema.safeExtend({ source: z.literal('file'), weight }),
  documentsSchema.safeExtend({ source: z.literal('world'), weight }),
  searchDocumentsSchema.safeExtend({ source: z.literal('search-world'), weight }),
]);

export type TextsConfig = z.output<typeof textsSchema>;
type TextFileConfig = Extract<TextsConfig, { source: 'file' }>;

/**
 * The documents of a file in order, long ones of plain text in parts.
 * @throws UserError naming file and row for whatever cannot be used, and for a file without text
 */
export async function* fileTexts(config: Omit<TextFileConfig, 'source'>): AsyncGenerator<TextPart> {
  const { path, textField: column, separator, emptyRows } = config;
  let empty = true;
  for await (const part of streamTexts(path, { column, separator, emptyRows, setting: 'textField' })) {
    empty = false;
    yield part;
  }
  if (empty) throw new UserError(`${path}: no text in this file`, 'Give a file with text.');
}

/** What opening texts needs beside their configuration. */
export interface TextsOptions {
  readonly seed: number;
  readonly resolve: Resolve;
  readonly tokenizer: Tokenizer;
  /** Tokens of a piece of text at most, 2 or more. */
  readonly length: number;
  /** Where token files are kept. Those in it are used as they are: it belongs to one configuration and its files. */
  readonly dir: string;
  /** Aborted: tokenising ends, and its reason is thrown. */
  readonly signal: AbortSignal;
  /** Told in one line what was read, and now and then how far it is. */
  readonly note: (text: string) => void;
}

/** Opened texts. */
export interface Texts {
  /** Endless; every token of a sequence is trained on. */
  readonly source: Source<TokenSequence>;
  /** Tokens of an epoch, or null where texts are generated without end or drawn by weight. */
  readonly tokens: number | null;
  /** Closes the token files. */
  close(): void;
}

/**
 * Opens the texts of all entries. Files are tokenised now, unless their token files are there.
 * @throws UserError as `fileTexts` does, and for a tokenizer without an end token
 */
export async function openTexts(configs: readonly TextsConfig[], options: TextsOptions): Promise<Texts> {
  const encoder = new DocumentEncoder(options.tokenizer);
  const files = new Map<TextsConfig, TokenFile>();
  const close = (): void => {
    for (const file of files.values()) file.close();
  };
  try {
    for (const [i, config] of configs.entries()) {
      if ('path' in config)
        files.set(config, await openFile(config, join(options.dir, `${i}`), encoder, options));
    }
  } catch (error) {
    close();
    throw error;
  }
  const all = [...files.values()];
  if (all.length === configs.length && configs.every((config) => config.weight === undefined)) {
    const tokens = all.reduce((sum, file) => sum + file.tokens, 0);
    return { source: sourceOf(piecesOf(all, options.seed)), tokens, close };
  }
  const streams = configs.map((config, i) => {
    const seed = configs.length === 1 ? options.seed : ownSeed(options.seed, i);
    if ('path' in config) return piecesOf([files.get(config)!], seed);
    const documents =
      config.source === 'world' ? chainDocuments({ seed, config }) : searchDocuments({ seed, config });
    return worldStream(documents, encoder);
  });
  if (streams.length === 1) return { source: sourceOf(streams[0]!), tokens: null, close };
  const parts = streams.map((source, i) => ({ source, weight: configs[i]!.weight ?? 1 }));
  return { source: sourceOf(mixture(parts, ({ tokens }) => tokens.length)), tokens: null, close };
}

function ownSeed(seed: number, index: number): number {
  return Random.derive(seed, 'texts', index).int(0, 2 ** 32 - 1);
}

/** The pieces of token files as one set, shuffled anew each epoch. */
function piecesOf(files: readonly TokenFile[], seed: number): Stream<TokenSequence> {
  const pieces = files.reduce((sum, file) => sum + file.pieces, 0);
  const order = epochs(
    Array.from({ length: pieces }, (_, i) => i),
    seed,
    'data',
  );
  const read = (index: number): TokenSequence => {
    let piece = index;
    for (const file of files) {
      if (piece < file.pieces) return wholly(file.read(piece));
      piece -= file.pieces;
    }
    throw new RangeError(`there is no piece ${index}`);
  };
  return { ...order, next: (count) => order.next(count).map(read) };
}

function worldStream(documents: Source<string>, encoder: DocumentEncoder): Stream<TokenSequence> {
  return {
    size: null,
    next: (count) => Array.from({ length: count }, () => encoder.world(documents.next()!)),
    cursor: () => documents.cursor(),
    seek: (cursor) => documents.seek(cursor),
  };
}

function sourceOf<T>(stream: Stream<T>): Source<T> {
  return {
    next: () => stream.next(1)[0]!,
    cursor: () => stream.cursor(),
    seek: (cursor) => stream.seek(cursor),
  };
}

async function openFile(
  config: TextFileConfig,
  place: string,
  encoder: DocumentEncoder,
  options: TextsOptions,
): Promise<TokenFile> {
  // Resolved also where the token file is there: that makes the file an input of the stage.
  const path = options.resolve(config.path);
  const kept = TokenFile.open(place, options.length);
  if (kept !== undefined) return kept;
  const progress = new Progress(config.path, options);
  const texts = progress.count(fileTexts({ ...config, path }));
  await writeTokenFile(place, progress.pass(encoder.encode(texts, config.specialTokens)));
  const written = TokenFile.open(place, options.length)!;
  progress.end(written);
  return written;
}

/** Characters between two pauses in which signals are handled. */
const PAUSE = 2 ** 18;
/** Share of unknown tokens above which a note says so. */
const MOST_UNKNOWN = 0.01;
/** Seconds between two notes. */
const NOTE_EVERY = 60;

/** Counts what is tokenised, tells it now and then, and ends where the run is interrupted. */
class Progress {
  readonly #name: string;
  readonly #options: Pick<TextsOptions, 'signal' | 'note' | 'tokenizer'>;
  readonly #began = performance.now();
  #noted = this.#began;
  #characters = 0;
  #paused = 0;
  #tokens = 0;
  #unknown = 0;

  constructor(name: string, options: Pick<TextsOptions, 'signal' | 'note' | 'tokenizer'>) {
    this.#name = name;
    this.#options = options;
  }

  async *count(parts: AsyncIterable<TextPart>): AsyncGenerator<TextPart> {
    for await (const part of parts) {
      this.#characters += part.text.length;
      if (this.#characters - this.#paused >= PAUSE) {
        this.#paused = this.#characters;
        await yieldToEventLoop();
      }
      this.#options.signal.throwIfAborted();
      yield part;
    }
  }

  async *pass(parts: AsyncIterable<TokenPart>): AsyncGenerator<TokenPart> {
    const { unknownId } = this.#options.tokenizer;
    for await (const part of parts) {
      this.#tokens += part.tokens.length;
      if (unknownId !== undefined) for (const id of part.tokens) if (id === unknownId) this.#unknown += 1;
      const now = performance.now();
      if (now - this.#noted >= NOTE_EVERY * 1000) {
        this.#noted = now;
        this.#options.note(`${this.#name}: ${number(this.#tokens)} tokens so far`);
      }
      yield part;
    }
  }

  end({ documents, tokens }: TokenFile): void {
    const seconds = ((performance.now() - this.#began) / 1000).toFixed(1);
    const each = (this.#characters / tokens).toFixed(2);
    const read = `${number(tokens)} tokens, ${number(documents)} document${documents === 1 ? '' : 's'}`;
    this.#options.note(`${this.#name}: ${read}, ${each} characters a token; ${seconds} s`);
    const share = this.#unknown / tokens;
    if (share <= MOST_UNKNOWN) return;
    this.#options.note(
      `${this.#name}: ${Math.round(100 * share)} % of the tokens are unknown to the tokenizer, so the model learns little of ` +
        'this text: train a tokenizer on it (aha tokenizer train), or give the text the tokenizer was made for',
    );
  }
}

function number(value: number): string {
  return value.toLocaleString('en');
}
