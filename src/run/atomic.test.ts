import { statSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeDirectory, replaceFile, writeFileAtomic, writeJsonAtomic } from './atomic.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'atomic-'));
});

describe('writeFileAtomic', () => {
  it('writes text and bytes, makes directories and leaves nothing else behind', async () => {
    await writeFileAtomic(join(dir, 'a/b/text'), 'grüß');
    await writeFileAtomic(join(dir, 'a/b/bytes'), Uint8Array.of(0, 255));
    expect(await readFile(join(dir, 'a/b/text'), 'utf8')).toBe('grüß');
    expect([...(await readFile(join(dir, 'a/b/bytes')))]).toEqual([0, 255]);
    expect(await readdir(join(dir, 'a/b'))).toEqual(['bytes', 'text']);
  });

  it('replaces what was there', async () => {
    await writeFile(join(dir, 'x'), 'a long old content');
    await writeFileAtomic(join(dir, 'x'), 'new');
    expect(await readFile(join(dir, 'x'), 'utf8')).toBe('new');
  });

  it('is whole at every moment for a reader', async () => {
    const path = join(dir, 'x');
    const contents = ['a', 'b'].map((letter) => letter.repeat(1 << 20));
    await writeFileAtomic(path, contents[0]!);
    let writing = true;
    const writer = (async () => {
      for (let i = 1; i <= 20; i++) await writeFileAtomic(path, contents[i % 2]!);
      writing = false;
    })();
    while (writing) expect(contents).toContain(await readFile(path, 'utf8'));
    await writer;
  });
});

describe('replaceFile', () => {
  it('keeps the old file and removes the new one when the writer fails', async () => {
    await writeFile(join(dir, 'x'), 'old');
    const failing = replaceFile(join(dir, 'x'), async (temporary) => {
      await writeFile(temporary, 'half');
      throw new Error('disk full');
    });
    await expect(failing).rejects.toThrow('disk full');
    expect(await readdir(dir)).toEqual(['x']);
    expect(await readFile(join(dir, 'x'), 'utf8')).toBe('old');
  });
});

describe('writeJsonAtomic', () => {
  it('writes JSON that ends with a line break', async () => {
    await writeJsonAtomic(join(dir, 'x.json'), { a: [1] });
    expect(await readFile(join(dir, 'x.json'), 'utf8')).toBe('{\n  "a": [\n    1\n  ]\n}\n');
  });
});

describe('makeDirectory', () => {
  it('makes all levels, and takes one that is there', () => {
    const deep = join(dir, 'a', 'b');
    makeDirectory(deep);
    makeDirectory(deep);
    expect(statSync(deep).isDirectory()).toBe(true);
  });

  it('names what cannot be made, also where the file system denies that a parent exists', () => {
    const file = join(dir, 'file');
    writeFileSync(file, '');
    for (const one of [file, join(file, 'x'), '/proc/none/x']) {
      expect(() => makeDirectory(one)).toThrow(`${one}: the directory cannot be made`);
    }
  });
});
