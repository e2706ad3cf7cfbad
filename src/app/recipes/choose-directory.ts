/**
 * @file Choice of the run directory: a new one, the one to resume, or one to start again in.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../errors.ts';
import type { Json } from '../../records.ts';
import { STARTED } from '../../run/artifact.ts';
import { LOCK, RECIPE, RunDirectory } from '../../run/directory.ts';
import { formatPath, show } from './problems.ts';
import { type ResolvedRecipe, recipeToJson } from './recipe.ts';
import type { Path } from './schema.ts';

/** What was asked for on the command line. */
export interface DirectoryOptions {
  /** The directory that was named, if one was. */
  readonly out?: string | undefined;
  readonly resume?: boolean | undefined;
  readonly overwrite?: boolean | undefined;
  /** Where runs go when none was named. */
  readonly runs: string;
  readonly now: Date;
}

/**
 * Opens the run directory, its lock taken and recipe.json written.
 *
 * @throws UsageError when there is none to resume, its recipe is another, or it would be written over unasked
 */
export async function chooseDirectory(
  recipe: ResolvedRecipe,
  options: DirectoryOptions,
): Promise<RunDirectory> {
  if (options.resume) return resume(recipe, runToResume(recipe.name, options));
  const path = options.out ?? join(options.runs, `${recipe.name}-${timestamp(options.now)}`);
  const directory = options.overwrite && existsSync(path) ? emptied(path) : RunDirectory.create(path);
  await directory.writeRecipe(recipeToJson(recipe));
  return directory;
}

/** Directory of the run that is to go on. @throws UsageError where there is none */
export function runToResume(name: string, { out, runs }: Pick<DirectoryOptions, 'out' | 'runs'>): string {
  return out ?? newestRun(name, runs);
}

/** The newest run of a recipe, by the time in its name. */
function newestRun(name: string, runs: string): string {
  const entries = existsSync(runs) ? readdirSync(runs) : [];
  const own = entries.filter(
    (entry) => entry.startsWith(`${name}-`) && /^\d{8}-\d{6}$/.test(entry.slice(name.length + 1)),
  );
  const newest = own.sort().at(-1);
  if (newest !== undefined) return join(runs, newest);
  throw new UsageError(
    `there is no run of "${name}" in ${runs} to resume`,
    'Name its directory with --out, or leave --resume out to start one.',
  );
}

async function resume(recipe: ResolvedRecipe, path: string): Promise<RunDirectory> {
  const directory = RunDirectory.open(path);
  try {
    const now = recipeToJson(recipe);
    const differing = differences(directory.readRecipe(), now)
      .filter((difference) => !isOpen(directory, recipe, difference))
      .map(({ text }) => text);
    if (differing.length > 0) {
      throw new UsageError(
        `${path} was started with another recipe:\n  ${differing.join('\n  ')}`,
        'Resume with the same recipe and --set (stages that have not begun may change), or start a new run by leaving --resume out.',
      );
    }
    await directory.writeRecipe(now);
    return directory;
  } catch (error) {
    await directory.close();
    throw error;
  }
}

/** Whether a difference is one of a stage that has left nothing yet: nothing is lost by it. */
function isOpen(directory: RunDirectory, { stages }: ResolvedRecipe, { path }: Difference): boolean {
  const stage = path[0] === 'stages' ? stages[Number(path[1])] : undefined;
  if (stage === undefined) return false;
  const dir = directory.stageDir(stage.name);
  return !existsSync(dir) || readdirSync(dir).every((entry) => entry === STARTED);
}

/** Removes what a run left in a directory; anything that is not a run's is not touched. */
function emptied(path: string): RunDirectory {
  const entries = readdirSync(path);
  if (entries.length > 0 && !entries.includes(RECIPE)) {
    throw new UsageError(
      `${path} is not a run directory: it has no ${RECIPE}`,
      'Name another directory with --out.',
    );
  }
  const directory = RunDirectory.open(path);
  for (const entry of entries) if (entry !== LOCK) rmSync(join(path, entry), { recursive: true });
  return directory;
}

/** Keys that may change when a run is resumed: none changes what is computed. */
const FREE = ['title', 'about', 'reading', 'device', 'assume'];

/** A setting that two recipes give different values. */
interface Difference {
  readonly path: Path;
  /** One line: `Zero.steps: 90 there, 10 now`. */
  readonly text: string;
}

/** Where two recipes differ. A stage is known by its place; its name in a line is that of the recipe that has it. */
export function differences(there: Json, now: Json): Difference[] {
  const before = new Map(leaves(there).map(([path, value]) => [path.join('\0'), { path, value }]));
  const after = new Map(leaves(now).map(([path, value]) => [path.join('\0'), { path, value }]));
  const say = (leaf: { readonly value: Json } | undefined) =>
    leaf === undefined ? 'not set' : show(leaf.value);
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [old, own] = [before.get(key), after.get(key)];
    const { path } = (old ?? own)!;
    if (FREE.includes(String(path[0])) || say(old) === say(own)) return [];
    const name = formatPath(path, old === undefined ? now : there);
    return [{ path, text: `${name}: ${say(old)} there, ${say(own)} now` }];
  });
}

/** The values in a JSON value that hold no others, with their paths. */
function leaves(value: Json, path: Path = []): [Path, Json][] {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return [[path, value]];
  if (Array.isArray(value)) return value.flatMap((item: Json, i) => leaves(item, [...path, i]));
  return Object.entries(value).flatMap(([key, item]) => leaves(item, [...path, key]));
}

/** Local time as `yyyymmdd-hhmmss`. */
export function timestamp(time: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('');
  return `${day}-${[time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join('')}`;
}
