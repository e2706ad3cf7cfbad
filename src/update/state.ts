/**
 * @file The state of a learner on disk: weights and optimiser moments, with whatever else a stage resumes from.
 *
 * A state is one safetensors file, replaced atomically; the JSON of the stage travels in its header, so that weights
 * and cursor can never be of different steps.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../errors.ts';
import { readSafetensors, writeSafetensors } from '../models/index.ts';
import type { Json } from '../records.ts';
import { dispose, noGrad, type Tensor } from '../tensor/index.ts';
import type { Learner } from './learner.ts';

const FILE = 'state.safetensors';

/** Further tensors of a stage that travel with the state, such as a reference model's. */
export type Extra = ReadonlyMap<string, Tensor>;

function contents(learner: Learner, extra: Extra): Map<string, Tensor> {
  return new Map([
    ['values', learner.parameters.values],
    ['first_moment', learner.optimizer.firstMoment],
    ['second_moment', learner.optimizer.secondMoment],
    ...extra,
  ]);
}

/** Writes the state, replacing the one before it. `progress` is the stage's own: step, data cursor … */
export async function saveState(
  dir: string,
  learner: Learner,
  progress: Json,
  extra: Extra = new Map(),
): Promise<void> {
  const metadata = { steps: String(learner.steps), progress: JSON.stringify(progress) };
  await writeSafetensors(path.join(dir, FILE), contents(learner, extra), metadata);
}

/**
 * Restores a learner, and the `extra` tensors in place, from a state in `dir`.
 * @returns the stage's progress, or null where there is no state
 * @throws UserError when the state is damaged, or of another model or stage
 */
export function loadState(dir: string, learner: Learner, extra: Extra = new Map()): Json {
  const file = path.join(dir, FILE);
  if (!existsSync(file)) return null;
  const remedy = `delete ${dir} to start the stage again`;
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
