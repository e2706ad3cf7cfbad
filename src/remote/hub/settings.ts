/**
 * @file Settings of the hub from the environment, as huggingface_hub reads them: HF_ENDPOINT, HF_HOME, HF_HUB_CACHE,
 * HF_TOKEN, HF_HUB_OFFLINE, and the older names of the same.
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { UsageError } from '../../errors.ts';

export interface HubSettings {
  /** Address of the hub or of a mirror, without a slash at its end. */
  readonly endpoint: string;
  /** Directory of the cache. */
  readonly cache: string;
  /** Sent to the endpoint and to no other host; null where there is none. */
  readonly token: string | null;
  /** Whether nothing may be asked of the network. */
  readonly offline: boolean;
}

/**
 * Reads the environment. The token is HF_TOKEN, else what `hf auth login` has left in HF_HOME.
 * @throws UsageError where HF_ENDPOINT is no address
 */
export function hubSettings(env: NodeJS.ProcessEnv = process.env): HubSettings {
  const home = directory(env.HF_HOME, env) ?? join(cacheHome(env), 'huggingface');
  const cache =
    directory(env.HF_HUB_CACHE, env) ?? directory(env.HUGGINGFACE_HUB_CACHE, env) ?? join(home, 'hub');
  const tokenFile = directory(env.HF_TOKEN_PATH, env) ?? join(home, 'token');
  const offline = env.HF_HUB_OFFLINE || env.TRANSFORMERS_OFFLINE;
  return { endpoint: endpointOf(env), cache, token: tokenOf(env, tokenFile), offline: isTrue(offline) };
}

function cacheHome(env: NodeJS.ProcessEnv): string {
  return directory(env.XDG_CACHE_HOME, env) ?? join(env.HOME ?? homedir(), '.cache');
}

/** A directory with `~` and variables filled in, absolute; undefined where the variable is not set. */
function directory(value: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  if (value === undefined || value === '') return undefined;
  const filled = value.replace(/\$(?:(\w+)|\{(\w+)\})/g, (all, name, braced) => env[name ?? braced] ?? all);
  return resolve(filled.replace(/^~(?=$|\/)/, env.HOME ?? homedir()));
}

function endpointOf(env: NodeJS.ProcessEnv): string {
  const written = (env.HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, '');
  if (/^https?:\/\//.test(written) && URL.canParse(written)) return written;
  throw new UsageError(
    `HF_ENDPOINT: ${JSON.stringify(written)} is no address`,
    'Set it to one such as https://huggingface.co, or unset it.',
  );
}

function tokenOf(env: NodeJS.ProcessEnv, file: string): string | null {
  // Line ends come from files and from pasting; in a header they would be refused.
  const given = (env.HF_TOKEN ?? env.HUGGING_FACE_HUB_TOKEN ?? '').replace(/[\r\n]/g, '').trim();
  if (given !== '') return given;
  if (isTrue(env.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return null;
  try {
    return readFileSync(file, 'utf8').trim() || null;
  } catch {
    return null;
  }
}

function isTrue(value: string | undefined): boolean {
  return ['1', 'ON', 'YES', 'TRUE'].includes((value ?? '').toUpperCase());
}
