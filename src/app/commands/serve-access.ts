/** @file Access to `aha serve`: by keys where there are any, everyone on this machine where there are none. */
import { UsageError } from '../../errors.ts';
import {
  createAccess,
  environmentKey,
  isLoopback,
  KEY_VARIABLE,
  type KeySource,
  openKeysFile,
  withKey,
} from '../../serving/access/index.ts';
import type { Access } from '../../serving/index.ts';
import type { Logger } from '../../serving/observe/index.ts';

export interface ServeAccess {
  readonly access: Access;
  /** Without keys, a page of another site must not reach the server under a name it made up. */
  readonly localNamesOnly: boolean;
}

interface Options {
  readonly host: string;
  readonly keys?: string;
  readonly allowAnonymous?: boolean;
}

/**
 * @throws UsageError when the keys file is missing or damaged, or the address can be reached from elsewhere and there
 *   is no key
 */
export function openAccess(options: Options, env: NodeJS.ProcessEnv, log: Logger): ServeAccess {
  const { host, allowAnonymous = false } = options;
  const keys = openKeys(options, env, log);
  if (allowAnonymous && keys !== null) {
    const what = options.keys === undefined ? KEY_VARIABLE : '--keys';
    throw new UsageError(`${what} and --allow-anonymous exclude each other`, `Leave out one of them.`);
  }
  if (keys === null && !allowAnonymous && !isLoopback(host)) {
    throw new UsageError(
      `--host ${host}: others can reach that address, and no API key is set`,
      'Make one with aha keys add and give --keys keys.json, or let everyone in with --allow-anonymous.',
    );
  }
  return { access: createAccess({ keys }), localNamesOnly: keys === null && !allowAnonymous };
}

/** The keys of the file and of the environment; null where neither is given. */
function openKeys(options: Options, env: NodeJS.ProcessEnv, log: Logger): KeySource | null {
  const onReload = (message: string, problem: boolean): void => log[problem ? 'error' : 'info'](message);
  const now = (): number => performance.now();
  const file = options.keys === undefined ? null : openKeysFile(options.keys, { onReload, now });
  if (file?.().length === 0) log.warn(`${options.keys} holds no key: nobody is let in until one is added`);
  const key = environmentKey(env);
  if (key === null) return file;
  const only = [key];
  return file === null ? () => only : withKey(file, key);
}
