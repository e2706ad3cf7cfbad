import { mkdtempSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { damageOf, sumFile } from './checksum.ts';

const dir = mkdtempSync(join(tmpdir(), 'checksum-'));

it('is the SHA-256 of the content', () => {
  writeFileSync(join(dir, 'abc'), 'abc');
  writeFileSync(join(dir, 'empty'), '');
  // FIPS 180-2, appendix B.1, and the hash of nothing.
  expect(sumFile(join(dir, 'abc'))).toEqual({
    bytes: 3,
    sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  });
  expect(sumFile(join(dir, 'empty'))).toEqual({
    bytes: 0,
    sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  });
  expect(sumFile(join(dir, 'none'))).toBeNull();
  expect(sumFile(dir)).toBeNull();
});

it('does not depend on how the file is read in parts', () => {
  const file = join(dir, 'large');
  writeFileSync(file, Buffer.alloc((4 << 20) + 5, 7));
  const whole = sumFile(file)!;
  expect(whole.bytes).toBe((4 << 20) + 5);
  truncateSync(file, 4 << 20);
  expect(sumFile(file)!.sha256).not.toBe(whole.sha256);
});

it('says what is wrong', () => {
  const file = join(dir, 'file');
  writeFileSync(file, 'content');
  const sum = sumFile(file)!;
  expect(damageOf(file, sum, 'list.json')).toBeNull();
  writeFileSync(file, 'contenT');
  expect(damageOf(file, sum, 'list.json')).toBe('was altered: its SHA-256 is not the one in list.json');
  truncateSync(file, 3);
  expect(damageOf(file, sum, 'list.json')).toBe('is 3 bytes long, but was 7 when list.json was written');
  expect(damageOf(join(dir, 'none'), sum, 'list.json')).toBe('is missing');
});
