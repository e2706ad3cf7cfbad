/**
 * @file Writing a file so that a crash or a power cut leaves the old content or the new one, never a part: write beside
 * it, fsync, rename over it, fsync the directory.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { atPath, UsageError } from '../errors.ts';

/**
 * Makes a directory and those it lies in. Level by level: Node's recursive mkdir never returns where a file system denies
 * that the parent exists, as /proc does.
 * @throws UsageError naming the directory and why it cannot be made
 */
export function makeDirectory(dir: string): void {
  const missing: string[] = [];
  for (let at = resolve(dir); !existsSync(at) && at !== dirname(at); at = dirname(at)) missing.unshift(at);
  try {
    for (const one of missing) mkdirSync(one);
    if (!statSync(dir).isDirectory()) throw new Error('not a directory');
  } catch (cause) {
    // Another process may have made it meanwhile.
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST' && existsSync(dir)) return;
    throw new UsageError(
      `${dir}: the directory cannot be made (${(cause as Error).message})`,
      'Name a directory that can be written.',
      { cause },
    );
  }
}

/**
 * Has `write` produce a file under a temporary name beside `path`, then puts it in place. For files too large for
 * memory, or written by a library. `path` is untouched when `write` throws, and named by errors of the operating system.
 * Missing parent directories are made.
 */
export async function replaceFile(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const parent = dirname(path);
  makeDirectory(parent);
  const temporary = join(parent, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await write(temporary);
    await syncPath(temporary);
    await rename(temporary, path);
  } catch (error) {
    // A disk that cannot be written any more: the first error tells why.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw atPath(error, path, temporary);
  }
  await syncPath(parent);
}

/** Writes a whole file atomically; a string is written as UTF-8. */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  await replaceFile(path, async (temporary) => {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(data);
    } finally {
      await file.close();
    }
  });
}

/** Writes a value as indented JSON, atomically. */
export async function writeJsonAtomic(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Brings a file's content, or a directory's entries, to the disk. */
async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
