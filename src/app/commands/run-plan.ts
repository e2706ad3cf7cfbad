/** @file `aha run --dry-run --nodes N --gpus M`: the options of a plan on many GPUs, and the plan. What computes it loads libtorch. */
import { suggestion } from '../../did-you-mean.ts';
import { UsageError } from '../../errors.ts';
import type { GpuCluster } from '../../stages/plan/index.ts';
import type { PlanOptions } from '../plan/index.ts';
import type { InputPlaces, ResolvedRecipe, StageEstimate } from '../recipes/index.ts';

/** What the command line says of a plan. */
export interface PlanFlags {
  readonly dryRun?: boolean;
  readonly nodes?: number;
  readonly gpus?: number;
  readonly gpuType?: string;
  /** Gbit/s for each GPU. */
  readonly network?: number;
  /** Dollars of a GPU for an hour. */
  readonly gpuPrice?: number;
}

/** GPUs of a machine unless said. */
const GPUS = 8;

/** Where a plan is for, and what it costs there. */
export type PlanPlace = Pick<PlanOptions, 'cluster' | 'price'>;

/**
 * The cluster that a plan is asked for; null where none is.
 * @throws UsageError for options of a plan without --dry-run or without a number of GPUs, and for an unknown card
 */
export async function planOptions(options: PlanFlags): Promise<PlanPlace | null> {
  const { nodes, gpus, gpuType = 'h200', network, gpuPrice: price } = options;
  const given = Object.entries({
    '--nodes': nodes,
    '--gpus': gpus,
    '--gpu-type': options.gpuType,
    '--network': network,
    '--gpu-price': price,
  }).filter(([, value]) => value !== undefined);
  if (given.length === 0) return null;
  const [name] = given[0]!;
  if (options.dryRun !== true)
    throw new UsageError(`${name} is of a plan, which is only printed`, 'Add --dry-run.');
  if (nodes === undefined && gpus === undefined)
    throw new UsageError(`${name} is of a plan, but of how many GPUs?`, 'Add --nodes and --gpus.');
  const { CARDS } = await import('../../stages/plan/index.ts');
  const known = Object.keys(CARDS);
  const card = Object.hasOwn(CARDS, gpuType.toLowerCase()) ? CARDS[gpuType.toLowerCase()]! : null;
  if (card === null) {
    const remedy = `${suggestion(gpuType, known)} Known are ${known.join(', ')}.`;
    throw new UsageError(`--gpu-type: no card "${gpuType}" is known`, remedy);
  }
  const cluster: GpuCluster = {
    card: { ...card, networkGbps: network ?? card.networkGbps },
    nodes: nodes ?? 1,
    gpus: gpus ?? GPUS,
  };
  return { cluster, price };
}

/** The plan of the stages, for people and for programs, and where it is for. */
export async function planOf(
  stages: readonly StageEstimate[],
  recipe: ResolvedRecipe,
  options: PlanOptions,
  places: InputPlaces,
): Promise<{ readonly place: string; readonly text: string; readonly json: unknown }> {
  const { planHours, planRecipe, planTables } = await import('../plan/index.ts');
  const { cluster, price } = options;
  const rows = planRecipe(stages, recipe, cluster, places);
  const { nodes, gpus, card } = cluster;
  const json = rows.map(({ name, stage, plan }) => {
    if ('reason' in plan) return { name, stage, ...plan };
    const { facts, ...rest } = plan;
    return { name, stage, parameters: facts.parameters, ...rest, gpuHours: planHours(plan, cluster) };
  });
  return {
    place: `${nodes} ${nodes === 1 ? 'machine' : 'machines'} of ${gpus} ${card.name}, ${card.networkGbps} Gbit/s a GPU`,
    text: planTables(rows, options),
    json: { cluster, ...(price !== undefined && { price }), stages: json },
  };
}
