/**
 * @file The state of a learner on disk: weights and optimiser moments, with whatever else a stage resumes from.
 *
 * A state is one safetensors file; the JSON of the stage travels in its header, so that weights and cursor can never be
 * of different steps. The last two states are kept. state-index.ts says which files are whole: a state that was cut
 * short or altered is passed over for the one before it.
 */
import path from 'node:path';
import { UserError } from '../../errors.ts';
import { readSafetensors, writeSafetensors } from '../../models/index.ts';
import { buffersOf, type Module } from '../../models/layers/index.ts';
import type { Json } from '../../records.ts';
import { damageOf } from '../../run/checksum.ts';
import {
  type ChecksummedState,
  dropStates,
  fileOf,
  INDEX,
  nextSerial,
  pushState,
  readIndex,
  sumCompanions,
} from '../../run/state-index.ts';
import { dispose, noGrad, type Tensor } from '../../torch/index.ts';
import type { Learner as AnyLearner } from './learner.ts';

/** States kept: the newest, and those before it to fall back on. */
export const KEPT_STATES = 2;

/** Further tensors of a stage that travel with the state, such as a reference model's. */
export type Extra = ReadonlyMap<string, Tensor>;

/** What is kept of a learner, whatever kind of model it trains. */
type Learner = Pick<AnyLearner<Module>, 'model' | 'parameters' | 'optimizer' | 'steps'>;

function contents(learner: Learner, extra: Extra): Map<string, Tensor> {
  const all = buffersOf(learner.model);
  const buffers = learner.model.namedParameters().filter(([, parameter]) => all.has(parameter));
  return new Map([
    ['values', learner.parameters.values],
    ['first_moment', learner.optimizer.firstMoment],
    ['second_moment', learner.optimizer.secondMoment],
    ...buffers.map(([name, buffer]) => [`buffer.${name}`, buffer] as const),
    ...extra,
  ]);
}

/**
 * Writes a state and removes those before the last two.
 *
 * @param progress - the stage's own: step, data cursor … Where one of its values is the name of a file in `dir`, that
 *   file belongs to the state: it is checksummed and kept with it, and has to be written before
 */
export async function saveState(
  dir: string,
  learner: Learner,
  progress: Json,
  extra: Extra = new Map(),
): Promise<void> {
  const metadata = { steps: String(learner.steps), progress: JSON.stringify(progress) };
  const serial = nextSerial(dir);
  const name = fileOf(serial);
  const sum = await writeSafetensors(path.join(dir, name), contents(learner, extra), metadata);
  const files = { [name]: sum, ...sumCompanions(dir, progress) };
  await pushState(dir, { serial, steps: learner.steps, files }, KEPT_STATES);
}

/**
 * Restores a learner, and the `extra` tensors in place, from the newest intact state in `dir`. Damaged ones are taken
 * off the index.
 *
 * @param watcher - told of every state that was passed over
 * @returns the stage's progress, or null where there is no state
 * @throws UserError when every state is damaged, or it is of another model or stage
 */
export function loadState(
  dir: string,
  learner: Learner,
  extra: Extra = new Map(),
  watcher: { warn(id: string, text: string): void } = { warn: (_, text) => process.emitWarning(text) },
): Json {
  const remedy = `delete ${dir} to start the stage again`;
  const states = readIndex(dir, remedy);
  if (states.length === 0) return null;
  const damages: string[] = [];
  for (const state of states) {
    const damage = damageIn(dir, state);
    if (damage === null) {
      for (const one of damages) {
        watcher.warn(one, `${one}; going on from the state after ${state.steps} optimiser steps`);
      }
      if (damages.length > 0) dropStates(dir, damages.length);
      return restore(path.join(dir, fileOf(state.serial)), learner, extra, remedy);
    }
    damages.push(damage);
  }
  throw new UserError(`no state to resume from is intact:\n  ${damages.join('\n  ')}`, remedy);
}

/** What is wrong with a state's files; null where they are what they were when it was saved. */
function damageIn(dir: string, { files }: ChecksummedState): string | null {
  for (const [name, sum] of Object.entries(files)) {
    const file = path.join(dir, name);
    const damage = damageOf(file, sum, INDEX);
    if (damage !== null) return `${file} ${damage}`;
  }
  return null;
}

function restore(file: string, learner: Learner, extra: Extra, remedy: string): Json {
  const { tensors, metadata } = read(file, remedy);
  const { steps, progress } = metadata;
  if (steps === undefined || progress === undefined) {
    throw new UserError(`${file} is not the state of a stage`, remedy);
  }
  noGrad(() => {
    for (const [name, target] of contents(learner, extra)) {
      const saved = tensors.get(name);
      if (saved === undefined || saved.numel !== target.numel) {
        throw new UserError(`${file}: "${name}" does not fit this model`, remedy);
      }
      target.copy_(saved);
    }
  });
  learner.parameters.publish();
  dispose(tensors);
  learner.optimizer.steps = Number(steps);
  return JSON.parse(progress) as Json;
}

function read(file: string, remedy: string): ReturnType<typeof readSafetensors> {
  try {
    return readSafetensors(file);
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(cause.message.split('\n')[0]!, remedy, { cause });
  }
}
