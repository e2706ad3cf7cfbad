/**
 * @file `aha run <recipe>`: runs a recipe's stages, resumes a run, or says what one would cost. The options are declared
 * in run-command.ts, which loads nothing of this.
 */
import { rm } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { basename, dirname, resolve } from 'node:path';
import { PACKAGE_ROOT } from '../../../setup/status.mjs';
import { nearest } from '../../did-you-mean.ts';
import { UsageError } from '../../errors.ts';
import { processor } from '../../evaluation/statistics/index.ts';
import type { Precision } from '../../precision.ts';
import { firstThenOthers, onFirst, type Ranks } from '../../ranks.ts';
import { isComplete } from '../../run/artifact.ts';
import { RECIPE, RunDirectory } from '../../run/directory.ts';
import { startClock } from '../../run/elapsed.ts';
import { type Machine, readMachines, recordMachine } from '../../run/machines.ts';
import { isOwnRecipe, originFolder, writeOrigin } from '../../run/origin.ts';
import type { StageDefinition } from '../../run/stage.ts';
import type { DeviceReport, InterruptGuard, OpenedRanks } from '../../torch/index.ts';
import { showFinalReport } from '../cli/final-report.ts';
import { lastWords, listenForInterrupt } from '../cli/interrupt.ts';
import type { Io } from '../cli/io.ts';
import { programCommand } from '../cli/shell.ts';
import { timeLimit } from '../cli/time-limit.ts';
import {
  checkData,
  chooseDirectory,
  describeEstimates,
  describeInputs,
  estimateRecipe,
  estimateTable,
  findRecipe,
  type InputPlaces,
  inputsToJson,
  loadRecipe,
  type Override,
  parseOverride,
  pinnedName,
  type ResolvedRecipe,
  type RunOptions,
  readCarried,
  readHubRecord,
  recipeToJson,
  requireMade,
  resolveRecipe,
  runRecipe,
  runToResume,
  type StageEstimate,
  writeHubRecord,
} from '../recipes/index.ts';
import type { PlannedStage } from '../terminal/run-eta.ts';
import { createWatcher, SILENT } from '../terminal/terminal.ts';
import { busyCores } from './busy-cores.ts';
import { fetchForEstimate, fetchInputs, type PinnedRecipe, pinInputs } from './run-inputs.ts';
import { type PlanFlags, type PlanPlace, planOf, planOptions } from './run-plan.ts';
import { launchRanks, ownCommand } from './run-ranks.ts';

/** Where runs go when no directory is named. */
const RUNS = 'runs';

/** What the command line says. */
export interface RunCommandOptions extends PlanFlags {
  readonly set?: readonly string[];
  readonly out?: string;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  /** Names of stages, separated by commas. */
  readonly only?: string;
  /** Names of stages, separated by commas. */
  readonly redo?: string;
  readonly maxMinutes?: number;
  readonly device?: string;
  readonly precision?: Precision;
  /** Processes that compute together. */
  readonly nproc?: number;
  /** Minutes that they wait for one another. */
  readonly rankTimeout?: number;
  readonly json?: boolean;
}

/** What runs the stages; a test may give others. */
export interface Engine {
  readonly stageDefinitions: readonly StageDefinition[];
  resolveDevice(setting: string): string;
  /** The ranks that this process is one of, and its device. */
  openRanks(device: string, options?: { readonly timeoutMs?: number }): OpenedRanks;
  useDeterministic(on: boolean, device: string): void;
  deviceReport(): Pick<DeviceReport, 'torchVersion' | 'devices' | 'threads' | 'kernel'>;
  endOnSecondInterrupt(lastWords: string): InterruptGuard;
}

/** Loads libtorch, so not before a recipe has been read. */
async function loadEngine(): Promise<Engine> {
  const [{ stageDefinitions }, torch] = await Promise.all([
    import('../../stages/registry.ts'),
    import('../../torch/index.ts'),
  ]);
  const { resolveDevice, openRanks, deviceReport, endOnSecondInterrupt, useDeterministic } = torch;
  return { stageDefinitions, resolveDevice, openRanks, deviceReport, endOnSecondInterrupt, useDeterministic };
}

