/** Parquet files with bytes that are not what was written: none hangs its reader for ever or ends this process. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteFile } from 'hyparquet-writer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runs } from '../../../tests/support/long.ts';
import { UserError } from '../../errors.ts';
import { Random } from '../../random.ts';
import { parquetRows } from './parquet.ts';

/** Time for a row group of these files, of which a whole one takes a millisecond. */
const LIMIT_MS = 20_000;
const AT_ONCE = 4;

let dir: string;
let originals: Buffer[];
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'aha-damaged-'));
  originals = [
    ['UNCOMPRESSED', {}],
    ['SNAPPY', {}],
    ['GZIP', { GZIP: (bytes: Uint8Array) => gzipSync(bytes) }],
  ].map(([codec, compressors]) => {
    const filename = join(dir, `${codec as string}.parquet`);
    const columnData = [
      { name: 'question', data: Array.from({ length: 40 }, (_, i) => `what is ${i % 5} + ${i} ?`) },
      { name: 'level', data: Array.from({ length: 40 }, (_, i) => i % 3), type: 'INT32' as const },
      { name: 'wanted', data: Array.from({ length: 40 }, (_, i) => (i % 7 === 0 ? null : BigInt(i))) },
    ];
    parquetWriteFile({ filename, columnData, rowGroupSize: 16, codec, compressors } as never);
    return readFileSync(filename);
  });
});
afterAll(() => rmSync(dir, { recursive: true }));

/** A copy with up to four bytes changed, a stretch filled, or a part cut out or doubled. */
function mutant(random: Random): Buffer {
  const bytes = Buffer.from(random.choice(originals));
  const at = () => random.int(0, bytes.length - 1);
  const kind = random.int(0, 4);
  if (kind === 0) return Buffer.concat([bytes.subarray(0, at()), bytes.subarray(at())]);
  if (kind === 1) {
    const start = at();
    return bytes.fill(random.int(0, 1) * 255, start, Math.min(bytes.length, start + random.int(1, 8)));
  }
  for (let i = random.int(1, 4); i > 0; i--) bytes[at()] = random.int(0, 255);
  return bytes;
}

/** The number of rows, or the error's message. */
async function outcome(path: string): Promise<number | string> {
  let rows = 0;
  try {
    for await (const _ of parquetRows(path, LIMIT_MS)) rows += 1;
    return rows;
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as Error).message;
  }
}

/** 1,500 files in the long run. */
const SEEDS = Array.from({ length: runs(1, 5) }, (_, i) => i);
const FILES = runs(8, 100);

it.each(SEEDS)(
  'damaged files give rows or an error that names the file: %i',
  async (seed) => {
    const random = Random.derive(seed, 'parquet');
    const files = Array.from({ length: FILES }, (_, i) => {
      const path = join(dir, `mutant-${seed}-${i}.parquet`);
      writeFileSync(path, mutant(random));
      return path;
    });
    const worker = async (): Promise<void> => {
      for (let path = files.pop(); path !== undefined; path = files.pop()) {
        const found = await outcome(path);
        if (typeof found === 'string') expect(found).toContain(`${path}: cannot be read as Parquet (`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  },
  runs(60_000, 900_000),
);
