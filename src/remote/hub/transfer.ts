/**
 * @file Download of one blob: goes on where an earlier attempt broke off (range requests), checks size and sum, and puts it
 * in place whole. Of several processes that want the same blob one downloads, the others wait for it.
 *
 * What has come so far is in `<etag>.aha.incomplete`: huggingface_hub writes files of other names, and only the finished blob
 * has one that both read. A checked blob is the same whoever wrote it.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { atPath } from '../../errors.ts';
import { makeDirectory } from '../../run/atomic.ts';
import { tryLock } from '../../run/lock.ts';
import { HubError, noSpace, unreachable } from './errors.ts';
import { formatHubName } from './name.ts';
import { type Asking, pauseAfter, request } from './request.ts';

/** A file to download. */
export interface Blob {
  readonly url: string;
  /** Of the file in its repository, for messages. */
  readonly path: string;
  readonly size: number;
  /** SHA-256 in hexadecimal, or git's SHA-1 of a blob; see RepoFile. */
  readonly etag: string;
  /** Where it belongs. */
  readonly target: string;
  /** Lock file of this blob. */
  readonly lock: string;
}

/** Who is told how a download goes. */
export interface TransferWatcher {
  /** Bytes that are on the disk now, more or fewer than before. */
  onBytes(difference: number): void;
  note(text: string): void;
}

const LOOK_EVERY_MS = 500;

/** Bytes of a blob that an earlier attempt has left. */
export function bytesLeftOf(target: string, size: number): number {
  const found = statSync(incompleteOf(target), { throwIfNoEntry: false })?.size ?? 0;
  return found > size ? 0 : found;
}

function incompleteOf(target: string): string {
  return `${target}.aha.incomplete`;
}

/**
 * Downloads a blob unless it is there.
 * @throws HubError for what the hub refuses, a connection that keeps breaking, a wrong sum, and a full disk
 */
export async function download(blob: Blob, asking: Asking, watcher: TransferWatcher): Promise<void> {
  makeDirectory(dirname(blob.target));
  makeDirectory(dirname(blob.lock));
  let waited = false;
  for (;;) {
    if (existsSync(blob.target)) {
      if (waited) watcher.onBytes(blob.size);
      return;
    }
    const release = tryLock(blob.lock);
    if (release !== null) {
      try {
        // Another process may have finished between the two looks.
        if (!existsSync(blob.target)) await new Download(blob, asking, watcher).run();
        return;
      } finally {
        release();
      }
    }
    if (!waited) watcher.note(`${blob.path}: another process downloads it (${blob.lock}); waiting`);
    waited = true;
    await sleep(LOOK_EVERY_MS);
  }
}

/** Thrown where the bytes on the disk cannot become the blob, so that they are dropped. */
class WrongBytes extends Error {}

class Download {
  readonly #blob: Blob;
  readonly #asking: Asking;
  readonly #watcher: TransferWatcher;
  readonly #incomplete: string;
  #hash: Hash;
  #have = 0;

  constructor(blob: Blob, asking: Asking, watcher: TransferWatcher) {
    this.#blob = blob;
    this.#asking = asking;
    this.#watcher = watcher;
    this.#incomplete = incompleteOf(blob.target);
    this.#hash = hashOf(blob);
  }

