/**
 * @file `aha init`: writes a folder with a recipe for one's own model and task, and proves it by the dry run before it is
 * there.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, rmSync, statSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PACKAGE_ROOT } from '../../../setup/status.mjs';
import { UsageError } from '../../errors.ts';
import { isHubName } from '../../remote/hub/index.ts';
import { locate } from '../cli/hub.ts';
import { EXIT_INTERRUPTED } from '../cli/interrupt.ts';
import type { Io } from '../cli/io.ts';
import { runCommand } from '../commands/run.ts';
import {
  estimateRecipe,
  loadRecipe,
  pinnedName,
  pinRecipe,
  type ResolvedRecipe,
  resolveRecipe,
  type StageEstimate,
} from '../recipes/index.ts';
import { type Ask, askFor } from './ask.ts';
import { chooseHardware, type Hardware, hardwareHere } from './hardware.ts';
import { type Model, namedFrom, openModel } from './model.ts';
import { openTask, type Task, type TaskOptions } from './task.ts';
import { aboutRecipe, type Parts, readmeText, recipeText, rewardText, type Written } from './texts.ts';
import { type Cost, chooseWay, type Plan } from './ways.ts';

/** What the command line says. What is left out is asked, or an error where nobody can be asked. */
export interface InitOptions extends TaskOptions {
  readonly model?: string;
  readonly task?: string;
  /** `auto`, `cpu` or `gpu`. */
  readonly hardware?: string;
  /** Its memory in GiB. */
  readonly memory?: number;
  readonly force?: boolean;
}

/**
 * Writes the folder.
 * @param named - the folder; null asks
 * @param ask - null where nobody can be asked
 * @throws UsageError for an answer or option that cannot be used, and for a folder that has such files already
 */
export async function init(
  named: string | null,
  options: InitOptions,
  ask: Ask | null,
  io: Io,
): Promise<Written> {
  const answer = answers(ask, io);
  const dir = await answer('Folder to write', named, 'my-task', 'dir', (text) =>
    freeFolder(text, options.force === true),
  );
  const model = await answer(
    'Model (a folder, a GGUF file, or a name on the hub such as hf:Qwen/Qwen3-0.6B)',
    options.model ?? null,
    null,
    '--model',
    (text) => openModel(text, io),
  );
  const task = await answer(
    'Task (a .jsonl, .csv or .parquet file of questions and answers, or a family such as countdown)',
    options.task ?? null,
    null,
    '--task',
    async (text) =>
      openTask(isHubName(text) ? (await locate(text, 'dataset', io.stderr)).path : text, options),
  );
  const { deviceReport } = await import('../../torch/index.ts');
  const here = hardwareHere(deviceReport().devices);
  const choose = (text: string) => chooseHardware(here, text, options.memory);
  const found = here.map(({ kind, name }) => `${kind}: ${name}`).join(', ');
  // Where there is a CPU alone there is nothing to ask.
  const asked = options.hardware ?? (here.length > 1 && ask !== null ? null : 'auto');
  const hardware = await answer(`Hardware (${found})`, asked, here[0]!.kind, '--hardware', choose);
  return write({ dir, model, task, hardware });
}

/** Takes what an option says, else asks, else takes the fallback. */
function answers(ask: Ask | null, { stderr }: Io) {
  return async <Value>(
    question: string,
    given: string | null,
    fallback: string | null,
    option: string,
    read: (text: string) => Promise<Value> | Value,
  ): Promise<Value> => {
    if (given !== null) return read(given);
    if (ask !== null) return askFor({ ask, say: (text) => stderr.write(text) }, question, fallback, read);
    if (fallback !== null) return read(fallback);
    throw new UsageError(
      `${option} is not given`,
      `It says: ${question}. At a terminal, aha init asks for it.`,
    );
  };
}

const FILES = ['recipe.ts', 'reward.ts', 'README.md'] as const;
const DATA = ['train.jsonl', 'test.jsonl'] as const;

/** @throws UsageError for a folder with a file that would be overwritten, and for a file in its place */
function freeFolder(dir: string, force: boolean): string {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new UsageError(`${dir} is a file`, 'Name a folder; it is made where it is not there.');
  }
  const taken = force ? undefined : [...FILES, ...DATA].find((file) => existsSync(path.join(dir, file)));
  if (taken !== undefined) {
    throw new UsageError(
      `${path.join(dir, taken)} is there already`,
      'Name another folder, or overwrite with --force.',
    );
  }
  return dir;
}

