import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteFile } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parquetRows } from './parquet.ts';
import type { Row } from './row.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'aha-parquet-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

async function readParquet(path: string) {
  const rows: Row[] = [];
  for await (const row of parquetRows(path)) rows.push(row);
  return rows;
}

/** A Zstandard frame of one raw block: magic, a descriptor of one segment with 4 bytes of size, block header, bytes. */
function zstdFrame(bytes: Uint8Array): Uint8Array {
  const frame = Buffer.alloc(12 + bytes.length);
  frame.writeUInt32LE(0xfd2fb528, 0);
  frame.writeUInt8(0b1010_0000, 4);
  frame.writeUInt32LE(bytes.length, 5);
  frame.writeUIntLE((bytes.length << 3) | 1, 9, 3);
  frame.set(bytes, 12);
  return frame;
}

describe('readParquet', () => {
  it.each([
    ['UNCOMPRESSED', {}],
    ['SNAPPY', {}],
    ['GZIP', { GZIP: (bytes: Uint8Array) => gzipSync(bytes) }],
    ['ZSTD', { ZSTD: zstdFrame }],
  ] as const)('reads %s', async (codec, compressors) => {
    const filename = join(dir, `${codec}.parquet`);
    const words = ['six times seven', 'sept fois six', '六乘七'];
    parquetWriteFile({ filename, columnData: [{ name: 'question', data: words }], codec, compressors });
    const rows = await readParquet(filename);
    expect(rows.map(({ fields }) => fields)).toEqual(words.map((question) => ({ question })));
    expect(rows[2]).toMatchObject({ number: 3, place: `${filename}, row 3` });
  });

  it('makes JSON of every kind of value', async () => {
    const filename = join(dir, 'kinds.parquet');
    parquetWriteFile({
      filename,
      columnData: [
        { name: 'small', data: [7n, null], type: 'INT64' },
        { name: 'large', data: [2n ** 60n, null], type: 'INT64' },
        { name: 'share', data: [0.5, null], type: 'DOUBLE' },
        { name: 'right', data: [true, null], type: 'BOOLEAN' },
        { name: 'choices', data: [['a', 'b'], null], type: 'JSON' },
      ],
    });
    expect((await readParquet(filename)).map(({ fields }) => fields)).toEqual([
      { small: 7, large: '1152921504606846976', share: 0.5, right: true, choices: ['a', 'b'] },
      { small: null, large: null, share: null, right: null, choices: null },
    ]);
  });

  it('reads a row group at a time, rows numbered through, and closes the file where it is left early', async () => {
    const filename = join(dir, 'groups.parquet');
    const data = Array.from({ length: 250 }, (_, i) => i);
    parquetWriteFile({ filename, columnData: [{ name: 'i', data, type: 'INT32' }], rowGroupSize: 100 });
    const rows = await readParquet(filename);
    expect(rows.map(({ fields }) => fields.i)).toEqual(data);
    expect(rows[249]).toMatchObject({ number: 250, place: `${filename}, row 250` });
    for await (const row of parquetRows(filename)) if (row.number === 3) break;
    rmSync(filename);
  });

  it('gives up a file that keeps its reader in a loop', async () => {
    const path = join(import.meta.dirname, '../../../tests/hostile/loop.parquet');
    const read = (async () => {
      for await (const _ of parquetRows(path, 2500));
    })();
    await expect(read).rejects.toThrow(`${path}: cannot be read as Parquet (no row group read in 3 s`);
  });

  it('has null for what JSON has no number for', async () => {
    const filename = join(dir, 'nan.parquet');
    parquetWriteFile({ filename, columnData: [{ name: 'x', data: [NaN, Infinity, 1.5], type: 'DOUBLE' }] });
    expect((await readParquet(filename)).map(({ fields }) => fields.x)).toEqual([null, null, 1.5]);
  });

  it('reads nested lists and structs', async () => {
    const filename = join(dir, 'nested.parquet');
    const [optional, repeated] = ['OPTIONAL', 'REPEATED'] as const;
    parquetWriteFile({
      filename,
      schema: [
        { name: 'root', num_children: 1 },
        { name: 'choices', repetition_type: optional, converted_type: 'LIST', num_children: 1 },
        { name: 'list', repetition_type: repeated, num_children: 1 },
        { name: 'element', repetition_type: optional, type: 'BYTE_ARRAY', converted_type: 'UTF8' },
      ],
      columnData: [{ name: 'choices', data: [['a', 'b'], [], null] }],
    });
    expect((await readParquet(filename)).map(({ fields }) => fields.choices)).toEqual([['a', 'b'], [], null]);
  });
});
