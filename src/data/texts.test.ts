import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteFile } from 'hyparquet-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { PretokenCounts, Tokenizer, trainBpe } from '../text/index.ts';
import { fileTexts, openTexts, type TextsConfig, type TextsOptions, textsSchema } from './texts.ts';

const dir = mkdtempSync(join(tmpdir(), 'aha-pretraining-'));
afterAll(() => rmSync(dir, { recursive: true }));

function write(name: string, contents: string | Uint8Array): string {
  const path = join(dir, name);
  writeFileSync(path, contents);
  return path;
}

/** A tokenizer of bytes. */
const tokenizer = new Tokenizer(
  trainBpe(new PretokenCounts(['<end>']), { end: '<end>', others: [], vocabSize: 257, minCount: 1 }).files,
);

const entries = (...list: z.input<typeof textsSchema>[]): TextsConfig[] => z.array(textsSchema).parse(list);
const jsonl = (texts: readonly unknown[]) => texts.map((text) => `${JSON.stringify({ text })}\n`).join('');

let opened = 0;
function open(configs: readonly TextsConfig[], options: Partial<TextsOptions> = {}) {
  return openTexts(configs, {
    seed: 1,
    resolve: (path) => path,
    tokenizer,
    length: 64,
    dir: join(dir, `tokens-${opened++}`),
    signal: new AbortController().signal,
    note: () => undefined,
    ...options,
  });
}

/** The next `count` sequences as text. */
async function drawn(configs: readonly TextsConfig[], count: number, options: Partial<TextsOptions> = {}) {
  const texts = await open(configs, options);
  const sequences = Array.from({ length: count }, () => tokenizer.decode(texts.source.next()!.tokens));
  texts.close();
  return sequences;
}

describe('openTexts', () => {
  it('says what share of the tokens the tokenizer does not know', async () => {
    const path = write('tales.txt', 'Once upon a time what is 1 + 2 ?');
    const notes: string[] = [];
    const note = (text: string) => notes.push(text);
    const world = Tokenizer.load(join(import.meta.dirname, '../../models/tiny-base'));
    (await open(entries({ source: 'file', path }), { tokenizer: world, note })).close();
    expect(notes.at(-1)).toMatch(
      /tales\.txt: \d\d % of the tokens are unknown to the tokenizer.*aha tokenizer train/,
    );
    const before = notes.length;
    (await open(entries({ source: 'file', path }), { note })).close();
    expect(notes.slice(before).join()).not.toContain('unknown');
  });

  it('shows every document of all files once an epoch, whatever their format', async () => {
    const parquet = join(dir, 'c.parquet');
    parquetWriteFile({ filename: parquet, columnData: [{ name: 'body', data: ['e', 'f'] }] });
    const configs = entries(
      { source: 'file', path: write('a.jsonl.gz', gzipSync(jsonl(['a', 'b']))) },
      { source: 'file', path: write('b.txt', 'c\n\nd\n'), separator: '\n\n' },
      { source: 'file', path: parquet, textField: 'body' },
    );
    const all = ['a', 'b', 'c', 'd\n', 'e', 'f'].map((text) => `${text}<end>`);
    const sequences = await drawn(configs, 12);
    expect(sequences.slice(0, 6).sort()).toEqual(all);
    expect(sequences.slice(6).sort()).toEqual(all);
    expect(sequences.slice(6)).not.toEqual(sequences.slice(0, 6));
    expect(await drawn(configs, 12)).toEqual(sequences);
    expect(await drawn(configs, 12, { seed: 2 })).not.toEqual(sequences);
    expect((await open(configs)).tokens).toBe(13);
  });

  it('goes on from a cursor, with the token files of before', async () => {
    const tokens = join(dir, 'kept');
    const path = write('kept.jsonl', jsonl([...'abcdefgh']));
    const configs = entries({ source: 'file', path }, { source: 'world' });
    const notes: string[] = [];
    const whole = await open(configs, { dir: tokens, note: (text) => void notes.push(text) });
    const draw = (texts: typeof whole) => Array.from({ length: 40 }, () => [...texts.source.next()!.tokens]);
    draw(whole);
    const cursor = JSON.parse(JSON.stringify(whole.source.cursor()));
    const written = readdirSync(tokens);
    const resumed = await open(configs, { dir: tokens, note: (text) => void notes.push(text) });
    resumed.source.seek(cursor);
    expect(draw(resumed)).toEqual(draw(whole));
    expect(readdirSync(tokens)).toEqual(written);
    expect(notes).toEqual([
      expect.stringMatching(/kept\.jsonl: 16 tokens, 8 documents, 0\.50 characters a token/),
    ]);
  });

  it('mixes files and the small world so that their tokens have the proportions asked for', async () => {
    const path = write('long.jsonl', jsonl(['x'.repeat(63), 'y'.repeat(63)]));
    const texts = await open(entries({ source: 'file', path, weight: 3 }, { source: 'world', weight: 1 }));
    const counts = { file: 0, world: 0 };
    for (let i = 0; i < 400; i++) {
      const { tokens, trained } = texts.source.next()!;
      expect(trained.every((one) => one === 1)).toBe(true);
      counts[tokenizer.decode(tokens).startsWith('User:') ? 'world' : 'file'] += tokens.length;
    }
    expect(texts.tokens).toBeNull();
    expect(counts.file / (counts.file + counts.world)).toBeCloseTo(0.75, 2);
  });

  it('leaves no token file where it was interrupted', async () => {
    const controller = new AbortController();
    controller.abort(new Error('stop'));
    const configs = entries({ source: 'file', path: write('stopped.jsonl', jsonl(['a'])) });
    const tokens = join(dir, 'stopped');
    await expect(open(configs, { dir: tokens, signal: controller.signal })).rejects.toThrow('stop');
    expect(readdirSync(tokens)).toEqual([]);
  });
});