/** Runs the command. Throws UsageError for what was asked wrongly, and what a stage threw. */
export async function runCommand(
  named: string,
  options: RunCommandOptions,
  io: Io,
  engine: () => Promise<Engine> = loadEngine,
): Promise<void> {
  const sets = (options.set ?? []).map(parseOverride);
  const plan = await planOptions(options);
  const file = findRecipe(named);
  const runDir = ownRun(file, options);
  if (runDir !== null) options = { ...options, out: runDir };
  const written = await loadRecipe(file);
  const overrides = [
    ...precisionOverrides(options.precision, written),
    ...sets,
    ...deviceOverride(options.device),
  ];
  const loaded = await engine();
  const { stageDefinitions: definitions, resolveDevice, deviceReport } = loaded;
  const resolved = resolveRecipe(written, { definitions, overrides, origin: file });
  const { ranks, device } = loaded.openRanks(resolveDevice(resolved.device), waiting(options));
  loaded.useDeterministic(resolved.deterministic, device);
  const only = stageNames(resolved, '--only', options.only);
  const redo = stageNames(resolved, '--redo', options.redo);
  const resume = options.resume === true || redo.length > 0;
  const isDry = options.dryRun === true;
  const resumed = resume ? runToResume(resolved.name, { ...options, runs: RUNS }) : null;
  const isAlone = ranks.size === 1 && options.nproc === undefined && !isDry;
  const count = isAlone && resumed !== null ? recordedRanks(resumed) : 1;
  if (count > 1) return runInRanks(count, io);
  const earlier = placesOf(file, resumed);
  const record = () => (resumed === null ? [] : readHubRecord(resumed));
  const carried = [...(earlier.carried?.keys() ?? [])];
  const { recipe, inputs } = await firstThenOthers(ranks, () =>
    pinInputs(resolved, { record, carried, isDry }, io.stderr),
  );
  if (isDry) {
    if (ranks.rank > 0) return;
    const places = { ...earlier, hub: await fetchForEstimate(inputs, io.stderr) };
    await dryRun(
      { recipe, inputs },
      isAsked(only),
      { definitions, device, places, plan },
      options.json === true,
      io,
    );
    return;
  }
  const places = { ...earlier, hub: await firstThenOthers(ranks, () => fetchInputs(inputs, io.stderr)) };
  const work = { recipe, ...(only.length > 0 && { only }), definitions, ...places, device, ranks };
  const begin = async () => {
    // Before anything is made: a stage whose input is not there, or broken, would fail after the stages before it have run.
    const asked = recipe.stages.filter(isAsked(only));
    await checkData(asked, definitions, places);
    const stages = (await estimateRecipe(recipe, definitions, device, places)).filter(isAsked(only));
    if (!resume) requireMade(asked, () => false);
    const directory = await chooseDirectory(recipe, { ...options, resume, runs: RUNS, now: new Date() });
    await writeHubRecord(directory.path, inputs);
    await writeOrigin(directory.path, file);
    return { stages, directory };
  };
  const begun = await onFirst(ranks, begin, ({ directory }) => directory.path);
  if (typeof begun === 'string')
    return followRun(begun, work, options.maxMinutes, resumeCommand(named, options, begun));
  const { stages, directory } = begun;
  const watcher = createWatcher({ output: io.stdout, ...(options.json ? { mode: 'json' as const } : {}) });
  const goOn = resumeCommand(named, options, directory.path);
  using interrupt = listenForInterrupt(
    () => {
      watcher.note('interrupted: finishing this step and saving; Ctrl-C again ends at once');
      return `Go on with: ${goOn}`;
    },
    () =>
      loaded.endOnSecondInterrupt(
        lastWords(`Go on from the last saved state with: ${goOn}`, options.json === true),
      ),
  );
  using limit = timeLimit(options.maxMinutes, () => {
    watcher.note(`${options.maxMinutes} minutes are over: finishing this step and saving`);
    return `Go on with: ${goOn}`;
  });
  const clock = startClock(directory.path);
  try {
    if (!options.json) watcher.note(introduction(recipe, device, stages));
    watcher.note(`run directory: ${directory.path}`);
    for (const input of inputs) watcher.note(`${input.name} is ${pinnedName(input)}`);
    if (clock.damaged) watcher.note('elapsed.json is damaged: the running time counts from this session on');
    const differing = await recordMachine(directory.path, thisMachine(device, ranks, deviceReport()));
    if (differing.length > 0) watcher.note(otherBits(differing));
    // A run that goes on keeps its number of threads, and with it the bits of its results.
    const crowd = resume
      ? null
      : busyCores(device, deviceReport().threads, availableParallelism(), loadavg());
    if (crowd !== null) watcher.note(crowd);
    const made = (name: string) => finished(directory.stageDir(name));
    const estimate = async () =>
      (await estimateRecipe(recipe, definitions, device, places, false, made)).filter(isAsked(only));
    for (const name of redo) await rm(directory.stageDir(name), { recursive: true, force: true });
    await runRecipe({
      ...work,
      directory,
      signal: AbortSignal.any([interrupt.signal, limit.signal]),
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
    const reason = directory.explained(error);
    // What went wrong first is told, whatever the disk refuses after it.
    await clock.end().catch(() => undefined);
    await directory.close().catch(() => undefined);
    throw reason;
  }
  await directory.close();
}

/** How many ranks a run that goes on has had. */
function recordedRanks(dir: string): number {
  return readMachines(dir).at(-1)?.ranks ?? 1;
}

/** Runs this very command in `count` ranks. */
function runInRanks(count: number, io: Io): Promise<void> {
  return launchRanks({ command: [...ownCommand(), '--nproc', String(count)], count, env: process.env }, io);
}

/** How long ranks wait for one another. */
function waiting({ rankTimeout }: RunCommandOptions): { readonly timeoutMs?: number } {
  return rankTimeout === undefined ? {} : { timeoutMs: 60_000 * rankTimeout };
}

/**
 * Does a rank's share of a run that the first rank has begun, in silence.
 * @param command - goes on with the run: rank 0 tells it too where this rank alone was interrupted
 */
async function followRun(
  dir: string,
  work: Omit<RunOptions, 'directory' | 'signal' | 'watcher'>,
  maxMinutes: number | undefined,
  command: string,
): Promise<void> {
  const goOn = () => `Go on with: ${command}`;
  using interrupt = listenForInterrupt(goOn);
  using limit = timeLimit(maxMinutes, goOn);
  const signal = AbortSignal.any([interrupt.signal, limit.signal]);
  await runRecipe({ ...work, directory: RunDirectory.follow(dir), signal, watcher: SILENT });
}

/** The run that a recipe.json is of, where it is to go on and no directory is named. */
function ownRun(file: string, { out, resume, redo }: RunCommandOptions): string | null {
  const folder = dirname(file);
  const goesOn = out === undefined && (resume === true || redo !== undefined);
  return goesOn && basename(file) === RECIPE && isOwnRecipe(folder, file) ? folder : null;
}

/** Where inputs are: beside the recipe, where the run that goes on was begun, in the package, and what came with the run. */
function placesOf(file: string, resumed: string | null): InputPlaces {
  const origin = resumed === null ? null : originFolder(resumed);
  const roots = [dirname(resolve(file)), ...(origin === null ? [] : [origin]), PACKAGE_ROOT];
  return { roots, ...(resumed !== null && { carried: readCarried(resumed) }) };
}

/** What the bits of this run depend on beside its recipe. */
function thisMachine(device: string, { size }: Ranks, engine: ReturnType<Engine['deviceReport']>): Machine {
  return {
    ...(size > 1 && { ranks: size }),
    device: engine.devices.find((one) => one.device === device)?.name ?? device,
    torch: engine.torchVersion,
    processor: processor().cpu,
    threads: engine.threads,
    kernel: engine.kernel,
    coreType: process.env.OPENBLAS_CORETYPE ?? null,
  };
}

function otherBits(differing: readonly string[]): string {
  const what = `this run goes on under other conditions:\n  ${differing.join('\n  ')}`;
  return `${what}\nResults from here on are as good, but not bit for bit those of a run that was not interrupted.`;
}

/** The stages an option names, each of them one of the recipe's. */
function stageNames(recipe: ResolvedRecipe, option: string, list: string | undefined): string[] {
  const names = (list ?? '').split(',').filter(Boolean);
  const known = recipe.stages.map(({ name }) => name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    const question = near === null ? '' : `Did you mean "${near}"? `;
    throw new UsageError(
      `${option}: the recipe has no stage "${name}"`,
      `${question}Its stages are ${known.join(', ')}.`,
    );
  }
  return names;
}

/** Whether a stage is to be run: all are unless some are named. */
function isAsked(only: readonly string[]): (stage: { readonly name: string }) => boolean {
  return ({ name }) => only.length === 0 || only.includes(name);
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

/** `--precision` is the recipe's `precision`, and that of every stage that names its own. */
function precisionOverrides(precision: Precision | undefined, written: unknown): Override[] {
  if (precision === undefined) return [];
  const { stages } = (written ?? {}) as { readonly stages?: unknown };
  const own = (Array.isArray(stages) ? stages : []).flatMap((stage: unknown, index) =>
    typeof stage === 'object' && stage !== null && 'precision' in stage ? [['stages', String(index)]] : [],
  );
  return [[], ...own].map((place) => {
    const path = [...place, 'precision'];
    return { text: `${path.join('.')}=${precision}`, path, value: precision };
  });
}

/** Shows the resolved recipe, and the cost of the stages that are asked for. */
async function dryRun(
  { recipe, inputs }: PinnedRecipe,
  asked: (stage: { readonly name: string }) => boolean,
  engine: {
    definitions: readonly StageDefinition[];
    device: string;
    places: InputPlaces;
    plan: PlanPlace | null;
  },
  json: boolean,
  io: Io,
): Promise<void> {
  const { definitions, device, places, plan } = engine;
  await checkData(recipe.stages.filter(asked), definitions, places);
  const stages = (await estimateRecipe(recipe, definitions, device, places, true)).filter(asked);
  const resolved = recipeToJson(recipe);
  const planned = plan && (await planOf(stages, recipe, { ...plan, assume: recipe.assume }, places));
  if (json) {
    const hub = inputs.length > 0 && { hub: inputsToJson(inputs) };
    const ofPlan = planned && { plan: planned.json };
    io.stdout.write(`${JSON.stringify({ recipe: resolved, device, stages, ...ofPlan, ...hub })}\n`);
    return;
  }
  io.stdout.write(`${JSON.stringify(resolved, null, 2)}\n\n`);
  const place = planned?.place ?? placeOf(recipe, device);
  io.stdout.write(`${headline(recipe, place)}\n\n${planned?.text ?? describeEstimates(stages, recipe)}\n`);
  if (inputs.length > 0) io.stdout.write(`\n${describeInputs(inputs)}\n`);
}

function resumeCommand(file: string, options: RunCommandOptions, path: string): string {
  const sets = (options.set ?? []).flatMap((set) => ['--set', set]);
  const only = options.only === undefined ? [] : ['--only', options.only];
  const device = options.device === undefined ? [] : ['--device', options.device];
  const precision = options.precision === undefined ? [] : ['--precision', options.precision];
  const ranks = options.nproc === undefined ? [] : ['--nproc', String(options.nproc)];
  const patience = options.rankTimeout === undefined ? [] : ['--rank-timeout', String(options.rankTimeout)];
  const settings = [...only, ...sets, ...device, ...precision, ...ranks, ...patience];
  return programCommand(['run', file, '--resume', '--out', path, ...settings]);
}
