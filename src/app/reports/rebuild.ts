/**
 * @file The reports of a run made again from the files in its directory: after an update, or for a run that has not ended.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../errors.ts';
import { type Hardware, processor, type RunReport } from '../../evaluation/statistics/index.ts';
import { RECIPE } from '../../run/directory.ts';
import { earlierSeconds } from '../../run/elapsed.ts';
import { REPORT } from '../../stages/evaluate/evaluate.ts';
import type { Device, ResolvedRecipe } from '../recipes/index.ts';
import { type FinalReport, type ReportOptions, writeReport } from './report.ts';

/** Whether a directory is that of a run. */
export function isRunDirectory(dir: string): boolean {
  return existsSync(path.join(dir, RECIPE));
}

/**
 * Writes report.json, report.md, report.html and the curves of a run again. Date and hardware are those of the report
 * before; where there is none, now and this machine.
 *
 * @throws UserError where recipe.json cannot be read, or no evaluation is finished
 */
export async function rebuildReport(
  dir: string,
  layout: Pick<ReportOptions, 'width' | 'colours' | 'warn'>,
): Promise<FinalReport> {
  const recipe = readRecipe(dir);
  const before = readReport(dir);
  const final = await writeReport({
    ...layout,
    dir,
    recipe,
    hardware: before?.hardware ?? thisMachine(recipe.device),
    seconds: earlierSeconds(dir) || before?.seconds || 0,
    ...(before && { date: new Date(before.date) }),
  });
  if (final !== null) return final;
  throw new UserError(
    `${dir}: no finished evaluation`,
    'Go on with the run (aha run … --resume), or name another directory.',
  );
}

/** recipe.json: the resolved recipe, its stages by their configurations. */
type Written = Omit<ResolvedRecipe, 'stages'> & {
  readonly stages: readonly { readonly stage: string; readonly name: string }[];
};

function readRecipe(dir: string): ResolvedRecipe {
  const file = path.join(dir, RECIPE);
  try {
    const recipe = JSON.parse(readFileSync(file, 'utf8')) as Written;
    return {
      ...recipe,
      stages: recipe.stages.map((config) => ({ stage: config.stage, name: config.name, config })),
    };
  } catch (cause) {
    throw new UserError(`${file}: cannot be read as a recipe`, 'Name the directory of a run.', { cause });
  }
}

function readReport(dir: string): RunReport | null {
  try {
    return JSON.parse(readFileSync(path.join(dir, REPORT), 'utf8')) as RunReport;
  } catch {
    return null;
  }
}

function thisMachine(device: Device): Hardware {
  return { ...processor(), device, torch: 'not recorded' };
}
