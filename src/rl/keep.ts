/**
 * @file Checkpoints kept while a policy is trained, the newest and the best, and the early stop: both read a metric of the
 * validations, and what they know is part of a run's state.
 *
 * A checkpoint is a folder `checkpoints/step-<step>` as the stage's artifact is one. Folders are removed one step after the
 * state that no longer lists them was saved, so that every state that can be resumed from finds its own.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isQuantised, loadAdapter, loadModel, saveAdapter, saveTrained } from '../models/index.ts';
import type { Ranks } from '../ranks.ts';
import type { Json } from '../records.ts';
import type { Watcher } from '../run/stage.ts';
import type { DType } from '../torch/index.ts';
import type { RlConfig } from './config.ts';
import type { Metrics, Resumable } from './training-loop.ts';
import type { Learner } from './update/index.ts';
import { type Better, validationMetrics } from './validation-metrics.ts';

const FOLDER = 'checkpoints';

/** A checkpoint and its metric. */
interface Ranked {
  readonly step: number;
  readonly value: number;
}

/** What a state keeps: the best first, and the newest last. */
interface Listing {
  readonly best: readonly Ranked[];
  readonly last: readonly number[];
}

/** Which way a metric is better: as a recipe says, else by its nature. */
function directionOf(
  { metric, better }: { readonly metric: string; readonly better?: Better | undefined },
  rewards: RlConfig['rewards'],
): Better {
  return better ?? validationMetrics(rewards).get(metric) ?? 'higher';
}

/** True where `a` is better than `b`; equal values are not. */
function isBetter(a: number, b: number, better: Better): boolean {
  return better === 'higher' ? a > b : a < b;
}

export class Checkpoints implements Resumable {
  readonly #dir: string;
  readonly #keep: RlConfig['keep'];
  readonly #better: Better;
  #listing: Listing = { best: [], last: [] };
  /** Steps listed by the last two states, as far as they are known. */
  #saved: (readonly number[])[] = [[], []];

  /** @param dir - the stage's */
  constructor(dir: string, { keep, rewards }: Pick<RlConfig, 'keep' | 'rewards'>) {
    this.#dir = path.join(dir, FOLDER);
    this.#keep = keep;
    this.#better = keep === undefined ? 'higher' : directionOf(keep, rewards);
  }

