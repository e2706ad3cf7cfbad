/**
 * @file Resolution of a recipe, as written, into one that can be run: overrides applied, every setting validated by its
 * stage's own schema, defaults filled in, references checked. All problems are reported at once.
 */
import { z } from 'zod';
import { suggestion } from '../../did-you-mean.ts';
import { UsageError } from '../../errors.ts';
import { PRECISIONS } from '../../precision.ts';
import { RESERVED_NAMES } from '../../run/directory.ts';
import type { StageDefinition } from '../../run/stage.ts';
import { assumptionsSchema, checkAssumptions } from './assumptions.ts';
import { applyOverride, type Override, type PlacedOverride, RECIPE_KEYS } from './overrides.ts';
import { formatPath, type Problem, problemsOf, show, valueAt } from './problems.ts';
import type { Device, Reading, ResolvedRecipe, ResolvedStage } from './recipe.ts';
import { findReferences } from './references.ts';
import { keysAt, type Path } from './schema.ts';

const NAME = /^[A-Za-z0-9][\w.-]*$/;
const STAGE_NAME = /^[A-Za-z0-9][\w-]*$/;

const claimSchema = z.strictObject({
  better: z.string(),
  worse: z.string(),
  text: z.string(),
  otherwise: z.string().optional(),
});

const recipeSchema = z.strictObject({
  name: z.string().regex(NAME, 'expected letters, digits, ".", "_" and "-", the first a letter or digit'),
  title: z.string().optional(),
  about: z.string().optional(),
  reading: z.union([z.string(), z.array(z.union([z.string(), claimSchema]))]).optional(),
  seed: z.int().min(0).default(0),
  device: z
    .string()
    .regex(/^(auto|cpu|cuda(:\d+)?)$/, 'expected auto, cpu, cuda or cuda:<number>')
    .default('auto'),
  precision: z.enum(PRECISIONS).default('auto'),
  deterministic: z.boolean().default(false),
  assume: assumptionsSchema.optional(),
  stages: z
    .array(
      z.looseObject({
        stage: z.string(),
        name: z
          .string()
          .regex(STAGE_NAME, 'expected letters, digits, "_" and "-", the first a letter or digit'),
      }),
    )
    .min(1),
});

/** What `resolveRecipe` is given beside the recipe. */
export interface ResolveOptions {
  readonly definitions: readonly StageDefinition[];
  readonly overrides?: readonly Override[];
  /** Where the recipe comes from, for messages. */
  readonly origin: string;
}

/**
 * Validates a recipe and fills in its defaults.
 *
 * @param written - what the recipe file exports; not changed
 * @throws UsageError listing every problem with path, value and what was expected
 */
export function resolveRecipe(written: unknown, options: ResolveOptions): ResolvedRecipe {
  const { definitions, origin } = options;
  if (typeof written !== 'object' || written === null || Array.isArray(written)) {
    throw new UsageError(
      `${origin}: exports ${show(written)}`,
      'Export a recipe: export default defineRecipe({ … }).',
    );
  }
  const recipe = structuredClone(written) as Record<string, unknown>;
  const placed = (options.overrides ?? []).map((override) =>
    applyOverride(recipe, override, (path) => defaultAt(recipe, path, definitions)),
  );
  const fail = (problems: readonly Problem[]): never => {
    throw new UsageError(`${origin}: ${count(problems)}`, describe(problems, recipe, placed).join('\n  '));
  };
  const outer = recipeSchema.safeParse(recipe);
  if (!outer.success) return fail(problemsOf(outer.error, recipe, recipeSchema));
  const problems: Problem[] = [];
  const stages = outer.data.stages.map((_, i) => resolveStage(recipe, i, definitions, problems));
  checkNames(outer.data.stages, problems);
  checkReading(outer.data.reading, outer.data.stages, problems);
  checkAssumptions(outer.data.assume, outer.data.stages, problems);
  if (problems.length > 0) fail(problems);
  const { stages: _, assume, ...head } = outer.data;
  return { ...head, device: head.device as Device, ...(assume && { assume }), stages };
}

