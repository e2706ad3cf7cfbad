/** @file Models to serve: checkpoints, their names, and how they are loaded. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from '../../errors.ts';
import type { Output } from '../../output.ts';
import { isHubName } from '../../remote/hub/index.ts';
import { MODEL_DEFAULTS, type ModelOptions } from '../../serving/process/index.ts';
import type { PromptTemplate } from '../../text/index.ts';
import { locate } from '../cli/hub.ts';
import { findCheckpoint, requireCheckpoint } from '../cli/require-checkpoint.ts';

export interface NamedCheckpoint {
  /** The name requests use. */
  readonly id: string;
  readonly checkpoint: string;
}

/** Options of a command that say how checkpoints are loaded. */
export interface LoadOptions {
  readonly device: string;
  readonly precision: ModelOptions['precision'];
  readonly threads?: number;
  readonly context?: number;
  readonly template?: PromptTemplate;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
}

/** How a checkpoint is loaded; the rest as `aha serve` has it by default. */
export function modelOptions({ id, checkpoint }: NamedCheckpoint, options: LoadOptions): ModelOptions {
  const { device, precision, threads = null, context = null, template = null } = options;
  const { temperature, topP, topK } = options;
  const sampling = {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
  };
  return {
    ...MODEL_DEFAULTS,
    id,
    checkpoint,
    device,
    precision,
    threads,
    context,
    promptTemplate: template,
    sampling,
  };
}

/** A name stands in requests, addresses, logs and metrics. */
const NAME = /^[^\s\p{C}=/]{1,100}$/u;

/**
 * The checkpoints of arguments; those that are named on the hub are downloaded first, and called as they are there.
 * @param output - where downloads are shown
 * @throws UsageError as `namedCheckpoints` does, HubError for what cannot be downloaded
 */
export async function locateCheckpoints(args: readonly string[], output: Output): Promise<NamedCheckpoint[]> {
  const paths: string[] = [];
  for (const arg of args) {
    const [, name, hub = arg] = /^([^=/]+)=(hf:.*)$/.exec(arg) ?? [];
    if (!isHubName(hub)) {
      paths.push(arg);
      continue;
    }
    const found = await locate(hub, 'model', output);
    paths.push(`${name ?? found.label}=${found.path}`);
  }
  return namedCheckpoints(paths, (text) => output.write(`aha: ${text}\n`));
}

/**
 * Reads `<dir>` and `<name>=<dir>`; without a name it is the directory's. A directory whose own path holds `=` is
 * taken as it is where it exists.
 * @param tell - told of each that is the package's own
 * @throws UsageError when a directory holds no checkpoint, or two have the same name
 */
export function namedCheckpoints(args: readonly string[], tell?: (text: string) => void): NamedCheckpoint[] {
  const byName = new Map<string, NamedCheckpoint>();
  for (const named of args.map((arg) => namedCheckpoint(arg, tell))) {
    const other = byName.get(named.id);
    if (other !== undefined) {
      throw new UsageError(
        `two models named ${named.id}: ${other.checkpoint} and ${named.checkpoint}`,
        'Give each a name of its own: <name>=<dir>.',
      );
    }
    byName.set(named.id, named);
  }
  return [...byName.values()];
}

function namedCheckpoint(arg: string, tell?: (text: string) => void): NamedCheckpoint {
  const at = existsSync(arg) ? -1 : arg.indexOf('=');
  const given = at < 0 ? null : arg.slice(0, at);
  const isName = given !== null && !given.includes('/');
  const checkpoint = findCheckpoint(isName ? arg.slice(at + 1) : arg, tell);
  if (isName && !NAME.test(given)) {
    throw new UsageError(
      `${arg}: “${given}” is no name of a model`,
      'Take 1 to 100 characters without spaces.',
    );
  }
  requireCheckpoint(checkpoint, 'Name the directory of a checkpoint, as <dir> or <name>=<dir>.');
  return { id: isName ? given : nameOf(checkpoint), checkpoint };
}

function nameOf(checkpoint: string): string {
  const file = path.basename(path.resolve(checkpoint)).replace(/\.gguf$/, '');
  const name = file.replace(/[\s\p{C}=/]+/gu, '-');
  return name === '' ? 'model' : name.slice(0, 100);
}
