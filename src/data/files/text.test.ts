import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteFile } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { streamTexts, type TextOptions } from './text.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'aha-texts-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

function write(name: string, contents: string | Uint8Array): string {
  const path = join(dir, name);
  writeFileSync(path, contents);
  return path;
}

/** The documents, their parts joined, and the number of parts. */
async function read(path: string, options: Partial<TextOptions> = {}) {
  const documents: string[] = [];
  let [held, parts] = ['', 0];
  for await (const { text, ends } of streamTexts(path, { column: 'text', ...options })) {
    held += text;
    parts += 1;
    if (!ends) continue;
    documents.push(held);
    held = '';
  }
  expect(held).toBe('');
  return { documents, parts };
}

const ROWS = ['one\ntwo', '三', ' '];
const KEPT = ROWS.slice(0, 2);

describe('streamTexts', () => {
  it('reads the column of JSONL, CSV and Parquet, gzipped too, and leaves out empty documents', async () => {
    const jsonl = ROWS.map((text) => `${JSON.stringify({ text, url: 'x' })}\n`).join('');
    const csv = `text,url\n${ROWS.map((text) => `"${text}",x\n`).join('')}`;
    const parquet = join(dir, 'a.parquet');
    parquetWriteFile({ filename: parquet, columnData: [{ name: 'text', data: ROWS }] });
    for (const path of [
      write('a.jsonl', jsonl),
      write('a.jsonl.gz', gzipSync(jsonl)),
      write('a.csv', csv),
      parquet,
    ]) {
      expect((await read(path)).documents, path).toEqual(KEPT);
    }
    const body = write('body.jsonl', '{"body": "x"}\n');
    expect((await read(body, { column: 'body' })).documents).toEqual(['x']);
  });

  it('takes a plain text as one document, or as several with a separator between them', async () => {
    const text = '\ufeffa b\n\nc <|end|>d\n<|end|> <|end|>e';
    const path = write('a.txt', text);
    expect((await read(path)).documents).toEqual([text.slice(1)]);
    expect((await read(path, { separator: '<|end|>' })).documents).toEqual(['a b\n\nc ', 'd\n', 'e']);
    expect((await read(write('a.md.gz', gzipSync(text)))).documents).toEqual([text.slice(1)]);
    expect((await read(write('empty', '\n \n'))).documents).toEqual([]);
  });

  it('finds a separator with line ends as Windows writes them', async () => {
    const path = write('windows.txt', 'a b\r\nc\r\n\r\nd\r\n\r\ne');
    expect((await read(path, { separator: '\n\n' })).documents).toEqual(['a b\r\nc', 'd', 'e']);
  });

  it('gives a long text in parts that end where lines do, whatever the separators', async () => {
    const documents = [3, 40_000, 1, 90_000].map((lines, i) => `line ${i} of 字\n\n  and\n`.repeat(lines));
    const path = write('long.txt', documents.join('\n---\n'));
    const { parts, documents: found } = await read(path, { separator: '\n---\n' });
    expect(found).toEqual(documents);
    expect(parts).toBeGreaterThan(4);
    for await (const { text, ends } of streamTexts(path, { column: 'text' })) {
      expect(text.length).toBeLessThan(2 ** 21);
      if (!ends) expect(text).toMatch(/\n$/u);
    }
  });

  it('cuts a line without end, never a character', async () => {
    const text = `x${'😀字'.repeat(2e6)}`;
    const { documents, parts } = await read(write('line.txt', text));
    expect(documents[0] === text).toBe(true);
    expect(parts).toBe(2);
  });

  it.each([
    [
      'missing.jsonl',
      '{"text": "a"}\n{"body": "b"}\n',
      /missing\.jsonl:2: field "text" is missing \(fields present: body\)\n.*column/,
    ],
    ['number.jsonl', '{"text": "a"}\n\n{"text": 7}\n', /number\.jsonl:3: column "text" is not a text/],
    ['null.jsonl', '{"text": null}\n', /null\.jsonl:1: column "text" is not a text/],
    ['bad.jsonl', '{"text": "a"}\n{"text"\n', /bad\.jsonl:2: not JSON/],
    ['latin.txt', Buffer.from('gut\nschön\n', 'latin1'), /latin\.txt:2: not UTF-8 text/],
    [
      'late.txt',
      Buffer.concat([Buffer.from('ok 字\n'.repeat(50_000)), Buffer.of(0x61, 0xff)]),
      /late\.txt:50001: not UTF-8/,
    ],
  ])('names the place in %s', async (name, contents, message) => {
    await expect(read(write(name, contents))).rejects.toThrow(message);
  });

  it('names a file that is not there', async () => {
    await expect(read(join(dir, 'nowhere.txt'))).rejects.toThrow(/nowhere\.txt: no such file/);
  });
});
