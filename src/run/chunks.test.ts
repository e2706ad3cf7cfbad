import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { readChunks, writeChunks } from './chunks.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'chunks-'));
});

async function* stream(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

async function joined(chunks: Awaited<ReturnType<typeof writeChunks>>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of readChunks(chunks, dir, 'sums.json')) parts.push(part);
  return Buffer.concat(parts).toString();
}

it.each([
  [['abcdefg'], 3, ['abc', 'def', 'g']],
  [['ab', 'cdef', '', 'g'], 3, ['abc', 'def', 'g']],
  [['abc', 'def'], 3, ['abc', 'def']],
  [['ab'], 10, ['ab']],
  [[], 10, []],
])('parts %j into files of %i bytes and joins them again', async (parts, size, contents) => {
  const chunks = await writeChunks(stream(...parts), dir, 'run.tar', size);
  expect(readdirSync(dir).sort()).toEqual(chunks.map(({ file }) => file));
  expect(chunks.map(({ file }) => readFileSync(join(dir, file), 'utf8'))).toEqual(contents);
  expect(await joined(chunks)).toBe(parts.join(''));
});

it('names every chunk that is not as it was written', async () => {
  const chunks = await writeChunks(stream('abcdefghij'), dir, 'run.tar', 3);
  rmSync(join(dir, 'run.tar.000'));
  truncateSync(join(dir, 'run.tar.001'), 2);
  writeFileSync(join(dir, 'run.tar.002'), 'ghI');
  const error = await joined(chunks).catch((reason: Error) => reason);
  expect(String(error)).toMatch(/run\.tar\.000 is missing\n.*run\.tar\.001 is 2 bytes long, but was 3 /);
  expect(String(error)).toMatch(/run\.tar\.002 was altered.*\n.*Copy the chunks/);
});
