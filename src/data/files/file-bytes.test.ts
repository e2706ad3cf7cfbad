import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sampleOf } from '../../../tests/support/long.ts';
import { bytesOf } from './file-bytes.ts';
import { streamRows } from './read-rows.ts';
import { streamTexts } from './text.ts';

let dir: string;
/** 256 MiB of one byte, in a member of gzip of 256 KiB; members one after another are one file. */
let member: Buffer;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'aha-bytes-'));
  member = gzipSync(Buffer.alloc(2 ** 28, '\n'), { level: 9 });
});
afterAll(() => rmSync(dir, { recursive: true }));
afterEach(() => {
  delete process.env.AHA_UNPACK_RATIO;
});

/** A file of 64 GiB, packed. */
function bomb(name: string): string {
  const path = join(dir, name);
  writeFileSync(path, Buffer.concat(Array.from({ length: 256 }, () => member)));
  return path;
}

async function drain(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of items) count += 1;
  return count;
}

const READERS: readonly (readonly [string, (path: string) => AsyncIterable<unknown>])[] = [
  ['lines.jsonl.gz', streamRows],
  ['table.csv.gz', streamRows],
  ['text.txt.gz', (path: string) => streamTexts(path, { column: 'text' })],
];

describe('a gzipped file that unpacks to many times its size', () => {
  it.each(sampleOf(READERS, 1))('ends by name: %s', async (name, read) => {
    const path = bomb(name);
    await expect(drain(read(path))).rejects.toThrow(
      /\.gz: [\d.]+ MiB of it unpack to more than [\d.]+ MiB, over 200 times as much\n.*AHA_UNPACK_RATIO/,
    );
  });

  it('is read where the ratio is allowed', async () => {
    const path = join(dir, 'repeated.jsonl.gz');
    const line = `${JSON.stringify({ text: 'x'.repeat(2 ** 20) })}\n`;
    writeFileSync(path, gzipSync(line.repeat(40), { level: 9 }));
    await expect(drain(streamRows(path))).rejects.toThrow('over 200 times');
    process.env.AHA_UNPACK_RATIO = '1100';
    expect(await drain(streamRows(path))).toBe(40);
    process.env.AHA_UNPACK_RATIO = 'much';
    await expect(drain(bytesOf(path))).rejects.toThrow('AHA_UNPACK_RATIO is "much"');
  });
});
