/**
 * @file Listing of a repository at a commit: asked of the hub through @huggingface/hub, or read from the cache.
 *
 * The library asks and pages; requests, retries and errors are those of request.ts. Its own downloads are not used: they
 * start again from nothing, check no sum, take no lock, and fetch every file (docs/models-and-data-by-name.md).
 */
import type * as Hub from '@huggingface/hub';
import { suggestion } from '../../did-you-mean.ts';
import { UserError } from '../../errors.ts';
import { cachedFiles } from './cache.ts';
import { HubError } from './errors.ts';
import { formatHubName, isCommit, type RepoKind } from './name.ts';
import { type Asking, request, tryJson } from './request.ts';

/** A file of a repository. */
export interface RepoFile {
  /** With `/`, relative to the repository. */
  readonly path: string;
  readonly size: number;
  /**
   * Name of its blob in the cache and sum of its content: SHA-256 of what Git LFS keeps, else git's SHA-1; null for one
   * that is known from the cache alone.
   */
  readonly etag: string | null;
}

/** The files of a repository at a commit. */
export interface Listing {
  readonly commit: string;
  readonly files: readonly RepoFile[];
  /** Whether these are only the files that the cache happens to hold. */
  readonly partial: boolean;
}

/**
 * Asks the hub.
 * @throws HubError for a repository or revision that is missing or refused, with the nearest name that there is
 */
export async function askListing(asking: Asking): Promise<Listing> {
  const { name, settings } = asking;
  const hub = await import('@huggingface/hub');
  // The library would refuse a token that does not begin with hf_, as mirrors have: `request` adds it.
  const options = {
    hubUrl: settings.endpoint,
    fetch: (url: string | URL | Request, init?: RequestInit) => request(addressOf(url), asking, init),
  };
  try {
    const commit = isCommit(name.revision) ? name.revision : await commitOf(hub, asking, options);
    const files: RepoFile[] = [];
    const repo = { type: name.kind, name: name.repo };
    for await (const one of hub.listFiles({ ...options, repo, revision: commit, recursive: true })) {
      if (one.type !== 'file' || !isInside(one.path)) continue;
      const etag = requireSum(one.lfs?.oid ?? one.oid, one.path, asking);
      files.push({ path: one.path, size: one.lfs?.size ?? one.size, etag });
    }
    return { commit, files, partial: false };
  } catch (error) {
    throw error instanceof HubError && error.kind === 'missing' ? await withNearest(error, asking) : error;
  }
}

function addressOf(url: string | URL | Request): string {
  return url instanceof Request ? url.url : String(url);
}

type Fetching = { readonly hubUrl: string; readonly fetch: typeof fetch };

async function commitOf(hub: typeof Hub, { name }: Asking, options: Fetching): Promise<string> {
  const ask = { ...options, name: name.repo, revision: name.revision, additionalFields: ['sha' as const] };
  const { sha } = name.kind === 'model' ? await hub.modelInfo(ask) : await hub.datasetInfo(ask);
  if (typeof sha === 'string' && isCommit(sha)) return sha;
  throw new UserError(
    `${formatHubName(name)}: ${options.hubUrl} names no commit`,
    'Check HF_ENDPOINT: what answers there does not speak the API of the hub.',
  );
}

/** The sum of a file, which becomes the name of its blob. @throws UserError for what is none: it may lead out of the cache */
function requireSum(sum: string | undefined, path: string, { name, settings }: Asking): string {
  if (sum !== undefined && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(sum)) return sum;
  throw new UserError(
    `${formatHubName(name)}: ${settings.endpoint} states no SHA-1 or SHA-256 of ${path}`,
    'Check HF_ENDPOINT: what answers there does not speak the API of the hub.',
  );
}

/** Whether a path stays inside the directory it is joined to: it becomes the name of a file here. */
function isInside(path: string): boolean {
  return !path.includes('\\') && path.split('/').every((part) => !['', '.', '..'].includes(part));
}

/** The error with what was most likely meant. */
async function withNearest(error: HubError, asking: Asking): Promise<HubError> {
  const [what = '', remedy = ''] = error.message.split('\n  ');
  const hint = what.includes('no revision') ? await nearestRevision(asking) : await nearestRepo(asking);
  return hint === null ? error : new HubError('missing', `${what}; ${hint}`, remedy, error);
}

async function nearestRevision(asking: Asking): Promise<string | null> {
  const { name } = asking;
  const found = await tryJson(`${apiOf(asking, name.kind)}/${name.repo}/refs`, asking);
  const { branches = [], tags = [] } = (found ?? {}) as { branches?: Named[]; tags?: Named[] };
  const names = [...branches, ...tags].flatMap((one) => (typeof one.name === 'string' ? [one.name] : []));
  return names.length === 0 ? null : suggestion(name.revision, names);
}

interface Named {
  readonly name?: unknown;
}

/** A repository of the other kind with this name, else one of the same owner or with a similar name. */
async function nearestRepo(asking: Asking): Promise<string | null> {
  const { name, settings } = asking;
  const other: RepoKind = name.kind === 'model' ? 'dataset' : 'model';
  if ((await tryJson(`${apiOf(asking, other)}/${name.repo}`, asking)) !== null) {
    return other === 'dataset' ? 'there is a data set of this name' : 'there is a model of this name';
  }
  const [owner = '', own = owner] = name.repo.split('/');
  for (const search of [`author=${encodeURIComponent(owner)}`, `search=${encodeURIComponent(own)}`]) {
    const found = await tryJson(`${settings.endpoint}/api/${name.kind}s?${search}&limit=200`, asking);
    const ids = Array.isArray(found) ? found.map((one: { id?: unknown }) => one.id) : [];
    const hint = suggestion(name.repo, ids.filter((id) => typeof id === 'string').slice(0, 200));
    if (hint.startsWith('did you mean')) return hint;
  }
  return null;
}

function apiOf({ settings }: Asking, kind: RepoKind): string {
  return `${settings.endpoint}/api/${kind}s`;
}

/** What the cache holds of a commit. */
export function cachedListing(folder: string, commit: string): Listing {
  const files = cachedFiles(folder, commit).map((file) => ({ ...file, etag: null }));
  return { commit, files, partial: true };
}
