/** @file HubError: the failures of the hub, of the way to it and of its cache, each with its remedy. */
import { bytesInWords } from '../../bytes.ts';
import { EXIT_USAGE, UserError } from '../../errors.ts';
import { formatHubName, type HubName } from './name.ts';
import type { HubSettings } from './settings.ts';

/** What a program may tell apart. */
export type HubFailure =
  | 'missing'
  | 'gated'
  | 'token'
  | 'refused'
  | 'offline'
  | 'unreachable'
  | 'space'
  | 'checksum'
  | 'contents';

/** Failures of what was named or set: exit status 2. */
const USAGE: readonly HubFailure[] = ['missing', 'gated', 'token', 'refused', 'contents'];

/** A failure of the hub, or of what it gave. */
export class HubError extends UserError {
  override readonly name = 'HubError';
  readonly kind: HubFailure;

  constructor(kind: HubFailure, what: string, remedy: string, cause?: unknown) {
    super(what, remedy, { cause, ...(USAGE.includes(kind) && { exitCode: EXIT_USAGE }) });
    this.kind = kind;
  }
}

/** The page of a repository, where licences are accepted. */
export function pageOf({ kind, repo }: HubName, { endpoint }: HubSettings): string {
  return `${endpoint}/${kind === 'dataset' ? 'datasets/' : ''}${repo}`;
}

/**
 * A refusal of the hub as an error. X-Error-Code says which one; without a token a repository that is private and one
 * that does not exist get the same 401.
 */
export function refusalOf(response: Response, name: HubName, settings: HubSettings): HubError {
  const { status, headers } = response;
  const code = headers.get('x-error-code');
  const said = headers.get('x-error-message');
  const title = formatHubName(name);
  const what = name.kind === 'model' ? 'model' : 'data set';
  if (code === 'GatedRepo') return gated(name, settings);
  if (code === 'RevisionNotFound') {
    return new HubError('missing', `${title}: ${name.repo} has no revision “${name.revision}”`, REVISIONS);
  }
  if (code === 'EntryNotFound') {
    return new HubError(
      'missing',
      `${title}: no such file at ${response.url}`,
      `See ${pageOf(name, settings)}.`,
    );
  }
  const badToken = status === 401 && /credentials|token/i.test(said ?? '');
  if (badToken) {
    return new HubError(
      'token',
      `${title}: the hub does not accept the token (${said})`,
      `Make one at ${settings.endpoint}/settings/tokens and set HF_TOKEN, or unset it for what is public.`,
    );
  }
  if (code === 'RepoNotFound' || status === 404 || status === 401) {
    const hidden =
      settings.token === null
        ? 'If it is private, set HF_TOKEN to a token that may read it.'
        : 'If it is private, the token must be allowed to read it.';
    return new HubError('missing', `${title}: ${settings.endpoint} has no such ${what}`, hidden);
  }
  if (status === 429 || status >= 500) {
    const remedy =
      status === 429 ? 'Try again later; with HF_TOKEN set more is allowed.' : 'Try again later.';
    return new HubError(
      'unreachable',
      `${title}: the hub answers ${status}${said ? ` (${said})` : ''}`,
      remedy,
    );
  }
  return new HubError(
    'refused',
    `${title}: the hub answers ${status}${said ? ` (${said})` : ''}`,
    `See ${pageOf(name, settings)}.`,
  );
}

const REVISIONS = 'Name a branch, a tag or a commit behind the @, and a path before it.';

function gated(name: HubName, settings: HubSettings): HubError {
  const page = pageOf(name, settings);
  const tokens = `${settings.endpoint}/settings/tokens`;
  const remedy =
    settings.token === null
      ? `Accept its terms at ${page}, make a token at ${tokens}, and set HF_TOKEN.`
      : `Accept its terms at ${page} with the account of the token; a fine-grained token also needs access to gated repositories.`;
  return new HubError('gated', `${formatHubName(name)}: access is gated`, remedy);
}

/** Nothing is in the cache, and nothing may be asked for. */
export function offlineError(name: HubName, missing: string, { cache }: HubSettings): HubError {
  return new HubError(
    'offline',
    `${formatHubName(name)}: ${missing} in the cache (${cache}), and HF_HUB_OFFLINE is set`,
    'Unset HF_HUB_OFFLINE, or run aha fetch where there is a network and copy the cache (HF_HOME).',
  );
}

/** The hub gives no answer. */
export function unreachable(name: HubName, { endpoint }: HubSettings, cause: unknown): HubError {
  return new HubError(
    'unreachable',
    `${formatHubName(name)}: ${endpoint} cannot be reached (${reason(cause)})`,
    'Check the network, or set HF_ENDPOINT to a mirror. What was downloaded is kept: the same command goes on from there.',
    cause,
  );
}

/** The reason of a failed request: undici wraps it. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return (cause as NodeJS.ErrnoException).code ?? cause.message;
}

/** The disk has no room. */
export function noSpace(
  needed: number,
  free: number | null,
  { cache }: HubSettings,
  cause?: unknown,
): HubError {
  const left = free === null ? '' : `, and ${bytesInWords(free)} are free`;
  return new HubError(
    'space',
    `${cache}: no space left: ${bytesInWords(needed)} more are needed${left}`,
    'Free some, or set HF_HOME to a directory on another disk. What was downloaded is kept.',
    cause,
  );
}
