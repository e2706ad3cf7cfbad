/** @file `aha serve`: models behind an HTTP server, until it is stopped. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT, SETUP_COMMAND } from '../../../setup/status.mjs';
import { UsageError, UserError } from '../../errors.ts';
import type { Era } from '../../serving/index.ts';
import { createApp, type RunningServer, startServer } from '../../serving/index.ts';
import {
  createLog,
  createObserver,
  type Logger,
  type LogLevel,
  redact,
} from '../../serving/observe/index.ts';
import { type ModelOptions, startBackend } from '../../serving/process/index.ts';
import { VERSION } from '../../version.ts';
import { listenForInterrupt } from '../cli/interrupt.ts';
import type { Io } from '../cli/io.ts';
import { openAccess } from './serve-access.ts';
import { readyJson, readyText } from './serve-ready.ts';
import { type LoadOptions, locateCheckpoints, modelOptions, type NamedCheckpoint } from './served-models.ts';

export interface ServeOptions extends LoadOptions {
  readonly host: string;
  readonly port: number;
  readonly era: Era;
  readonly keys?: string;
  readonly allowAnonymous?: boolean;
  readonly cors: readonly string[];
  readonly maxBody: number;
  readonly maxQueue: number;
  readonly maxRows: number;
  readonly cacheTokens?: number;
  readonly blockSize: number;
  readonly speculate: boolean;
  readonly updateWeightsFrom?: string;
  readonly thinking: ModelOptions['thinking'];
  readonly stallTimeout: number;
  readonly hangTimeout: number;
  readonly drainTimeout: number;
  readonly page: boolean;
  readonly logLevel: LogLevel;
  readonly json?: boolean;
}

/** Pause in a reply after which something is sent, so that proxies do not take it for dead. */
const KEEP_ALIVE_MS = 10_000;

/** What a model's process says may be long: a stack. */
const LONGEST_EVENT = 4000;

/**
 * Serves until SIGINT or SIGTERM, lets running replies end, and returns. A second signal ends the process at once.
 * @throws UsageError for anything wrong with options, names, keys or checkpoints, before a model is loaded; UserError
 *   when the address cannot be bound, a model cannot be loaded, or requests had to be cut off at the end
 */
export async function serve(checkpoints: readonly string[], options: ServeOptions, io: Io): Promise<void> {
  const named = await locateCheckpoints(checkpoints, io.stderr);
  const weightsRoot = requireUpdatable(named, options);
  const log = createLog(io.stderr, options.logLevel, options.json);
  const access = openAccess(options, process.env, log);
  const observer = createObserver({ log, models: named.map(({ id }) => id), version: VERSION });
  // The port is taken before the models are loaded: what is wrong with it is known at once.
  const server = await startServer({
    host: options.host,
    port: options.port,
    localNamesOnly: access.localNamesOnly,
    onError: (error) => observer.error('socket', error),
    limits: { stallTimeout: options.stallTimeout * 1000 },
  });
  try {
    const models = named.map((model) => servedOptions(model, options));
    const backend = await startBackend(models, ({ model, message }) =>
      log.warn({ model }, redact(message, LONGEST_EVENT)),
    );
    try {
      const app = createApp({
        backend,
        era: options.era,
        access: access.access,
        observer,
        corsOrigins: options.cors,
        maxBodyBytes: options.maxBody,
        keepAliveMs: KEEP_ALIVE_MS,
        pageDir: pageDir(options.page, log),
        weightsRoot,
        draining: () => server.draining,
      });
      server.answer((request) => app.fetch(request));
      const ready = { url: server.url, era: options.era, access: access.access, models: backend.models() };
      io.stdout.write(options.json ? readyJson(ready) : readyText(ready));
      log.info({ url: server.url, era: options.era, version: VERSION }, 'serving');
      await untilStopped(server, options.drainTimeout, log);
    } finally {
      await backend.close();
    }
  } finally {
    await server.close();
  }
}

/** Resolves when the server was stopped and nothing was cut off. */
async function untilStopped(server: RunningServer, drainTimeout: number, log: Logger): Promise<void> {
  using interrupt = listenForInterrupt(() => '');
  await new Promise((resolve) => interrupt.signal.addEventListener('abort', resolve, { once: true }));
  log.info(
    { seconds: drainTimeout },
    'stopping: running replies may end; a second signal ends the process at once',
  );
  const cut = await server.drain(drainTimeout * 1000);
  log.info({ cut }, 'stopped');
  if (cut === 0) return;
  throw new UserError(
    `${cut} ${cut === 1 ? 'request was' : 'requests were'} cut off after ${drainTimeout} s`,
    'Give replies longer with --drain-timeout.',
  );
}

function servedOptions(named: NamedCheckpoint, options: ServeOptions): ModelOptions {
  const { maxRows, maxQueue, blockSize, speculate, thinking, cacheTokens = null } = options;
  const { stallTimeout, hangTimeout } = options;
  return {
    ...modelOptions(named, options),
    maxRows,
    maxQueue,
    blockSize,
    speculate,
    thinking,
    cacheTokens,
    updatable: options.updateWeightsFrom !== undefined,
    stallTimeoutMs: stallTimeout * 1000,
    hangTimeoutMs: hangTimeout * 1000,
  };
}

/**
 * The folder that new weights come from; null where they are not to be replaced.
 * @throws UsageError where it is none, or what is served could not take them
 */
function requireUpdatable(
  models: readonly NamedCheckpoint[],
  { updateWeightsFrom: root, speculate, precision }: ServeOptions,
): string | null {
  if (root === undefined) return null;
  const flag = '--update-weights-from';
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UsageError(
      `${flag} ${root}: there is no such folder`,
      'Make it; the trainer writes its checkpoints there.',
    );
  }
  if (models.length > 1) {
    throw new UsageError(
      `${flag}: ${models.length} models are served`,
      'Serve one; others need a server each.',
    );
  }
  if (speculate) {
    throw new UsageError(`${flag} and --speculate exclude each other`, 'Leave out --speculate.');
  }
  if (precision === 'int8' || precision === 'nf4') {
    throw new UsageError(
      `${flag}: weights held in ${precision} cannot be replaced`,
      'Use another --precision, such as bf16.',
    );
  }
  return root;
}

/** The built chat page, null where it is not wanted or was not built. */
function pageDir(wanted: boolean, log: Logger): string | null {
  if (!wanted) return null;
  const dir = join(PACKAGE_ROOT, 'dist', 'page');
  if (existsSync(join(dir, 'index.html'))) return dir;
  log.warn(`the chat page is not built: run ${SETUP_COMMAND}, or give --no-page`);
  return null;
}
