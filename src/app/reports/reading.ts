/** @file Reading of a result: what a recipe says beneath it, its claims only where the run's figures bear them out. */
import type { Comparison, RunReport } from '../../evaluation/statistics/index.ts';
import type { Claim, ResolvedRecipe } from '../recipes/index.ts';

/** The lines for people beneath a result; null where the recipe has none, or none that the report can decide on. */
export function readingOf(
  { reading, stages }: Pick<ResolvedRecipe, 'reading' | 'stages'>,
  { comparisons }: Pick<RunReport, 'comparisons'>,
): string | null {
  if (reading === undefined) return null;
  if (typeof reading === 'string') return reading.trim();
  /** What an evaluation is called in comparisons. */
  const titleOf = (name: string): string => {
    const config = stages.find((stage) => stage.name === name)?.config as
      | { readonly label?: string }
      | undefined;
    return config?.label ?? name;
  };
  const parts = reading.map((part) => {
    if (typeof part === 'string') return part;
    const holds = isBetter(part, titleOf, comparisons);
    return holds === null ? '' : ((holds ? part.text : part.otherwise) ?? '');
  });
  return (
    parts
      .map((part) => part.trim())
      .filter(Boolean)
      .join('\n') || null
  );
}

/** Whether the 95 % interval of the difference lies above 0; null where the two were not compared. */
function isBetter(
  { better, worse }: Claim,
  titleOf: (name: string) => string,
  comparisons: readonly Comparison[],
): boolean | null {
  const [high, low] = [titleOf(better), titleOf(worse)];
  const forth = comparisons.find(({ from, to }) => from === low && to === high)?.passAt1;
  if (forth) return forth.interval[0] > 0;
  const back = comparisons.find(({ from, to }) => from === high && to === low)?.passAt1;
  return back ? back.interval[1] < 0 : null;
}