describe('fileTexts', () => {
  const texts = async (path: string, settings: object = {}) => {
    const [config] = entries({ source: 'file', path, ...settings });
    const found: string[] = [];
    for await (const { text } of fileTexts(config as Extract<TextsConfig, { path: string }>))
      found.push(text);
    return found;
  };

  it.each([
    [
      'column.jsonl',
      '{"body": "x"}\n',
      /column\.jsonl:1: field "text" is missing \(fields present: body\)\n.*textField/,
    ],
    ['null.jsonl', jsonl(['x', null]), /null\.jsonl:2: column "text" is not a text .*\n.*emptyRows/],
    [
      'blank.jsonl',
      jsonl(['x', ' ']),
      /blank\.jsonl:2: column "text" is not a text with something in it\n.*emptyRows/,
    ],
    ['number.jsonl', jsonl(['x', 7]), /number\.jsonl:2: column "text" is not a text/],
    ['empty.txt', ' \n', /empty\.txt: no text in this file/],
    ['empty.jsonl', '', /empty\.jsonl: no text in this file/],
    ['broken.jsonl.gz', 'x', /broken\.jsonl\.gz: cannot be unpacked/],
  ])('refuses %s, naming the place and the remedy', async (name, contents, message) => {
    const path = write(name, contents);
    await expect(texts(path)).rejects.toThrow(message);
    await expect(texts(path)).rejects.toBeInstanceOf(UserError);
  });

  it('leaves empty rows out where it is told to', async () => {
    const path = write('gaps.jsonl', jsonl(['a', '', null, 'b']));
    expect(await texts(path, { emptyRows: 'skip' })).toEqual(['a', 'b']);
    await expect(texts(write('gap.jsonl', jsonl([7])), { emptyRows: 'skip' })).rejects.toThrow(
      /gap\.jsonl:1/,
    );
  });

  it('finds a text inside an object', async () => {
    const path = write('deep.jsonl', '{"page": {"body": "x"}}\n');
    expect(await texts(path, { textField: 'page.body' })).toEqual(['x']);
  });
});