function resolveStage(
  recipe: Record<string, unknown>,
  index: number,
  definitions: readonly StageDefinition[],
  problems: Problem[],
): ResolvedStage {
  const place: Path = ['stages', index];
  const written = valueAt(recipe, place) as { stage: string; name: string };
  const { stage, name } = written;
  const definition = definitions.find(({ kind }) => kind === stage);
  if (definition === undefined) {
    const kinds = definitions.map(({ kind }) => kind);
    problems.push({
      path: [...place, 'stage'],
      text: `${show(stage)}: no such kind; ${suggestion(stage, kinds)}`,
    });
    return { stage, name, config: written };
  }
  const parsed = definition.schema.safeParse(withPrecision(written, definition, recipe));
  if (!parsed.success) problems.push(...problemsOf(parsed.error, written, definition.schema, place));
  return { stage, name, config: parsed.success ? parsed.data : written };
}

/** The stage with the recipe's precision, where it computes and names none of its own. */
function withPrecision(
  written: object,
  { schema }: StageDefinition,
  { precision }: Record<string, unknown>,
): object {
  const takesIt = precision !== undefined && keysAt(schema, []).includes('precision');
  return takesIt && !('precision' in written) ? { ...written, precision } : written;
}

/** The stages that claims on the result name are evaluations of the recipe. */
function checkReading(
  reading: Reading | undefined,
  stages: readonly { readonly stage: string; readonly name: string }[],
  problems: Problem[],
): void {
  if (typeof reading !== 'object') return;
  const names = stages.filter(({ stage }) => stage === 'evaluate').map(({ name }) => name);
  reading.forEach((part, i) => {
    if (typeof part === 'string') return;
    for (const side of ['better', 'worse'] as const) {
      const name = part[side];
      if (names.includes(name)) continue;
      const text = `${show(name)}: no evaluation has this name; ${suggestion(name, names)}`;
      problems.push({ path: ['reading', i, side], text });
    }
  });
}

/** Names are unique, none is a key of the recipe or a file of a run, and each reference names an earlier stage. */
function checkNames(stages: readonly { name: string }[], problems: Problem[]): void {
  const names = stages.map(({ name }) => name);
  stages.forEach((stage, i) => {
    const place: Path = ['stages', i];
    const earlier = names.slice(0, i);
    const taken = earlier.includes(stage.name) ? 'another stage has this name' : null;
    const key = RECIPE_KEYS.includes(stage.name) ? 'this is a key of the recipe' : null;
    const file = RESERVED_NAMES.includes(stage.name.toLowerCase())
      ? 'a run directory has a file of this name'
      : null;
    const why = taken ?? key ?? file;
    if (why !== null) {
      const involves = taken === null ? [] : [['stages', earlier.indexOf(stage.name), 'name']];
      problems.push({ path: [...place, 'name'], text: `${show(stage.name)}: ${why}`, involves });
    }
    for (const { path, name } of findReferences(stage)) {
      if (earlier.includes(name)) continue;
      const later = names.includes(name) ? 'this stage does not come before it' : 'no stage has this name';
      problems.push({
        path: [...place, ...path],
        text: `"@${name}": ${later}; ${suggestion(name, earlier)}`,
        involves: names.map((_, at) => ['stages', at, 'name']),
      });
    }
  });
}

/** What the schemas put at a place that the recipe leaves out. */
function defaultAt(recipe: unknown, path: Path, definitions: readonly StageDefinition[]): unknown {
  const [, index, ...inside] = path;
  const written = valueAt(recipe, ['stages', index!]);
  const kind = valueAt(written, ['stage']);
  const parsed = definitions.find((one) => one.kind === kind)?.schema.safeParse(written);
  return parsed?.success ? valueAt(parsed.data, inside) : undefined;
}

function count(problems: readonly Problem[]): string {
  return problems.length === 1 ? 'one problem' : `${problems.length} problems`;
}

function describe(
  problems: readonly Problem[],
  recipe: unknown,
  placed: readonly PlacedOverride[],
): string[] {
  return problems.map(({ path, text, involves = [] }) => {
    const cause = placed.find(({ place }) => [path, ...involves].some((at) => meets(place, at)));
    return `${formatPath(path, recipe)}: ${text}${cause ? `  (--set ${cause.text})` : ''}`;
  });
}

/** Whether one of two places lies within the other. */
function meets(a: Path, b: Path): boolean {
  return a.every((key, i) => i >= b.length || key === b[i]);
}
