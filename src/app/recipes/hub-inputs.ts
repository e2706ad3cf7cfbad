/**
 * @file Inputs of a recipe that are named on the hub: looked up before anything runs, and pinned to the commit found then.
 *
 * A run keeps what each name meant in hub.json, so that resuming it takes the same commits, wherever a branch points by
 * then. The resolved recipe, and with it the hash of each stage's configuration, holds the name at its commit.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { bytesInWords } from '../../bytes.ts';
import { reasonOf, UserError } from '../../errors.ts';
import {
  formatHubName,
  type HubName,
  type HubPlan,
  isHubName,
  parseHubName,
  type RepoKind,
} from '../../remote/hub/index.ts';
import { writeJsonAtomic } from '../../run/atomic.ts';
import type { ResolvedRecipe } from './recipe.ts';

/** File of a run directory with the commit of each name. */
export const HUB_RECORD = 'hub.json';

const recordSchema = z.strictObject({
  format: z.literal(1),
  inputs: z.array(
    z.strictObject({
      kind: z.enum(['model', 'dataset']),
      /** As the recipe has it. */
      name: z.string(),
      /** The same at its commit. */
      pinned: z.string(),
    }),
  ),
});

/** What the names of a run mean. */
export type HubRecord = z.output<typeof recordSchema>['inputs'];

/** A name of a recipe, looked up. */
export interface HubInput {
  readonly kind: RepoKind;
  /** As the recipe has it. */
  readonly name: string;
  readonly plan: HubPlan;
}

interface Found {
  readonly kind: RepoKind;
  readonly name: string;
}

/** Settings that hold a data file, or several; a name anywhere else is a model. */
const DATA_KEYS: readonly string[] = ['path', 'decontaminate'];

/** The names in a value, each once. What an endpoint calls its models is none, however it looks. */
export function findHubNames(value: unknown, kind: RepoKind = 'model'): Found[] {
  const found = namesIn(value, kind);
  return found.filter((one, i) => found.findIndex((other) => isSame(one, other)) === i);
}

function namesIn(value: unknown, kind: RepoKind): Found[] {
  if (typeof value === 'string') return isHubName(value) ? [{ kind, name: value }] : [];
  if (Array.isArray(value)) return value.flatMap((item) => namesIn(item, kind));
  if (!isPlain(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => namesIn(item, kindAt(key, kind)));
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !('baseUrl' in value);
}

function kindAt(key: string, outer: RepoKind): RepoKind {
  return DATA_KEYS.includes(key) ? 'dataset' : outer;
}

function isSame(a: Found, b: Found): boolean {
  return a.kind === b.kind && a.name === b.name;
}

/**
 * Looks up every name of a recipe's stages.
 * @param record - what names meant when the run was begun: these are taken as they were
 * @param except - names that the recipe states the size of, for an estimate alone
 * @throws UsageError for what is no name, HubError for what cannot be found
 */
export async function lookUpInputs(
  { stages }: Pick<ResolvedRecipe, 'stages'>,
  record: HubRecord,
  except: readonly string[],
  lookUp: (name: HubName) => Promise<HubPlan>,
): Promise<HubInput[]> {
  const inputs: HubInput[] = [];
  for (const { kind, name } of findHubNames(stages.map(({ config }) => config))) {
    if (except.includes(name)) continue;
    const kept = record.find((one) => isSame(one, { kind, name }))?.pinned;
    inputs.push({ kind, name, plan: await lookUp(parseHubName(kept ?? name, kind)) });
  }
  return inputs;
}

/** The recipe with each name at its commit. */
export function pinRecipe(recipe: ResolvedRecipe, inputs: readonly HubInput[]): ResolvedRecipe {
  if (inputs.length === 0) return recipe;
  const stages = recipe.stages.map((stage) => ({
    ...stage,
    config: replaced(stage.config, inputs, 'model'),
  }));
  return { ...recipe, stages };
}

function replaced(value: unknown, inputs: readonly HubInput[], kind: RepoKind): unknown {
  if (typeof value === 'string') {
    const input = inputs.find((one) => isSame(one, { kind, name: value }));
    return input === undefined ? value : pinnedName(input);
  }
  if (Array.isArray(value)) return value.map((item: unknown) => replaced(item, inputs, kind));
  if (!isPlain(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([key, item]) => [key, replaced(item, inputs, kindAt(key, kind))]));
}

/** The name of an input at its commit. */
export function pinnedName({ plan }: HubInput): string {
  return formatHubName(plan.name);
}

/** What a run's names meant when it was begun; nothing where it has none. @throws UserError for a damaged file */
export function readHubRecord(dir: string): HubRecord {
  const file = join(dir, HUB_RECORD);
  if (!existsSync(file)) return [];
  try {
    return recordSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).inputs;
  } catch (cause) {
    throw new UserError(
      `${file}: damaged (${reasonOf(cause)})`,
      'Delete it, and give the commits of recipe.json in the recipe; or start a new run.',
      { cause },
    );
  }
}

/** Keeps what a run's names mean, if it has any, beside what the run has kept of other names. */
export async function writeHubRecord(dir: string, inputs: readonly HubInput[]): Promise<void> {
  if (inputs.length === 0) return;
  const entries = inputs.map((input) => ({ kind: input.kind, name: input.name, pinned: pinnedName(input) }));
  const others = readHubRecord(dir).filter((one) => !entries.some((entry) => isSame(one, entry)));
  await writeJsonAtomic(join(dir, HUB_RECORD), { format: 1, inputs: [...others, ...entries] });
}

/** What a run will download, a line for each name. */
export function describeInputs(inputs: readonly HubInput[]): string {
  const lines = inputs.map((input) => {
    const { files, bytes, missingBytes } = input.plan;
    const count = `${files.length} ${files.length === 1 ? 'file' : 'files'}, ${bytesInWords(bytes)}`;
    const rest = missingBytes === 0 ? 'in the cache' : `${bytesInWords(missingBytes)} to download`;
    return `  ${pinnedName(input)}: ${count}, ${rest}`;
  });
  return `From the hub:\n${lines.join('\n')}`;
}

/** The same for programs. */
export function inputsToJson(inputs: readonly HubInput[]): object[] {
  return inputs.map((input) => ({
    kind: input.kind,
    name: input.name,
    pinned: pinnedName(input),
    files: input.plan.files.map(({ path, size }) => ({ path, bytes: size })),
    bytes: input.plan.bytes,
    missingBytes: input.plan.missingBytes,
  }));
}
