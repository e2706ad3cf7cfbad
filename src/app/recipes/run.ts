/**
 * @file Runs a recipe's stages in order in a run directory. A stage that is complete, and made from the configuration
 * and inputs it would be made from now, is skipped; one that was interrupted goes on by itself.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Random } from '../../random.ts';
import { fromFirst, interruption, onFirst, type Ranks } from '../../ranks.ts';
import { isComplete, MANIFEST, openArtifact, STARTED, STATE, sealArtifact } from '../../run/artifact.ts';
import type { RunDirectory } from '../../run/directory.ts';
import type { StageContext, StageDefinition } from '../../run/stage.ts';
import { memoryReport } from '../../stages/common/memory-report.ts';
import type { PlannedStage } from '../terminal/run-eta.ts';
import type { RunWatcher } from '../terminal/terminal.ts';
import { explainNondeterminism } from './explain-nondeterminism.ts';
import { hashJson, inputFingerprint, type Provenance, readProvenance, writeStarted } from './provenance.ts';
import type { ResolvedRecipe, ResolvedStage } from './recipe.ts';
import {
  findInputs,
  findReferences,
  type InputPlaces,
  type Places,
  requireMade,
  resolveReference,
} from './references.ts';

/** What `runRecipe` works with. */
export interface RunOptions extends InputPlaces {
  readonly recipe: ResolvedRecipe;
  readonly definitions: readonly StageDefinition[];
  readonly directory: RunDirectory;
  /** The device, resolved from `auto`. */
  readonly device: string;
  /** When aborted, the stage finishes its step and saves; its reason is thrown. */
  readonly signal: AbortSignal;
  /** The processes that run the recipe together. Rank 0 decides what is run, and alone writes. */
  readonly ranks: Ranks;
  readonly watcher: RunWatcher;
  /** Names of the stages to run; all unless given. */
  readonly only?: readonly string[];
  /** The run's stages and how long each will take, asked before each one is run. */
  readonly plan?: () => Promise<readonly PlannedStage[]>;
}

/**
 * Runs every stage that is not done, or those of `only`.
 *
 * @throws `signal.reason` when interrupted; what a stage threw; UserError for a damaged input artifact
 */
