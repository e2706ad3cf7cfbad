/**
 * @file The cache on the disk, in the layout of huggingface_hub: what Python has downloaded is found, and the other way round.
 *
 * ```
 * models--Qwen--Qwen3-0.6B/
 *   blobs/<etag>                 contents: SHA-256 of a large file, git's SHA-1 of a small one
 *   refs/main                    the commit a branch or tag pointed to
 *   snapshots/<commit>/<path>    relative links to the blobs
 * ```
 */
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { writeFileAtomic } from '../../run/atomic.ts';
import { type HubName, isCommit } from './name.ts';

/** Directory of a repository in the cache. */
export function repoFolder(cache: string, { kind, repo }: Pick<HubName, 'kind' | 'repo'>): string {
  return join(cache, [`${kind}s`, ...repo.split('/')].join('--'));
}

/** Directory of the files at a commit. */
export function snapshotFolder(folder: string, commit: string): string {
  return join(folder, 'snapshots', commit);
}

/** Where the content of a file is kept. */
export function blobPath(folder: string, etag: string): string {
  return join(folder, 'blobs', etag);
}

/** The commit that a revision pointed to when it was last looked up; null where it never was. */
export function readRef(folder: string, revision: string): string | null {
  if (isCommit(revision)) return revision;
  try {
    const commit = readFileSync(join(folder, 'refs', revision), 'utf8').trim();
    return isCommit(commit) ? commit : null;
  } catch {
    return null;
  }
}

/** Notes which commit a branch or tag points to. */
export async function writeRef(folder: string, revision: string, commit: string): Promise<void> {
  if (isCommit(revision) || readRef(folder, revision) === commit) return;
  await writeFileAtomic(join(folder, 'refs', revision), commit);
}

/** Whether a file of a snapshot is there, its content with it. */
export function hasFile(folder: string, commit: string, path: string): boolean {
  return existsSync(join(snapshotFolder(folder, commit), path));
}

/** The files of a snapshot that are there, by their paths in the repository, with their sizes. */
export function cachedFiles(folder: string, commit: string): { path: string; size: number }[] {
  const snapshot = snapshotFolder(folder, commit);
  if (!existsSync(snapshot)) return [];
  return readdirSync(snapshot, { recursive: true, encoding: 'utf8' })
    .sort()
    .flatMap((path) => {
      const found = statSync(join(snapshot, path), { throwIfNoEntry: false });
      return found?.isFile() ? [{ path, size: found.size }] : [];
    });
}

/** Makes the file of a snapshot a link to its blob. */
export function linkBlob(folder: string, commit: string, path: string, etag: string): void {
  placeLink(join(snapshotFolder(folder, commit), path), blobPath(folder, etag));
}

/**
 * A directory with links to files, for data that is in several; made again where it holds others.
 * @param place - names it, inside the repository's directory
 * @param files - in the order in which they are to be read
 */
export function linkFolder(folder: string, place: readonly string[], files: readonly string[]): string {
  // Beside the parts that huggingface_hub reads, and gone with them.
  const made = join(folder, 'aha', ...place);
  const width = String(files.length - 1).length;
  const names = files.map((file, i) => `${String(i).padStart(width, '0')}-${basename(file)}`);
  // What ends with .tmp is a link that another process is putting in place.
  const present = existsSync(made) ? readdirSync(made).filter((name) => !name.endsWith('.tmp')) : [];
  for (const name of present) if (!names.includes(name)) rmSync(join(made, name), { force: true });
  for (const [i, name] of names.entries()) placeLink(join(made, name), files[i]!);
  return made;
}

/** A relative link, so that the cache can be moved; put in place whole, as another process may do the same. */
function placeLink(link: string, target: string): void {
  const written = relative(dirname(link), target);
  if (targetOf(link) === written) return;
  mkdirSync(dirname(link), { recursive: true });
  const temporary = `${link}.${randomBytes(6).toString('hex')}.tmp`;
  symlinkSync(written, temporary);
  renameSync(temporary, link);
}

function targetOf(link: string): string | null {
  try {
    return readlinkSync(link);
  } catch {
    return null;
  }
}
