/**
 * @file References to inputs in settings: `@stage`, `@stage/file`, a path, or a name on the hub at its commit.
 */
import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { UsageError } from '../../errors.ts';
import { isHubName } from '../../remote/hub/index.ts';
import type { CarriedInputs } from './carried-inputs.ts';
import type { ResolvedStage } from './recipe.ts';
import type { Path } from './schema.ts';

/** A reference to another stage's artifact. */
export interface Reference {
  /** Where it stands inside the value that was searched. */
  readonly path: Path;
  /** The stage's name. */
  readonly name: string;
}

const REFERENCE = /^@([A-Za-z0-9][\w-]*)(?:\/(\S*))?$/;

/** Every string of the form `@name` or `@name/path` in a value. */
export function findReferences(value: unknown, path: Path = []): Reference[] {
  if (typeof value === 'string') {
    const name = REFERENCE.exec(value)?.[1];
    return name === undefined ? [] : [{ path, name }];
  }
  if (Array.isArray(value)) return value.flatMap((item, i) => findReferences(item, [...path, i]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => findReferences(item, [...path, key]));
}

/** Where inputs from outside the run are. */
export interface InputPlaces {
  /** Directories that relative paths are looked for in, in this order. */
  readonly roots: readonly string[];
  /** Of what is named on the hub and downloaded, by the name at its commit. */
  readonly hub?: ReadonlyMap<string, string>;
  /** What came with the run from another machine. */
  readonly carried?: CarriedInputs;
}

/** Where references lead. */
export interface Places extends InputPlaces {
  /** Directory of a stage's artifact. */
  stageDir(name: string): string;
}

/**
 * The path a reference names.
 *
 * @throws UsageError naming every place that was looked at when there is no such path
 */
export function resolveReference(reference: string, places: Places): string {
  const [, name, inside] = REFERENCE.exec(reference) ?? [];
  if (name !== undefined) return join(places.stageDir(name), inside ?? '');
  const carried = places.carried?.get(reference);
  if (carried !== undefined) return carried.path;
  const downloaded = places.hub?.get(reference);
  if (downloaded !== undefined) return downloaded;
  if (isHubName(reference)) {
    throw new UsageError(`${reference}: not downloaded`, 'Download it with aha fetch; data with --dataset.');
  }
  const candidates = isAbsolute(reference)
    ? [reference]
    : places.roots.map((root) => resolve(root, reference));
  const found = candidates.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new UsageError(
    `${reference}: there is no such file or directory`,
    `Looked for ${candidates.join(' and ')}. An earlier stage's artifact is written @name.`,
  );
}

/**
 * Refuses stages that read a stage which is not among them, earlier, and has not run.
 * @param isMade - whether a stage has left something in the run directory
 * @throws UsageError naming setting, stage and remedy
 */
export function requireMade(stages: readonly ResolvedStage[], isMade: (name: string) => boolean): void {
  const earlier = new Set<string>();
  for (const { name: stage, config } of stages) {
    for (const { path, name } of findReferences(config)) {
      if (earlier.has(name) || isMade(name)) continue;
      const setting = `${stage}.${path.join('.')}`;
      throw new UsageError(
        `${setting}: @${name} is the artifact of a stage that has not run in this directory`,
        `Run ${name} too (leave --only out, or add it), or name another input: --set ${setting}=<path>`,
      );
    }
    earlier.add(stage);
  }
}

/** Settings that name a stage and no input. */
const NAMES: readonly string[] = ['stage', 'name', 'label'];

/** An input from outside the run. */
export interface FoundInput {
  /** As the configuration names it. */
  readonly reference: string;
  readonly path: string;
}

/** The inputs that the strings of a stage's configuration lead to; those that lead nowhere are none. */
export function findInputs(config: unknown, places: Places): FoundInput[] {
  if (typeof config === 'string') {
    if (config === '' || REFERENCE.test(config)) return [];
    try {
      return [{ reference: config, path: resolveReference(config, places) }];
    } catch {
      return [];
    }
  }
  if (typeof config !== 'object' || config === null) return [];
  const entries = Object.entries(config).filter(([key]) => !NAMES.includes(key));
  return entries.flatMap(([, item]) => findInputs(item, places));
}