export async function runRecipe(options: RunOptions): Promise<void> {
  const intact = new Set<string>();
  const { only, ranks, signal, watcher } = options;
  const wanted = options.recipe.stages.filter(({ name }) => only === undefined || only.includes(name));
  const runs = wanted.map((stage) => new StageRun(stage, options));
  await onFirst(ranks, async () => {
    for (const run of runs) if (!run.isDone()) await run.verifyPaths(intact);
  });
  for (const run of runs) {
    const stop = interruption(ranks, signal);
    if (stop !== null) throw stop.reason;
    if (fromFirst(ranks, () => run.isDone())) {
      watcher.note(`${run.name}: complete, not run again`);
      await onFirst(ranks, () => run.tidy());
      continue;
    }
    await onFirst(ranks, () => run.verifyStages(intact));
    await run.execute();
    intact.add(run.dir);
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
  /** Directory of the artifact. */
  readonly dir: string;
  readonly #places: Places;
  readonly #seed: number;
  readonly #configHash: string;

  constructor(stage: ResolvedStage, options: RunOptions) {
    const { recipe, directory, definitions, roots, hub, carried } = options;
    this.#stage = stage;
    this.#options = options;
    this.dir = directory.stageDir(stage.name);
    const places = { roots, ...(hub && { hub }), ...(carried && { carried }) };
    this.#places = { ...places, stageDir: (name) => directory.stageDir(name) };
    this.#seed = stageSeed(recipe.seed, stage.name);
    const identity = definitions.find(({ kind }) => kind === stage.stage)?.identity;
    this.#configHash = hashJson([identity?.(stage.config) ?? stage.config, this.#seed]);
  }

  get name(): string {
    return this.#stage.name;
  }

  /**
   * Refuses a truncated or altered input that is given by its path, before anything is run.
   * @param intact - directories of artifacts that were found whole
   */
  async verifyPaths(intact: Set<string>): Promise<void> {
    for (const { path } of findInputs(this.#stage.config, this.#places)) {
      const dir = [path, dirname(path)].find(isComplete);
      if (dir === undefined || intact.has(dir)) continue;
      const remedy = `Restore it from a copy; or delete ${join(dir, MANIFEST)} to use the files as they are.`;
      await openArtifact(dir, remedy);
      intact.add(dir);
    }
  }

  /** Refuses a truncated or altered artifact of an earlier stage before hours are spent on it. */
  async verifyStages(intact: Set<string>): Promise<void> {
    requireMade([this.#stage], (name) => existsSync(this.#places.stageDir(name)));
    for (const { name } of findReferences(this.#stage.config)) {
      const dir = this.#places.stageDir(name);
      if (!intact.has(dir)) await openArtifact(dir);
      intact.add(dir);
    }
  }

  /** Whether the artifact is complete and would be made from the same configuration and inputs again. */
  isDone(): boolean {
    return isComplete(this.dir) && this.#changed(readProvenance(this.dir)) === null;
  }

  async execute(): Promise<void> {
    const { definitions, directory, ranks, watcher } = this.#options;
    const { stage: kind, name, config } = this.#stage;
    const inputs = await onFirst(ranks, () => this.#prepare());
    const definition = definitions.find((one) => one.kind === kind)!;
    watcher.startStage(name, await this.#options.plan?.());
    try {
      const context = this.#context(inputs);
      await definition.checkInputs?.(config, (reference) => context.resolve(reference));
      await definition.run(config, context);
    } catch (error) {
      throw explainNondeterminism(error);
    } finally {
      watcher.endStage();
    }
    await onFirst(ranks, async () => {
      await directory.flush();
      await sealArtifact(this.dir, { kind, stage: name, configHash: this.#configHash, inputs });
      this.tidy();
    });
  }

  /** The directory in which the stage begins or goes on. @returns the fingerprints of inputs read before */
  #prepare(): Record<string, string> {
    this.#clearIfChanged();
    mkdirSync(this.dir, { recursive: true });
    removeUnfinished(this.dir);
    const inputs: Record<string, string> = { ...readProvenance(this.dir)?.inputs };
    writeStarted(this.dir, { configHash: this.#configHash, inputs });
    return inputs;
  }

  /** Removes what only an unfinished stage needs. */
  tidy(): void {
    rmSync(join(this.dir, STATE), { recursive: true, force: true });
    rmSync(join(this.dir, STARTED), { force: true });
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
    if (!existsSync(this.dir) || readdirSync(this.dir).length === 0) return;
    const why = this.#changed(readProvenance(this.dir));
    if (why === null) return;
    this.#options.watcher.note(`${this.#stage.name}: starts again, since ${why}`);
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** A file inside an artifact counts as the artifact. */
  #fingerprint(reference: string): string {
    const name = findReferences(reference)[0]?.name;
    if (name !== undefined) return inputFingerprint(this.#places.stageDir(name));
    const carried = this.#places.carried?.get(reference);
    if (carried !== undefined) return carried.fingerprint();
    // A commit never changes: one that was downloaded again is the same, though its files are newer.
    if (this.#places.hub?.has(reference)) return reference;
    try {
      return inputFingerprint(resolveReference(reference, this.#places));
    } catch {
      return 'missing';
    }
  }

  #context(inputs: Record<string, string>): StageContext {
    const { device, signal, ranks, watcher, directory } = this.#options;
    const { name } = this.#stage;
    return {
      name,
      dir: this.dir,
      seed: this.#seed,
      device,
      signal,
      ranks,
      watcher,
      resolve: (reference) => {
        const path = resolveReference(reference, this.#places);
        if (ranks.rank > 0) return path;
        inputs[reference] ??= this.#fingerprint(reference);
        writeStarted(this.dir, { configHash: this.#configHash, inputs });
        return path;
      },
      record: (report) => directory.record(name, { ...report, ...memoryReport(device) }),
    };
  }
}

/** Removes the files that a killed process was writing: atomic.ts leaves `.name.<random>.tmp` beside the file. */
function removeUnfinished(dir: string): void {
  for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
    if (/^\..*\.[0-9a-f]{12}\.tmp$/.test(basename(name))) rmSync(join(dir, name), { force: true });
  }
}
