/**
 * @file Replies kept on disk, one file each, named by the hash of the request: what was asked once is not paid twice.
 *
 * For requests whose answer may be used again, such as a judge's verdict. Samples that are to differ need different
 * seeds, or no cache. A file that cannot be read counts as not there.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '../records.ts';
import { writeFileAtomic } from '../run/atomic.ts';

export class ReplyCache {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** The body kept for a request, or null. */
  async get(request: Json): Promise<Json | null> {
    try {
      return JSON.parse(await readFile(this.#path(request), 'utf8')) as Json;
    } catch {
      return null;
    }
  }

  async set(request: Json, body: Json): Promise<void> {
    await writeFileAtomic(this.#path(request), JSON.stringify(body));
  }

  #path(request: Json): string {
    const hash = createHash('sha256').update(JSON.stringify(request)).digest('hex');
    return join(this.#dir, hash.slice(0, 2), `${hash}.json`);
  }
}
