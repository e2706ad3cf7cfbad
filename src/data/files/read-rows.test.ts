import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteFile } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../errors.ts';
import { readRows } from './read-rows.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'aha-rows-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

function file(name: string, contents: string | Uint8Array): string {
  writeFileSync(join(dir, name), contents);
  return join(dir, name);
}
const fieldsOf = async (path: string) => (await readRows(path)).map(({ fields }) => fields);

it('reads the files of a folder in the order of their names, and numbers their rows through', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rows-folder-'));
  await expect(readRows(folder)).rejects.toThrow(/no files of rows in this folder/);
  writeFileSync(join(folder, 'b.csv'), 'a\n3\n');
  writeFileSync(join(folder, 'a.jsonl'), '{"a": 1}\n{"a": 2}\n');
  writeFileSync(join(folder, 'README.md'), '# Not rows');
  const rows = await readRows(folder);
  expect(rows.map(({ fields, number, place }) => [fields.a, number, place])).toEqual([
    [1, 1, join(folder, 'a.jsonl:1')],
    [2, 2, join(folder, 'a.jsonl:2')],
    ['3', 3, join(folder, 'b.csv:2')],
  ]);
  rmSync(folder, { recursive: true });
});

describe('readRows', () => {
  it('reads the same rows from JSONL, CSV and Parquet, plain and gzipped', async () => {
    const rows = [
      { question: 'one, "two"\nthree 三', answer: 'a' },
      { question: 'four', answer: '' },
    ];
    const jsonl = rows.map((row) => JSON.stringify(row)).join('\n');
    const csv = 'question,answer\r\n"one, ""two""\nthree 三",a\r\nfour,\r\n';
    const parquet = join(dir, 'same.parquet');
    const column = (name: 'question' | 'answer') => ({ name, data: rows.map((row) => row[name]) });
    parquetWriteFile({ filename: parquet, columnData: [column('question'), column('answer')] });
    const files = [
      file('same.jsonl', jsonl),
      file('same.csv', csv),
      file('bom.csv', `\uFEFF${csv}`),
      file('same.jsonl.gz', gzipSync(jsonl)),
      file('same.CSV.GZ', gzipSync(csv)),
      parquet,
    ];
    for (const path of files) expect(await fieldsOf(path), path).toEqual(rows);
  });

  it('says where each row stands, after blank lines and line breaks in quotes', async () => {
    const csv = file('places.csv', 'a,b\n1,"x\ny"\n\n\n2,z\n3,"p\nq\nr"\n4,w\n');
    expect((await readRows(csv)).map(({ place }) => place)).toEqual(
      [2, 6, 7, 10].map((line) => `${csv}:${line}`),
    );
    const jsonl = file('places.jsonl', '\n{"a":1}\n\n{"a":2}');
    expect((await readRows(jsonl)).map(({ place }) => place)).toEqual([`${jsonl}:2`, `${jsonl}:4`]);
  });

  it('gives no rows for an empty file', async () => {
    expect(await readRows(file('empty.jsonl', ''))).toEqual([]);
    expect(await readRows(file('empty.csv', ''))).toEqual([]);
    expect(await readRows(file('header.csv', 'a,b\n'))).toEqual([]);
  });

  it.each([
    ['a.txt', 'x', /a\.txt: the ending "\.txt" names no format.*\n.*\.jsonl, \.ndjson, \.csv, \.parquet/],
    ['none', 'x', /the ending "" names no format/],
    ['a.parquet.gz', 'x', /"\.parquet\.gz" names no format/],
    ['broken.jsonl', '{"a": 1}\n{"a": ', /broken\.jsonl:2: not JSON/],
    ['latin1.jsonl', Uint8Array.of(0x7b, 0x7d, 0x0a, 0xe4), /latin1\.jsonl:2: not UTF-8/],
    ['latin1.csv', Uint8Array.of(0x61, 0x0a, 0xe4), /latin1\.csv: not UTF-8/],
    ['more.csv', 'a,b\n1,2\n1,2,3\n', /more\.csv:3: not CSV .*columns length is 2, got 3/],
    ['open.csv', 'a,b\n1,"2\n', /open\.csv:2: not CSV .*Quote Not Closed/],
    ['twice.csv', 'a,b,a\n1,2,3\n', /twice\.csv:1: column "a" twice/],
    ['bad.jsonl.gz', 'not gzip', /bad\.jsonl\.gz: cannot be unpacked/],
    ['cut.jsonl.gz', gzipSync('{"a": 1}').subarray(0, 15), /cut\.jsonl\.gz: cannot be unpacked/],
    ['bad.parquet', 'PAR1 nothing PAR1', /bad\.parquet: cannot be read as Parquet/],
    ['empty.parquet', '', /empty\.parquet: cannot be read as Parquet/],
  ])('names file, place and remedy for %s', async (name, contents, message) => {
    const error: unknown = await readRows(file(name, contents)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toMatch(message);
  });

  it('names a file that is not there', async () => {
    for (const name of ['no.jsonl', 'no.csv', 'no.parquet']) {
      await expect(readRows(join(dir, name))).rejects.toThrow(/no\.\w+: no such file/);
    }
  });

  it('never makes fields of names every object has', async () => {
    const [row] = await readRows(file('proto.csv', '__proto__,a\nx,1\n'));
    expect(Object.getPrototypeOf(row!.fields)).not.toBe('x');
    expect(({} as { a?: unknown }).a).toBeUndefined();
  });
});
