/**
 * @file Provenance of a stage: its configuration and its inputs. Compared before a stage is skipped or resumed.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atPath } from '../../errors.ts';
import { currentDigest, isComplete, readArtifact, STARTED } from '../../run/artifact.ts';

/** What determines an artifact. */
export interface Provenance {
  /** Hash of kind, resolved configuration and seed. */
  readonly configHash: string;
  /** Fingerprint of each input, by the reference in the recipe. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** SHA-256 of a JSON value, the same for every order of its keys. */
export function hashJson(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sortKeys(value)))
    .digest('hex');
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)]));
}

/**
 * Fingerprint of an input, which changes with it: the digest of an artifact's files as they are, else names, sizes and times of
 * the files, since reading a large model to hash it would take minutes. `missing` where there is nothing.
 */
export function inputFingerprint(path: string): string {
  if (!existsSync(path)) return 'missing';
  if (isComplete(path)) return currentDigest(path);
  const names = statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true, encoding: 'utf8' }).sort()
    : [''];
  const files = names
    .map((name) => ({ name, found: statSync(join(path, name)) }))
    .filter(({ found }) => found.isFile());
  return hashJson(files.map(({ name, found }) => [name, found.size, found.mtimeMs]));
}

/** What the stage's directory was started from or made from; null when it does not say. */
export function readProvenance(dir: string): Provenance | null {
  if (isComplete(dir)) return readArtifact(dir).manifest;
  try {
    return JSON.parse(readFileSync(join(dir, STARTED), 'utf8')) as Provenance;
  } catch {
    return null;
  }
}

/** Notes what an unfinished stage was started from. */
export function writeStarted(dir: string, { configHash, inputs }: Provenance): void {
  const temporary = join(dir, `.${STARTED}.tmp`);
  const file = join(dir, STARTED);
  try {
    writeFileSync(temporary, `${JSON.stringify({ configHash, inputs }, null, 2)}\n`);
    renameSync(temporary, file);
  } catch (error) {
    throw atPath(error, file, temporary);
  }
}