interface Asked {
  readonly dir: string;
  readonly model: Model;
  readonly task: Task;
  readonly hardware: Hardware;
}

/** Writes into a folder beside, in which relative paths lead where they will lead, and moves the files when they are proven. */
async function write({ dir, model, task, hardware }: Asked): Promise<Written> {
  const parts: Parts = { name: recipeName(dir), model, modelName: namedFrom(dir, model), task, hardware };
  const beside = path.dirname(path.resolve(dir));
  await mkdir(beside, { recursive: true });
  const draft = path.join(beside, `.aha-init-${randomUUID()}`);
  using _ = removedWhenInterrupted(draft);
  await mkdir(draft);
  try {
    const data = task.kind === 'file' ? DATA : [];
    for (const name of data) {
      const rows = task.kind === 'file' ? task[name === 'train.jsonl' ? 'train' : 'test'] : [];
      await writeFile(path.join(draft, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    }
    await writeFile(path.join(draft, 'reward.ts'), rewardText(task));
    await writeFile(path.join(draft, 'README.md'), readmeText(parts, dir));
    const recipe = path.join(draft, 'recipe.ts');
    let stages: readonly StageEstimate[] = [];
    const estimate = async (plan: Plan): Promise<Cost> => {
      await writeFile(recipe, recipeText(parts, plan, 0, ['A draft.']));
      stages = await estimatesOf(recipe, model, hardware);
      return costOf(stages);
    };
    const choice = await chooseWay(hardware, estimate);
    const { parameters = 0 } = stages.find(({ stage }) => stage === 'rl')!.estimate;
    await writeFile(recipe, recipeText(parts, choice, parameters, aboutRecipe(parts, choice)));
    stages = await estimatesOf(recipe, model, hardware);
    await prove(recipe, hardware);
    const files = [...FILES, ...data];
    await mkdir(dir, { recursive: true });
    for (const file of files) await rename(path.join(draft, file), path.join(dir, file));
    return { dir, files, hardware, choice, stages };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Removes the draft before an interrupt ends the process. */
function removedWhenInterrupted(draft: string): Disposable {
  const interrupted = (): void => {
    // A write may be under way.
    rmSync(draft, { recursive: true, force: true, maxRetries: 3 });
    process.exit(EXIT_INTERRUPTED);
  };
  process.once('SIGINT', interrupted);
  return { [Symbol.dispose]: () => process.off('SIGINT', interrupted) };
}

/** A recipe's name has letters, digits and few signs; a folder's may have any. */
function recipeName(dir: string): string {
  const name = path
    .basename(path.resolve(dir))
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '');
  return name === '' ? 'my-task' : name;
}

/** The estimates of the dry run, on hardware that may be elsewhere. */
async function estimatesOf(
  file: string,
  { inputs, path: found }: Model,
  { kind }: Hardware,
): Promise<StageEstimate[]> {
  const { stageDefinitions: definitions } = await import('../../stages/registry.ts');
  const resolved = resolveRecipe(await loadRecipe(file), { definitions, origin: file });
  const recipe = withoutScripts(pinRecipe(resolved, inputs));
  const hub = new Map(inputs.map((input) => [pinnedName(input), found]));
  const roots = [path.dirname(file), PACKAGE_ROOT];
  return estimateRecipe(recipe, definitions, kind === 'cpu' ? 'cpu' : 'cuda:0', { roots, hub });
}

/** The same recipe as far as it costs: a script would be started for each estimate, and scores in a process of its own. */
function withoutScripts(recipe: ResolvedRecipe): ResolvedRecipe {
  const stages = recipe.stages.map((stage) => {
    const { custom: _, ...rewards } = (stage.config as { rewards: object & { custom?: unknown } }).rewards;
    return { ...stage, config: { ...(stage.config as object), rewards } };
  });
  return { ...recipe, stages };
}

function costOf(stages: readonly StageEstimate[]): Cost {
  return {
    bytes: Math.max(...stages.map(({ estimate }) => estimate.bytes ?? 0)),
    seconds: stages.reduce((sum, { estimate }) => sum + (estimate.seconds ?? 0), 0),
  };
}

/** The dry run of what will be there: every setting, every row, every reward. */
async function prove(recipe: string, { kind, isHere }: Hardware): Promise<void> {
  const nowhere = { write: () => undefined };
  const device = isHere && kind === 'gpu' ? 'cuda' : 'cpu';
  await runCommand(recipe, { dryRun: true, json: true, device }, { stdout: nowhere, stderr: nowhere });
}
