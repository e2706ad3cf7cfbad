/**
 * @file `aha run <recipe>`: runs a recipe's stages, resumes a run, or says what one would cost.
 */
import { dirname, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { PACKAGE_ROOT } from '../../../setup/status.mjs';
import {
  describeEstimates,
  estimateRecipe,
  estimateTable,
  loadRecipe,
  type Override,
  openPlace,
  parseOverride,
  type ResolvedRecipe,
  recipeToJson,
  resolveRecipe,
  runRecipe,
  type StageEstimate,
} from '../../recipes/index.ts';
import { isComplete } from '../../run/artifact.ts';
import { startClock } from '../../run/elapsed.ts';
import type { PlannedStage } from '../../run/run-eta.ts';
import { createWatcher } from '../../run/terminal.ts';
import type { StageDefinition } from '../../stages/stage.ts';
import type { DeviceReport } from '../../tensor/index.ts';
import { showFinalReport } from '../final-report.ts';
import { listenForInterrupt } from '../interrupt.ts';
import type { Io } from '../io.ts';
import { programName, shellCommand } from '../shell.ts';

interface Options {
  readonly set?: readonly string[];
  readonly out?: string;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  readonly dryRun?: boolean;
  readonly device?: string;
  readonly json?: boolean;
}

/** What runs the stages; a test may give others. */
export interface Engine {
  readonly stageDefinitions: readonly StageDefinition[];
  resolveDevice(setting: string): string;
  deviceReport(): Pick<DeviceReport, 'torchVersion' | 'devices'>;
}

/** Loads libtorch, so not before a command needs it. */
async function loadEngine(): Promise<Engine> {
  const [{ stageDefinitions }, { resolveDevice, deviceReport }] = await Promise.all([
    import('../../stages/registry.ts'),
    import('../../tensor/index.ts'),
  ]);
  return { stageDefinitions, resolveDevice, deviceReport };
}

/** Adds `aha run`. */
export function addRun(program: Command, io: Io, engine: () => Promise<Engine> = loadEngine): void {
  program
    .command('run')
    .description('run a recipe, stage by stage')
    .argument('<recipe>', 'recipe file (.ts, .js or .json)')
    .option('--set <path=value>', 'change a setting, e.g. R1-Zero.steps=10; may be given again', collect)
    .option('--out <dir>', 'run directory (default: runs/<recipe>-<date>-<time>)')
    .option('--resume', 'go on with the run in --out, or the newest of this recipe')
    .addOption(
      new Option('--overwrite', 'start again in a run directory that is not empty').conflicts('resume'),
    )
    .option('--dry-run', 'print the resolved recipe and what it will cost, and stop')
    .option('--device <device>', 'auto, cpu, cuda or cuda:<n>; sets the recipe’s device')
    .option('--json', 'print events as JSON lines')
    .action(async (recipe: string, options: Options) => runCommand(recipe, options, io, engine));
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

async function runCommand(
  file: string,
  options: Options,
  io: Io,
  engine: () => Promise<Engine>,
): Promise<void> {
  const overrides = [...(options.set ?? []).map(parseOverride), ...deviceOverride(options.device)];
  const written = await loadRecipe(file);
  const { stageDefinitions: definitions, resolveDevice, deviceReport } = await engine();
  const recipe = resolveRecipe(written, { definitions, overrides, origin: file });
  const device = resolveDevice(recipe.device);
  const roots = [dirname(resolve(file)), PACKAGE_ROOT];
  if (options.dryRun) {
    await dryRun(recipe, { definitions, device, roots }, options.json === true, io);
    return;
  }
  // Before anything is made: a stage whose input is not there would fail after the stages before it have run.
  const stages = await estimateRecipe(recipe, definitions, device, roots);
  const directory = await openPlace(recipe, { ...options, runs: 'runs', now: new Date() });
  const watcher = createWatcher({ output: io.stdout, ...(options.json ? { mode: 'json' as const } : {}) });
  const goOn = resumeCommand(file, options, directory.path);
  using interrupt = listenForInterrupt(() => {
    watcher.note('interrupted: finishing this step and saving; Ctrl-C again ends at once');
    return `Go on with: ${goOn}`;
  });
  const clock = startClock(directory.path);
  try {
    if (!options.json) watcher.note(introduction(recipe, device, stages));
    watcher.note(`run directory: ${directory.path}`);
    const made = (name: string) => finished(directory.stageDir(name));
    const estimate = () => estimateRecipe(recipe, definitions, device, roots, false, made);
    await runRecipe({
      recipe,
      definitions,
      directory,
      roots,
      device,
      signal: interrupt.signal,
      watcher,
      plan: planner(stages, estimate),
    });
    await directory.flush();
    const report = {
      recipe,
      dir: directory.path,
      seconds: await clock.end(),
      device,
      engine: deviceReport(),
    };
    await showFinalReport({ ...report, json: options.json === true }, io);
    watcher.note(`done: ${directory.path}`);
  } catch (error) {
    await clock.end();
    throw error;
  } finally {
    await directory.close();
  }
}

function finished(dir: string): string | null {
  return isComplete(dir) ? dir : null;
}

/** The plan of a run; while a stage in it cannot be told yet, all are estimated again. */
function planner(
  stages: readonly StageEstimate[],
  estimate: () => Promise<readonly StageEstimate[]>,
): () => Promise<readonly PlannedStage[]> {
  let known = stages;
  return async () => {
    const complete = known.every((stage) => stage.estimate.seconds !== undefined);
    // What went missing meanwhile is told by the stage that needs it.
    if (!complete) known = await estimate().catch(() => known);
    return known.map((stage) => ({ name: stage.name, seconds: stage.estimate.seconds }));
  };
}

/** What is about to happen. */
function introduction(recipe: ResolvedRecipe, device: string, stages: readonly StageEstimate[]): string {
  const about = recipe.about === undefined ? '' : `${recipe.about.trim()}\n\n`;
  return `${headline(recipe, device)}\n\n${about}${estimateTable(stages, false)}\n`;
}

function headline(recipe: ResolvedRecipe, place: string): string {
  return `${recipe.title ?? recipe.name} (seed ${recipe.seed}, on ${place})`;
}

/** What an estimate is for: the cluster a recipe states, else the device. */
function placeOf({ assume }: ResolvedRecipe, device: string): string {
  return assume?.cluster ? `${assume.cluster.count} ${assume.cluster.gpu}` : device;
}

/** `--device` is the recipe's `device`, checked like any other setting. */
function deviceOverride(device: string | undefined): Override[] {
  return device === undefined ? [] : [{ text: `device=${device}`, path: ['device'], value: device }];
}

async function dryRun(
  recipe: ResolvedRecipe,
  engine: { definitions: readonly StageDefinition[]; device: string; roots: readonly string[] },
  json: boolean,
  io: Io,
): Promise<void> {
  const { definitions, device, roots } = engine;
  const stages = await estimateRecipe(recipe, definitions, device, roots, true);
  const resolved = recipeToJson(recipe);
  if (json) {
    io.stdout.write(`${JSON.stringify({ recipe: resolved, device, stages })}\n`);
    return;
  }
  io.stdout.write(`${JSON.stringify(resolved, null, 2)}\n\n`);
  io.stdout.write(`${headline(recipe, placeOf(recipe, device))}\n\n${describeEstimates(stages, recipe)}\n`);
}

function resumeCommand(file: string, options: Options, path: string): string {
  const sets = (options.set ?? []).flatMap((set) => ['--set', set]);
  const device = options.device === undefined ? [] : ['--device', options.device];
  return shellCommand([programName(), 'run', file, '--resume', '--out', path, ...sets, ...device]);
}
