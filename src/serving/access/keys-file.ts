/**
 * @file The file of API keys: JSON with the hash of each key, its name and its limits. The keys themselves are
 * nowhere. Written atomically, readable by its owner only.
 */
import { closeSync, existsSync, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { z } from 'zod';
import { UsageError } from '../../errors.ts';
import { replaceFile } from '../../run/atomic.ts';
import { takeLock } from '../../run/lock.ts';
import type { KeyEntry } from './key.ts';

const limit = z.int().positive().nullable().default(null);

/** Names that logs use for something else. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(['anonymous', 'environment']);

/** A name may stand in any log. */
export const keyNameSchema = z
  .string()
  .regex(/^[\w.-]{1,64}$/, 'expected 1 to 64 letters, digits, “.”, “_” and “-”')
  .refine((name) => !RESERVED_NAMES.has(name), 'this name is taken by the server itself');

const keySchema = z.strictObject({
  name: keyNameSchema,
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits'),
  created: z.iso.datetime({ offset: true }),
  expires: z.iso.datetime({ offset: true }).nullable().default(null),
  limits: z
    .strictObject({ requestsPerMinute: limit, tokensPerMinute: limit, concurrent: limit })
    .prefault({}),
});

const fileSchema = z.strictObject({
  version: z.literal(1),
  keys: z
    .array(keySchema)
    .refine(
      (keys) => new Set(keys.map(({ name }) => name)).size === keys.length,
      'two keys have the same name',
    ),
});

/** A key as the file holds it. */
export type StoredKey = z.infer<typeof keySchema>;

const OWNER_ONLY = 0o600;
const WRITABLE_BY_OTHERS = 0o022;

/** What tells one version of a file from another. */
export type FileStamp = string;

/** The stamp of a file: its identity, size and times. */
export function stampOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): FileStamp {
  return [dev, ino, size, mtimeMs, ctimeMs].join(':');
}

/** The keys of a file, and the version that was read. */
export interface KeysFile {
  readonly keys: readonly StoredKey[];
  readonly stamp: FileStamp;
}

/**
 * Reads a keys file.
 * @throws UsageError when it cannot be read, is damaged, or may be written by others than its owner
 */
export function readKeysFile(path: string): KeysFile {
  const [text, stats] = contentOf(path);
  if (process.platform !== 'win32' && (stats.mode & WRITABLE_BY_OTHERS) !== 0) {
    throw new UsageError(
      `${path}: others than its owner can write to the keys file`,
      `Run: chmod 600 ${path}`,
    );
  }
  return { keys: parse(path, text), stamp: stampOf(stats) };
}

/** Content and state of the same version of the file. */
function contentOf(path: string): [text: string, stats: Stats] {
  let file: number | null = null;
  try {
    file = openSync(path, 'r');
    return [readFileSync(file, 'utf8'), fstatSync(file)];
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new UsageError(
      `${path}: ${missing ? 'no such keys file' : `cannot be read (${(cause as Error).message})`}`,
      missing ? `Make one with: aha keys add <name> --file ${path}` : 'Name a file that can be read.',
      { cause },
    );
  } finally {
    if (file !== null) closeSync(file);
  }
}

function parse(path: string, text: string): StoredKey[] {
  const remedy = 'Mend the file, or make a new one with aha keys add.';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    // The parser's message quotes the file, which is not for logs.
    throw new UsageError(`${path}: the keys file is not JSON`, remedy, { cause });
  }
  const parsed = fileSchema.safeParse(value);
  if (parsed.success) return parsed.data.keys;
  const [issue] = parsed.error.issues;
  const place = issue?.path.join('.') || 'the whole';
  throw new UsageError(`${path}: the keys file is damaged at ${place}: ${issue?.message}`, remedy);
}

/** What admission needs of a stored key. */
export function toEntry({ name, sha256, expires, limits }: StoredKey): KeyEntry {
  return {
    name,
    hash: Buffer.from(sha256, 'hex'),
    expires: expires === null ? null : Date.parse(expires),
    limits,
  };
}

/**
 * Changes a keys file; `change` gets the keys there are, none where there is no file yet, and returns those there
 * shall be. Two processes never change it at once.
 *
 * @param create - whether the file may be missing
 * @throws UsageError as readKeysFile, and when another process is changing the file
 */
export async function changeKeysFile(
  path: string,
  change: (keys: readonly StoredKey[]) => readonly StoredKey[],
  { create = false }: { create?: boolean } = {},
): Promise<void> {
  const unlock = takeLock(`${path}.lock`);
  try {
    const before = create && !existsSync(path) ? [] : readKeysFile(path).keys;
    const text = `${JSON.stringify({ version: 1, keys: change(before) }, null, 2)}\n`;
    await replaceFile(path, async (temporary) => {
      const file = await open(temporary, 'wx', OWNER_ONLY);
      try {
        await file.writeFile(text);
      } finally {
        await file.close();
      }
    });
  } finally {
    unlock();
  }
}