  /** Writes the policy's checkpoint where it is among the newest or the best. */
  async after(run: CheckpointSource, taken: number, metrics: Metrics): Promise<void> {
    if (this.#keep === undefined) return;
    const isFirst = run.context.ranks.rank === 0;
    if (isFirst) this.#prune();
    const { best, last, metric } = this.#keep;
    const value = metrics[metric];
    const isDue = last > 0 && taken > 0 && taken % run.config.checkpointEvery === 0;
    this.#listing = {
      best: value === undefined ? this.#listing.best : this.#rank({ step: taken, value }).slice(0, best),
      last: isDue ? [...this.#listing.last, taken].slice(-last) : this.#listing.last,
    };
    if (isFirst && stepsOf(this.#listing).includes(taken)) await this.#write(run, taken);
  }

  /** The best first; of equals, the earlier. */
  #rank(added: Ranked): Ranked[] {
    const { best } = this.#listing;
    const place = best.findIndex(({ value }) => isBetter(added.value, value, this.#better));
    return best.toSpliced(place < 0 ? best.length : place, 0, added);
  }

  async #write(run: CheckpointSource, step: number): Promise<void> {
    const dir = this.#pathOf(step);
    // What a killed process left of it.
    rmSync(dir, { recursive: true, force: true });
    await saveCheckpoint(run, dir);
  }

  #pathOf(step: number): string {
    return path.join(this.#dir, `step-${String(step).padStart(6, '0')}`);
  }

  /** Removes what neither the present listing nor one of a state that is kept names. */
  #prune(): void {
    if (this.#saved.length >= 2) this.#removeAllBut([...stepsOf(this.#listing), ...this.#saved.flat()]);
  }

  #removeAllBut(steps: readonly number[]): void {
    const kept = new Set(steps.map((step) => path.basename(this.#pathOf(step))));
    const there = existsSync(this.#dir) ? readdirSync(this.#dir) : [];
    for (const name of there) {
      if (!kept.has(name)) rmSync(path.join(this.#dir, name), { recursive: true, force: true });
    }
  }

  /** The best checkpoint so far, with its folder; null where none is kept. */
  get best(): (Ranked & { readonly dir: string }) | null {
    const [first] = this.#listing.best;
    return first === undefined ? null : { ...first, dir: this.#pathOf(first.step) };
  }

  /** At the end of the stage: removes all folders that are not kept. */
  finish(): void {
    this.#removeAllBut(stepsOf(this.#listing));
  }

  cursor(): Json {
    this.#saved = [...this.#saved, stepsOf(this.#listing)].slice(-2);
    return { best: this.#listing.best.map(({ step, value }) => ({ step, value })), last: this.#listing.last };
  }

  seek(cursor: Json): void {
    this.#listing = cursor as unknown as Listing;
    // What the state before this one lists is not known: nothing is removed until there are two again.
    this.#saved = [stepsOf(this.#listing)];
  }
}

function stepsOf({ best, last }: Listing): number[] {
  return [...best.map(({ step }) => step), ...last];
}

/** What a checkpoint is written from. */
export interface CheckpointSource {
  readonly learner: Pick<Learner, 'model' | 'saveOptions'>;
  /** Folder of the checkpoint the policy started from. */
  readonly checkpoint: string;
  /** What it is written in. */
  readonly stored: DType;
  readonly config: Pick<RlConfig, 'lora' | 'checkpointEvery'>;
  /** Rank 0 alone writes. */
  readonly context: { readonly ranks: Pick<Ranks, 'rank'> };
}

/** Writes the policy as the stage's artifact would be, and leaves it as it is. */
export async function saveCheckpoint(source: CheckpointSource, dir: string): Promise<void> {
  const { learner, checkpoint: base, stored, config } = source;
  const { model } = learner;
  const written = { base, lora: false, ...learner.saveOptions(stored) };
  if (config.lora === undefined) return saveTrained(model, dir, written);
  if (isQuantised(model)) return saveTrained(model, dir, { ...written, lora: true });
  // Merging changes a model: it is done with a copy.
  const adapter = path.join(dir, 'adapter');
  await saveAdapter(model, adapter, base);
  const copy = loadModel(base, { device: model.device, dtype: model.dtype });
  try {
    loadAdapter(copy, adapter);
    await saveTrained(copy, dir, { base, lora: false, dtype: stored });
  } finally {
    copy.dispose();
  }
}

/** Ends training after so many validations without a better one. */
export class EarlyStop implements Resumable {
  readonly #settings: RlConfig['stop'];
  readonly #better: Better;
  #best: Ranked | null = null;
  /** Validations since the best. */
  #waited = 0;

  constructor({ stop, rewards }: Pick<RlConfig, 'stop' | 'rewards'>) {
    this.#settings = stop;
    this.#better = stop === undefined ? 'higher' : directionOf(stop, rewards);
  }

  get done(): boolean {
    return this.#settings !== undefined && this.#waited >= this.#settings.patience;
  }

  /** Takes note of a validation; metrics without the one that is watched are none. */
  observe(taken: number, metrics: Metrics, { config, context }: ObservedRun): void {
    const value = this.#settings && metrics[this.#settings.metric];
    if (value === undefined) return;
    if (this.#best === null || this.#isBetter(value, this.#best.value)) {
      this.#best = { step: taken, value };
      this.#waited = 0;
      return;
    }
    this.#waited += 1;
    if (!this.done || taken >= config.steps) return;
    const { metric, patience } = this.#settings!;
    context.watcher.note(
      `stops after step ${taken} of ${config.steps}: ${metric} has not become better in ${patience} validations ` +
        `(${this.#best.value.toPrecision(3)} after step ${this.#best.step})`,
    );
  }

  #isBetter(value: number, best: number): boolean {
    const margin = this.#settings!.minDelta;
    return isBetter(value, this.#better === 'higher' ? best + margin : best - margin, this.#better);
  }

  cursor(): Json {
    return { best: this.#best && { ...this.#best }, waited: this.#waited };
  }

  seek(cursor: Json): void {
    const { best, waited } = cursor as unknown as { best: Ranked | null; waited: number };
    this.#best = best;
    this.#waited = waited;
  }
}

/** What the early stop says something to. */
export interface ObservedRun {
  readonly config: Pick<RlConfig, 'steps'>;
  readonly context: { readonly watcher: Pick<Watcher, 'note'> };
}
