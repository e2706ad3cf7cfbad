/**
 * @file The folders through which servers get weights: `<dir>/<version>`, each a whole checkpoint.
 *
 * A version appears under its name when it is complete, so that no server reads half of one. Two are kept, the newest and
 * the one before it, which a server may still be reading.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

const VERSION = /^step-\d+-[\da-f]{8}(?:\.tmp)?$/;
const KEPT = 2;

export class WeightFolders {
  readonly #dir: string;
  /** Tells the versions of this process from those of others that had the same number. */
  readonly #mark = randomBytes(4).toString('hex');
  #versions: string[] = [];

  /** @param dir - for one run alone: versions that are left there are removed with the first of this one */
  constructor(dir: string) {
    this.#dir = dir;
  }

  /**
   * Writes a version and removes old ones.
   * @param steps - optimiser steps that the weights have taken
   * @param save - writes a checkpoint into a folder
   * @returns its name, which is that of its folder
   */
  async publish(steps: number, save: (dir: string) => Promise<void>): Promise<string> {
    const version = `step-${String(steps).padStart(6, '0')}-${this.#mark}`;
    const unfinished = path.join(this.#dir, `${version}.tmp`);
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(this.#dir, { recursive: true });
    await save(unfinished);
    rmSync(path.join(this.#dir, version), { recursive: true, force: true });
    renameSync(unfinished, path.join(this.#dir, version));
    this.#versions = [...this.#versions.filter((one) => one !== version), version].slice(-KEPT);
    this.#removeAllBut(this.#versions);
    return version;
  }

  /** Removes all versions. */
  clear(): void {
    this.#removeAllBut([]);
  }

  #removeAllBut(versions: readonly string[]): void {
    const there = existsSync(this.#dir) ? readdirSync(this.#dir) : [];
    for (const name of there) {
      if (!VERSION.test(name) || versions.includes(name)) continue;
      rmSync(path.join(this.#dir, name), { recursive: true, force: true });
    }
  }
}