  async run(): Promise<void> {
    try {
      await this.#resume();
      for (let again = true; ; again = false) {
        const wrong = await this.#fill();
        if (wrong === null) break;
        // A part that was cut off by a crash of the machine, or another file's: once from the beginning.
        await this.#drop();
        if (!again) throw this.#damaged(wrong);
      }
      await rename(this.#incomplete, this.#blob.target);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOSPC' && code !== 'EDQUOT') throw atPath(error, this.#incomplete);
      throw noSpace(this.#blob.size - this.#have, null, this.#asking.settings, error);
    }
  }

  /** Counts and sums what an earlier attempt has left. */
  async #resume(): Promise<void> {
    const left = bytesLeftOf(this.#blob.target, this.#blob.size);
    if (left === 0) await rm(this.#incomplete, { force: true });
    else for await (const chunk of createReadStream(this.#incomplete)) this.#hash.update(chunk as Buffer);
    this.#have = left;
  }

  async #drop(): Promise<void> {
    await rm(this.#incomplete, { force: true });
    this.#watcher.onBytes(-this.#have);
    this.#have = 0;
    this.#hash = hashOf(this.#blob);
  }

  /** Downloads what is missing, through as many connections as it takes. Returns what is wrong with the bytes, if anything. */
  async #fill(): Promise<string | null> {
    const file = await open(this.#incomplete, 'a');
    try {
      await this.#fillFile(file);
      await file.sync();
    } catch (error) {
      if (error instanceof WrongBytes) return error.message;
      throw error;
    } finally {
      await file.close();
    }
    const sum = this.#hash.digest('hex');
    return sum === this.#blob.etag ? null : `its sum is ${sum} and not ${this.#blob.etag}`;
  }

  async #fillFile(file: FileHandle): Promise<void> {
    const { tries } = this.#asking.patience;
    for (let failures = 0; this.#have < this.#blob.size; ) {
      const before = this.#have;
      try {
        await this.#connection(file);
      } catch (error) {
        if (error instanceof HubError || error instanceof WrongBytes || isOfDisk(error)) throw error;
        failures = this.#have > before ? 1 : failures + 1;
        if (failures >= tries) throw unreachable(this.#asking.name, this.#asking.settings, error);
        await pauseAfter(failures, this.#asking.patience);
      }
    }
  }

  /** One request for what is missing, until it ends or breaks. */
  async #connection(file: FileHandle): Promise<void> {
    const { size, url } = this.#blob;
    const { stallMs } = this.#asking.patience;
    const stalled = new AbortController();
    // Compressed, the bytes could not be counted.
    const headers = {
      'accept-encoding': 'identity',
      ...(this.#have > 0 && { range: `bytes=${this.#have}-` }),
    };
    const response = await request(url, this.#asking, { headers, signal: stalled.signal });
    await this.#checkRange(response);
    let timer: NodeJS.Timeout | undefined;
    const wind = () => {
      clearTimeout(timer);
      timer = setTimeout(() => stalled.abort(new Error(`nothing for ${stallMs / 1000} s`)), stallMs);
    };
    try {
      wind();
      // A server without ranges sends it from the beginning: what is there already is passed over.
      let skip = response.status === 206 ? 0 : this.#have;
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
        wind();
        const bytes = chunk.subarray(Math.min(skip, chunk.length));
        skip -= chunk.length - bytes.length;
        if (this.#have + bytes.length > size) throw new WrongBytes(`it is longer than ${size} bytes`);
        await file.writeFile(bytes);
        this.#hash.update(bytes);
        this.#have += bytes.length;
        this.#watcher.onBytes(bytes.length);
      }
    } finally {
      clearTimeout(timer);
    }
    if (this.#have < size) throw new Error(`the connection ended after ${this.#have} of ${size} bytes`);
  }

  async #checkRange(response: Response): Promise<void> {
    if (response.status !== 206) return;
    const [, from, total] =
      /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '') ?? [];
    const fits = Number(from) === this.#have && (total === '*' || Number(total) === this.#blob.size);
    if (fits) return;
    await response.body?.cancel();
    throw new WrongBytes(`the server sent ${response.headers.get('content-range')}`);
  }

  #damaged(what: string): HubError {
    return new HubError(
      'checksum',
      `${formatHubName(this.#asking.name)}: ${this.#blob.path} came damaged, twice: ${what}`,
      `Something between here and ${this.#asking.settings.endpoint} changes it (a proxy, a mirror): try again, or without it.`,
    );
  }
}

/** The sum that the etag is: SHA-256, or that of a blob in git, which counts kind and size. */
function hashOf({ etag, size }: Blob): Hash {
  return etag.length === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
}

/** Errors of files have a path or a descriptor; those of connections have none of these calls. */
function isOfDisk(error: unknown): boolean {
  const { syscall } = error as NodeJS.ErrnoException;
  return syscall === 'write' || syscall === 'open' || syscall === 'fsync';
}

/** Where the lock of a blob is, beside those of huggingface_hub. */
export function lockPath(cache: string, folder: string, etag: string): string {
  return join(cache, '.locks', basename(folder), `${etag}.aha.lock`);
}
