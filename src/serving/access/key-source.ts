/**
 * @file Source of the server's keys: a file, read again whenever it changes, and the environment.
 *
 * A file that can no longer be read is not followed: the keys known so far stay, so that a slip in an editor locks
 * nobody out, and the log says so. Taking a key away means taking it out of a sound file.
 */
import { statSync } from 'node:fs';
import { UsageError } from '../../errors.ts';
import { hashKey, type KeyEntry } from './key.ts';
import { type FileStamp, readKeysFile, stampOf, toEntry } from './keys-file.ts';
import { NO_LIMITS } from './limiter.ts';

/** Keys as they are now. Returns the same array as long as nothing has changed. */
export type KeySource = () => readonly KeyEntry[];

/** Environment variable with the one key of a server without a keys file. */
export const KEY_VARIABLE = 'AHA_API_KEY';

/** Shorter keys can be found by trying. */
const LEAST_CHARACTERS = 16;

/** How often the file is looked at, in milliseconds. */
const LOOK_EVERY = 500;

export interface KeySourceOptions {
  /** Told what was read again and what could not be. */
  readonly onReload: (message: string, problem: boolean) => void;
  /** Milliseconds on a clock that only goes forward. */
  readonly now: () => number;
}

/**
 * Opens a keys file.
 * @throws UsageError when it cannot be read or is damaged; later that is only reported
 */
export function openKeysFile(path: string, { onReload, now }: KeySourceOptions): KeySource {
  let { keys, stamp } = readKeysFile(path);
  let entries = keys.map(toEntry);
  let looked = now();
  /** The version that last could not be read, so that it is reported once. */
  let refused: FileStamp | null = null;

  const reload = (found: FileStamp) => {
    try {
      ({ keys, stamp } = readKeysFile(path));
      entries = keys.map(toEntry);
      refused = null;
      onReload(`${path}: read again, ${keys.length} ${keys.length === 1 ? 'key' : 'keys'}`, false);
    } catch (error) {
      refused = found;
      onReload(`${(error as Error).message}\n  Until then the keys read before stay.`, true);
    }
  };

  return () => {
    const time = now();
    if (time - looked < LOOK_EVERY) return entries;
    looked = time;
    const found = stampAt(path);
    if (found !== stamp && found !== refused) reload(found);
    return entries;
  };
}

function stampAt(path: string): FileStamp {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? 'missing' : stampOf(stats);
}

/**
 * The key of AHA_API_KEY, or null where it is not set.
 * @throws UsageError when it is too short to be secret or no header could carry it
 */
export function environmentKey(env: NodeJS.ProcessEnv): KeyEntry | null {
  const key = env[KEY_VARIABLE];
  if (key === undefined || key === '') return null;
  if (!/^[\x21-\x7e]+$/.test(key) || key.length < LEAST_CHARACTERS) {
    throw new UsageError(
      `${KEY_VARIABLE}: not at least ${LEAST_CHARACTERS} visible ASCII characters without spaces`,
      'Take a random one, such as that of: openssl rand -hex 32',
    );
  }
  return { name: 'environment', hash: hashKey(key), expires: null, limits: NO_LIMITS };
}

/** A source with one key more. */
export function withKey(source: KeySource, entry: KeyEntry): KeySource {
  let before: readonly KeyEntry[] | null = null;
  let all: readonly KeyEntry[] = [];
  return () => {
    const entries = source();
    if (entries !== before) {
      before = entries;
      all = [...entries, entry];
    }
    return all;
  };
}
