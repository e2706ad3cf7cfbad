/**
 * @file Runs a recipe's stages in order in a run directory. A stage that is complete, and made from the configuration
 * and inputs it would be made from now, is skipped; one that was interrupted goes on by itself.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../random.ts';
import { isComplete, openArtifact, STARTED, STATE, sealArtifact } from '../run/artifact.ts';
import type { RunDirectory } from '../run/directory.ts';
import type { RunWatcher } from '../run/terminal.ts';
import { memoryReport } from '../stages/memory-report.ts';
import type { StageContext, StageDefinition } from '../stages/stage.ts';
import { fingerprint, hashJson, type Provenance, readProvenance, writeStarted } from './provenance.ts';
import type { ResolvedRecipe, ResolvedStage } from './recipe.ts';
import { findReferences, type Places, resolveReference } from './references.ts';

/** What `runRecipe` works with. */
export interface RunOptions {
  readonly recipe: ResolvedRecipe;
  readonly definitions: readonly StageDefinition[];
  readonly directory: RunDirectory;
  /** Directories that relative inputs are looked for in. */
  readonly roots: readonly string[];
  /** The device, resolved from `auto`. */
  readonly device: string;
  /** When aborted, the stage finishes its step and saves; its reason is thrown. */
  readonly signal: AbortSignal;
  readonly watcher: RunWatcher;
}

/**
 * Runs every stage that is not done.
 *
 * @throws `signal.reason` when interrupted; what a stage threw; UserError for a damaged input artifact
 */
export async function runRecipe(options: RunOptions): Promise<void> {
  const intact = new Set<string>();
  for (const stage of options.recipe.stages) {
    options.signal.throwIfAborted();
    const run = new StageRun(stage, options);
    if (run.isDone()) {
      options.watcher.note(`${stage.name}: complete, not run again`);
      continue;
    }
    await verifyInputs(stage, options.directory, intact);
    await run.execute();
    intact.add(stage.name);
  }
}

/** Refuses a truncated or altered input before hours are spent on it. */
async function verifyInputs(
  stage: ResolvedStage,
  directory: RunDirectory,
  intact: Set<string>,
): Promise<void> {
  for (const { name } of findReferences(stage.config)) {
    if (intact.has(name)) continue;
    await openArtifact(directory.stageDir(name));
    intact.add(name);
  }
}

/** Seed of a stage: the run's seed and the stage's name, so that adding a stage changes no other. */
export function stageSeed(seed: number, name: string): number {
  return Random.derive(seed, 'stage', name).int(0, 2 ** 32 - 1);
}

/** One stage in one run directory. */
class StageRun {
  readonly #stage: ResolvedStage;
  readonly #options: RunOptions;
  readonly #dir: string;
  readonly #places: Places;
  readonly #seed: number;
  readonly #configHash: string;

  constructor(stage: ResolvedStage, options: RunOptions) {
    const { recipe, directory, roots } = options;
    this.#stage = stage;
    this.#options = options;
    this.#dir = directory.stageDir(stage.name);
    this.#places = { roots, stageDir: (name) => directory.stageDir(name) };
    this.#seed = stageSeed(recipe.seed, stage.name);
    this.#configHash = hashJson([stage.config, this.#seed]);
  }

  /** Whether the artifact is complete and would be made from the same configuration and inputs again. */
  isDone(): boolean {
    return isComplete(this.#dir) && this.#changed(readProvenance(this.#dir)) === null;
  }

  async execute(): Promise<void> {
    const { definitions, directory, watcher } = this.#options;
    const { stage: kind, name, config } = this.#stage;
    this.#clearIfChanged();
    mkdirSync(this.#dir, { recursive: true });
    const inputs: Record<string, string> = { ...readProvenance(this.#dir)?.inputs };
    writeStarted(this.#dir, { configHash: this.#configHash, inputs });
    const definition = definitions.find((one) => one.kind === kind)!;
    watcher.startStage(name);
    try {
      await definition.run(config, this.#context(inputs));
    } finally {
      watcher.endStage();
    }
    await directory.flush();
    await sealArtifact(this.#dir, { kind, stage: name, configHash: this.#configHash, inputs });
    rmSync(join(this.#dir, STATE), { recursive: true, force: true });
    rmSync(join(this.#dir, STARTED), { force: true });
  }

  /** What differs from `made`, in words; null when nothing does. */
  #changed(made: Provenance | null): string | null {
    if (made === null) return 'what it was made from is not known';
    if (made.configHash !== this.#configHash) return 'its configuration changed';
    const input = Object.entries(made.inputs).find(
      ([reference, before]) => this.#fingerprint(reference) !== before,
    );
    return input === undefined ? null : `its input ${input[0]} changed`;
  }

  /** Removes what was made from something else: going on from it would mix two runs. */
  #clearIfChanged(): void {
    if (!existsSync(this.#dir) || readdirSync(this.#dir).length === 0) return;
    const why = this.#changed(readProvenance(this.#dir));
    if (why === null) return;
    this.#options.watcher.note(`${this.#stage.name}: starts again, since ${why}`);
    rmSync(this.#dir, { recursive: true, force: true });
  }

  /** A file inside an artifact counts as the artifact. */
  #fingerprint(reference: string): string {
    const name = findReferences(reference)[0]?.name;
    if (name !== undefined) return fingerprint(this.#places.stageDir(name));
    try {
      return fingerprint(resolveReference(reference, this.#places));
    } catch {
      return 'missing';
    }
  }

  #context(inputs: Record<string, string>): StageContext {
    const { device, signal, watcher, directory } = this.#options;
    const { name } = this.#stage;
    return {
      name,
      dir: this.#dir,
      seed: this.#seed,
      device,
      signal,
      watcher,
      resolve: (reference) => {
        const path = resolveReference(reference, this.#places);
        inputs[reference] ??= this.#fingerprint(reference);
        writeStarted(this.#dir, { configHash: this.#configHash, inputs });
        return path;
      },
      record: (report) => directory.record(name, { ...report, ...memoryReport(device) }),
    };
  }
}
