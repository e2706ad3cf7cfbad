/**
 * @file A recipe: a named, ordered list of stages whose artifacts feed the next. Plain data, fully typed.
 */
import type { z } from 'zod';
import type { Precision } from '../../precision.ts';
import type { Json } from '../../records.ts';
import type { stageDefinitions } from '../../stages/registry.ts';
import type { Assumptions, WrittenAssumptions } from './assumptions.ts';

/** What a recipe writes for one kind of stage: what that kind's schema takes, `stage` and `name` among it. */
type ConfigOf<Definition> = Definition extends { readonly schema: infer Schema extends z.ZodType }
  ? z.input<Schema>
  : never;

/** One stage of a recipe. `stage` says which kind, `name` is unique in the recipe and names the artifact. */
export type StageConfig = ConfigOf<(typeof stageDefinitions)[number]>;

/** Where to run: `auto` takes the first GPU there is, else the CPU. */
export type Device = 'auto' | 'cpu' | 'cuda' | `cuda:${number}`;

/**
 * A sentence on a result that the run's figures decide on: whether one `evaluate` stage is more often right than another on the
 * same problems, by the 95 % interval of the difference of pass@1. Left out where either has not run.
 */
export interface Claim {
  /** Names of the two stages. */
  readonly better: string;
  readonly worse: string;
  readonly text: string;
  /** In place of `text` where the interval does not lie above 0. */
  readonly otherwise?: string | undefined;
}

/** Lines on a result, those that depend on it as claims. */
export type Reading = string | readonly (string | Claim)[];

/**
 * A recipe as written. A setting that takes an artifact takes a path (relative to the recipe, or to this package) or
 * `@name` for the artifact of an earlier stage.
 */
export interface Recipe {
  /** Names the run's directory: letters, digits, `.`, `_` and `-`. */
  readonly name: string;
  /** One line for people. */
  readonly title?: string;
  /** A few lines for people: what the run does, shown when it starts. */
  readonly about?: string;
  /** A few lines for people: how to read the result, shown beneath it. */
  readonly reading?: Reading;
  /** Determines every random choice of the run. Default 0. */
  readonly seed?: number;
  /** Default `auto`. */
  readonly device?: Device;
  /** Precision of every stage that does not name its own. Default `auto`. */
  readonly precision?: Precision;
  /**
   * Operators give the same bits each time on a GPU too, where some are faster in an order that varies. One without such a
   * form ends the run. Default false; on a CPU operators give the same bits without it.
   */
  readonly deterministic?: boolean;
  /** Facts for `--dry-run` where models and data are not at hand; a run ignores them. */
  readonly assume?: WrittenAssumptions;
  readonly stages: readonly StageConfig[];
}

/**
 * Types a recipe; returns it as it is.
 *
 * @example
 * export default defineRecipe({ name: 'r1-zero', stages: [{ stage: 'rl', name: 'R1-Zero', model: 'models/base' }] });
 */
export function defineRecipe(recipe: Recipe): Recipe {
  return recipe;
}

/** A stage with every default filled in. */
export interface ResolvedStage {
  /** Kind of the stage. */
  readonly stage: string;
  readonly name: string;
  /** What the kind's schema made of the stage, `stage` and `name` included. */
  readonly config: unknown;
}

/** A recipe with every default filled in and every setting validated. */
export interface ResolvedRecipe {
  readonly name: string;
  readonly title?: string;
  readonly about?: string;
  readonly reading?: Reading;
  readonly seed: number;
  readonly device: Device;
  readonly precision: Precision;
  readonly deterministic: boolean;
  readonly assume?: Assumptions;
  readonly stages: readonly ResolvedStage[];
}

/** The resolved recipe as recipe.json holds it: itself a recipe that can be run. */
export function recipeToJson(recipe: ResolvedRecipe): Json {
  const { name, title, about, reading, seed, device, precision, deterministic, assume } = recipe;
  const stages = recipe.stages.map(({ config }) => config);
  // Runs that were started without the setting have none in their recipe.json.
  const own = deterministic ? { deterministic } : {};
  const head = { name, title, about, reading, seed, device, precision, ...own, assume };
  return JSON.parse(JSON.stringify({ ...head, stages })) as Json;
}
