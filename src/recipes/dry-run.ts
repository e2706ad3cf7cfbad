/**
 * @file What a recipe will cost, stage by stage, without running it.
 */
import { UserError } from '../errors.ts';
import { formatDuration } from '../run/step-line.ts';
import { padEnd, padStart, textWidth } from '../run/text-width.ts';
import type { Estimate, StageDefinition } from '../stages/stage.ts';
import type { ResolvedRecipe } from './recipe.ts';
import { type Places, resolveReference } from './references.ts';

/** One stage and its cost. */
export interface StageEstimate {
  readonly name: string;
  readonly stage: string;
  readonly estimate: Estimate;
}

/** An estimate needs an artifact that is not made yet. */
class NotMadeYet extends UserError {}

/**
 * Asks every stage for its estimate. A stage that cannot tell yet says why in `basis`.
 *
 * @param roots - directories that relative inputs are looked for in
 * @throws UserError for an input that is missing or damaged
 */
export async function estimateRecipe(
  recipe: ResolvedRecipe,
  definitions: readonly StageDefinition[],
  device: string,
  roots: readonly string[],
): Promise<StageEstimate[]> {
  const places: Places = { roots, stageDir: (name) => standIn(name, recipe, places) };
  const context = { device, resolve: (reference: string) => resolveReference(reference, places) };
  const rows: StageEstimate[] = [];
  for (const { name, stage, config } of recipe.stages) {
    const definition = definitions.find(({ kind }) => kind === stage)!;
    rows.push({ name, stage, estimate: await definition.estimate(config, context).catch(unknown) });
  }
  return rows;
}

/** A stage's artifact is not made yet. A model has the size of the one it is trained from, which is taken instead. */
function standIn(name: string, recipe: ResolvedRecipe, places: Places): string {
  const stage = recipe.stages.find((one) => one.name === name);
  const { model } = (stage?.config ?? {}) as { model?: unknown };
  if (typeof model === 'string') return resolveReference(model, places);
  throw new NotMadeYet(`can be told once ${name} has run`, 'Run the recipe up to there.');
}

function unknown(error: unknown): Estimate {
  if (!(error instanceof NotMadeYet)) throw error;
  return { basis: error.message.split('\n')[0]! };
}

/**
 * The estimates as a table for people, with totals of tokens and time.
 *
 * @param withBasis - whether the last column says how the figures were arrived at
 */
export function estimateTable(rows: readonly StageEstimate[], withBasis = true): string {
  const total = (key: 'tokens' | 'seconds') => rows.reduce((sum, row) => sum + (row.estimate[key] ?? 0), 0);
  const cells = [
    ['stage', 'kind', 'parameters', 'tokens', 'memory', 'time', 'basis'],
    ...rows.map(({ name, stage, estimate }) => [name, stage, ...figures(estimate), estimate.basis ?? '']),
    ['total', '', ...figures({ tokens: total('tokens'), seconds: total('seconds') }), ''],
  ];
  if (!withBasis) for (const row of cells) row.pop();
  const widths = cells[0]!.map((_, i) => Math.max(...cells.map((row) => textWidth(row[i]!))));
  const left = (column: number) => column < 2 || column === 6;
  return cells
    .map((row) =>
      row
        .map((cell, i) => (left(i) ? padEnd : padStart)(cell, widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function figures({ parameters, tokens, bytes, seconds }: Estimate): string[] {
  return [
    parameters === undefined ? '' : compact(parameters),
    tokens === undefined ? '' : compact(tokens),
    bytes === undefined ? '' : memory(bytes),
    seconds === undefined ? '' : formatDuration(seconds),
  ];
}

/** 812160 as `812K`, 1.27e6 as `1.27M`. */
function compact(value: number): string {
  return new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 }).format(value);
}

function memory(bytes: number): string {
  const gib = bytes / 2 ** 30;
  return gib >= 1 ? `${gib.toFixed(1)} GiB` : `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
