/**
 * @file `aha bundle --run`: a run in chunks, to go on with elsewhere. What travels is the run directory, of each unfinished
 * stage its newest state, and every file from outside that the recipe names. `aha unpack` puts it together.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { PACKAGE_ROOT } from '../../../setup/status.mjs';
import { UsageError, UserError } from '../../errors.ts';
import type { Output } from '../../output.ts';
import { STATE } from '../../run/artifact.ts';
import { makeDirectory, writeJsonAtomic } from '../../run/atomic.ts';
import { type Chunk, writeChunks } from '../../run/chunks.ts';
import { LOCK, RECIPE } from '../../run/directory.ts';
import { takeLock } from '../../run/lock.ts';
import { ORIGIN, originFolder } from '../../run/origin.ts';
import { newestState, INDEX as STATE_INDEX } from '../../run/state-index.ts';
import { lookUp } from '../cli/hub.ts';
import {
  CARRIED,
  CARRIED_FILES,
  type CarriedInput,
  findInputs,
  type InputPlaces,
  inputFingerprint,
  lookUpInputs,
  type ResolvedRecipe,
  readCarried,
  writeCarried,
} from '../recipes/index.ts';
import { fetchInputs } from './run-inputs.ts';
import { startTar } from './tar.ts';

/** The list of chunks, beside them. */
export const RUN_LIST = 'run.json';
const RUN_TAR = 'run.tar';

/** What is in a bundle of a run. */
export interface RunList {
  readonly format: 1;
  /** Name of the run directory. */
  readonly run: string;
  readonly chunks: readonly Chunk[];
}

/**
 * Packs a run into `out`, replacing one that was there.
 * @param size - of a chunk, bytes
 * @throws UsageError where `run` is no run directory, UserError where a process works in it
 */
export async function bundleRun(run: string, out: string, size: number, output: Output): Promise<RunList> {
  if (!existsSync(path.join(run, RECIPE))) {
    throw new UsageError(
      `${run} is not a run directory: it has no ${RECIPE}`,
      'Name a run directory with --run.',
    );
  }
  makeDirectory(out);
  const unlock = takeLock(path.join(run, LOCK));
  const staging = await mkdtemp(path.join(tmpdir(), 'aha-bundle-run-'));
  try {
    await removeChunks(out);
    await stageInputs(run, staging, output);
    const spare = await stageStates(run, staging);
    const chunks = await pack(run, staging, spare, { out, size });
    const list: RunList = { format: 1, run: path.basename(path.resolve(run)), chunks };
    await writeJsonAtomic(path.join(out, RUN_LIST), list);
    return list;
  } finally {
    await rm(staging, { recursive: true, force: true });
    unlock();
  }
}

async function removeChunks(out: string): Promise<void> {
  const old = (await readdir(out)).filter((name) => name === RUN_LIST || name.startsWith(`${RUN_TAR}.`));
  for (const name of old) await rm(path.join(out, name));
}

/** Links to the inputs from outside, and the list of them. */
async function stageInputs(run: string, staging: string, output: Output): Promise<void> {
  const inputs = await inputsOf(run, output);
  const carried: CarriedInput[] = [];
  await mkdir(path.join(staging, CARRIED_FILES));
  for (const [i, { reference, place, fingerprint }] of inputs.entries()) {
    const inside = path.posix.join(CARRIED_FILES, `${i}-${path.basename(place)}`);
    await symlink(path.resolve(place), path.join(staging, inside));
    carried.push({ reference, path: inside, fingerprint });
  }
  await writeCarried(staging, carried);
}

interface OutsideInput {
  readonly reference: string;
  readonly place: string;
  readonly fingerprint: string;
}

/** Every file and folder from outside the run that its recipe names, each once. */
async function inputsOf(run: string, output: Output): Promise<OutsideInput[]> {
  const { stages } = JSON.parse(readFileSync(path.join(run, RECIPE), 'utf8')) as { stages: unknown[] };
  const recipe = { stages: stages.map((config) => ({ config })) } as unknown as ResolvedRecipe;
  const carried = readCarried(run);
  const named = await lookUpInputs(recipe, [], [...carried.keys()], (name) => lookUp(name, output));
  const hub = await fetchInputs(named, output);
  const origin = originFolder(run);
  const roots = [run, ...(origin === null ? [] : [origin]), PACKAGE_ROOT];
  const places: InputPlaces = { roots, hub, carried };
  const found = new Map<string, OutsideInput>();
  for (const { config } of recipe.stages) {
    for (const { reference, path: place } of findInputs(config, { ...places, stageDir: (name) => name })) {
      const own = carried.get(reference)?.fingerprint() ?? (hub.has(reference) ? reference : null);
      found.set(reference, { reference, place, fingerprint: own ?? inputFingerprint(place) });
    }
  }
  return [...found.values()];
}

/** Indexes that list the newest state alone. Returns the files of older ones, by their paths in the run. */
async function stageStates(run: string, staging: string): Promise<string[]> {
  const stages = readdirSync(run).filter((name) => existsSync(path.join(run, name, STATE, STATE_INDEX)));
  const spare: string[] = [];
  for (const stage of stages) {
    const inside = path.posix.join(stage, STATE);
    const newest = newestState(path.join(run, inside));
    await mkdir(path.join(staging, inside), { recursive: true });
    await writeJsonAtomic(path.join(staging, inside, STATE_INDEX), newest.index);
    const files = [...newest.spare, STATE_INDEX];
    spare.push(...files.map((name) => path.posix.join(inside, name)));
  }
  return spare;
}

/** What stays behind: what another process or machine has no use for, and what was staged in its place. */
const STAYS = [LOCK, '*.tmp', CARRIED_FILES, CARRIED, ORIGIN];

async function pack(
  run: string,
  staging: string,
  spare: readonly string[],
  { out, size }: { readonly out: string; readonly size: number },
): Promise<Chunk[]> {
  const layout = ['--format=posix', '--dereference', '--owner=0', '--group=0', '--anchored'];
  // Members of the run begin with `./`, staged ones do not: the patterns are of the first alone.
  const without = [...STAYS, ...spare].map((name) => `--exclude=./${name}`);
  const members = ['-C', path.resolve(run), '.', '-C', staging, ...readdirSync(staging)];
  const { tar, ended } = startTar(['-cf', '-', ...layout, ...without, ...members]);
  const [status, chunks, said] = await Promise.all([
    ended,
    writeChunks(tar.stdout, out, RUN_TAR, size),
    text(tar.stderr),
  ]);
  if (status === 0) return chunks;
  throw new UserError(
    `tar failed: ${said.trim()}`,
    'Needs GNU tar, and read access to the run and its inputs.',
  );
}
