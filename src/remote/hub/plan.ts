/**
 * @file Plan of a download: the commit that a name leads to, the files that are needed, and those that the cache lacks.
 */
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  blobPath,
  hasFile,
  linkBlob,
  linkFolder,
  readRef,
  repoFolder,
  snapshotFolder,
  writeRef,
} from './cache.ts';
import { HubError, offlineError, pageOf } from './errors.ts';
import { askListing, cachedListing, type Listing, type RepoFile } from './listing.ts';
import { modelFiles } from './model-files.ts';
import { formatHubName, type HubName, isCommit, pinned } from './name.ts';
import { type Asking, PATIENCE, type Patience } from './request.ts';
import type { HubSettings } from './settings.ts';
import { isNumbered, splitFiles } from './splits.ts';
import { type Blob, bytesLeftOf, download, lockPath, type TransferWatcher } from './transfer.ts';

/** What is to be fetched for a name. */
export interface HubPlan {
  /** The name at its commit. */
  readonly name: HubName;
  readonly files: readonly RepoFile[];
  /** Size of all files, and of what is not on the disk yet. */
  readonly bytes: number;
  readonly missingBytes: number;
  readonly missing: readonly RepoFile[];
  /** Where it is once all files are there: a directory, or the file where it is one. Makes the links it takes. */
  locate(): string;
}

/** What planning and fetching need beside the name. */
export interface HubOptions {
  readonly settings: HubSettings;
  readonly watcher: TransferWatcher;
  readonly patience?: Patience;
}

/**
 * Looks a name up: on the hub, or in the cache where that is all there is.
 * @throws HubError as errors.ts says, for each with its remedy
 */
export async function planHub(name: HubName, options: HubOptions): Promise<HubPlan> {
  const { settings, patience = PATIENCE } = options;
  const folder = repoFolder(settings.cache, name);
  const asking: Asking = { name, settings, patience };
  // A commit never changes: where all of it is in the cache, nobody is asked.
  const kept = isCommit(name.revision) ? await fromCache(name, folder, settings).catch(() => null) : null;
  if (kept !== null && isCertainlyWhole(kept)) return kept;
  if (settings.offline) return fromCache(name, folder, settings);
  let listing: Listing;
  try {
    listing = await askListing(asking);
  } catch (error) {
    if (!(error instanceof HubError) || error.kind !== 'unreachable') throw error;
    const found = await fromCache(name, folder, settings).catch(() => null);
    if (found === null) throw error;
    options.watcher.note(
      `${error.message.split('\n')[0]}; taking ${formatHubName(found.name)} from the cache`,
    );
    return found;
  }
  await writeRef(folder, name.revision, listing.commit);
  const readme = await readmeOf(name, listing, folder, options);
  return planOf(pinned(name, listing.commit), listing, readme, folder);
}

/**
 * Whether the cache cannot lack a file of a plan made from it alone. Other programs may have loaded the weights of a model
 * without its tokenizer; of a split, a download that broke off leaves some files, and only numbered ones say how many
 * there are.
 */
function isCertainlyWhole({ name, files }: HubPlan): boolean {
  if (name.path !== '' && files[0]?.path === name.path) return true;
  if (name.kind === 'dataset') return files.every(({ path }) => isNumbered(path));
  return files.some(({ path }) => basename(path) === 'tokenizer.json');
}

/** @throws HubError where the cache lacks it, or a part of it */
async function fromCache(name: HubName, folder: string, settings: HubSettings): Promise<HubPlan> {
  const commit = readRef(folder, name.revision);
  const listing = commit === null ? null : cachedListing(folder, commit);
  if (listing === null || listing.files.length === 0) throw offlineError(name, 'it is not', settings);
  const readme = join(snapshotFolder(folder, listing.commit), 'README.md');
  const text = name.kind === 'dataset' ? await readFile(readme, 'utf8').catch(() => null) : null;
  return planOf(pinned(name, listing.commit), listing, text, folder);
}

/** Text of a data set's README.md, which says what its splits are; null where there is none. */
async function readmeOf(
  name: HubName,
  listing: Listing,
  folder: string,
  options: HubOptions,
): Promise<string | null> {
  const file = listing.files.find(({ path }) => path === 'README.md');
  if (name.kind !== 'dataset' || file === undefined) return null;
  const silent = { onBytes: () => undefined, note: (text: string) => options.watcher.note(text) };
  await fetchFile(file, pinned(name, listing.commit), { ...options, watcher: silent });
  return readFile(join(snapshotFolder(folder, listing.commit), file.path), 'utf8');
}

function planOf(name: HubName, listing: Listing, readme: string | null, folder: string): HubPlan {
  const { commit } = listing;
  const chosen = name.kind === 'model' ? modelFiles(name, listing) : splitFiles(name, listing, readme);
  const { files } = chosen;
  const missing = files.filter(({ path }) => !hasFile(folder, commit, path));
  const sum = (some: readonly RepoFile[]) => some.reduce((total, { size }) => total + size, 0);
  const kept = missing.reduce((total, file) => total + keptOf(file, folder), 0);
  const snapshot = snapshotFolder(folder, commit);
  const locate = (): string => {
    if ('path' in chosen) return join(snapshot, chosen.path);
    const paths = files.map(({ path }) => join(snapshot, path));
    return paths.length === 1 ? paths[0]! : linkFolder(folder, [commit, chosen.config, chosen.split], paths);
  };
  return { name, files, bytes: sum(files), missing, missingBytes: sum(missing) - kept, locate };
}

/** Bytes of a file that are on the disk, under another commit or from a download that broke off. */
function keptOf({ etag, size }: RepoFile, folder: string): number {
  if (etag === null) return 0;
  const target = blobPath(folder, etag);
  return statSync(target, { throwIfNoEntry: false })?.size ?? bytesLeftOf(target, size);
}

/**
 * Downloads a file of a repository into the cache, and links it into the snapshot of the commit.
 * @param name - at its commit
 */
export async function fetchFile(file: RepoFile, name: HubName, options: HubOptions): Promise<void> {
  const { settings, watcher, patience = PATIENCE } = options;
  const { cache } = settings;
  const folder = repoFolder(cache, name);
  const commit = name.revision;
  if (hasFile(folder, commit, file.path)) return;
  const etag = file.etag!;
  const within = file.path.split('/').map(encodeURIComponent).join('/');
  const blob: Blob = {
    url: `${pageOf(name, settings)}/resolve/${commit}/${within}`,
    path: file.path,
    size: file.size,
    etag,
    target: blobPath(folder, etag),
    lock: lockPath(cache, folder, etag),
  };
  await download(blob, { name, settings, patience }, watcher);
  linkBlob(folder, commit, file.path, etag);
}
