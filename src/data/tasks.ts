/**
 * @file The tasks by name, and how a recipe asks for prompts.
 *
 * A recipe lists `{ task: 'chain', weight: 1, …knobs }`; several entries are mixed by weight. A new task is one line in
 * `TASKS`, one in `taskSchema`, and its own folder or file.
 */
import { z } from 'zod';
import { generalHeldOut, generalPrompts, generalSchema } from './chain/general.ts';
import { chainHeldOut, chainPrompts, chainSchema } from './chain/prompts.ts';
import { jsonlHeldOut, jsonlPrompts, jsonlSchema } from './jsonl.ts';
import { heldOutMixture, mixture } from './mixture.ts';
import type { HeldOut, PromptSource } from './source.ts';

const weight = z.number().positive().default(1).describe('Share of prompts, relative to the other entries');

/** One entry of a recipe's `prompts`. */
export const taskSchema = z.discriminatedUnion('task', [
  chainSchema.safeExtend({ task: z.literal('chain'), weight }),
  generalSchema.safeExtend({ task: z.literal('general'), weight }),
  jsonlSchema.safeExtend({ task: z.literal('jsonl'), weight }),
]);

/** A recipe's `prompts`: one or more tasks, mixed by weight. */
export const promptsSchema = z.array(taskSchema).min(1).describe('Tasks the prompts are drawn from');

export type TaskConfig = z.output<typeof taskSchema>;
type ConfigOf<Name extends TaskConfig['task']> = Extract<TaskConfig, { task: Name }>;

/** How prompts of one kind are had. */
interface Task<Config> {
  train(config: Config, seed: number): PromptSource;
  heldOut(config: Config, seed: number): HeldOut;
}

const TASKS: { readonly [Name in TaskConfig['task']]: Task<ConfigOf<Name>> } = {
  chain: {
    train: (config, seed) => chainPrompts({ ...config, seed, split: 'train' }),
    heldOut: (config, seed) => chainHeldOut({ ...config, seed }),
  },
  general: {
    train: (config, seed) => generalPrompts({ ...config, seed, split: 'train' }),
    heldOut: (config, seed) => generalHeldOut({ ...config, seed }),
  },
  jsonl: {
    train: (config, seed) => jsonlPrompts({ ...config, seed }),
    heldOut: (config, seed) => jsonlHeldOut({ ...config, seed }),
  },
};

/** Names of the tasks, for messages and listings. */
export const TASK_NAMES = Object.keys(TASKS) as readonly TaskConfig['task'][];

function taskOf(config: TaskConfig): Task<TaskConfig> {
  return TASKS[config.task];
}

/** Where paths in a recipe are resolved: `(path) => absolute path`. */
export type Resolve = (path: string) => string;

function resolved(config: TaskConfig, resolve: Resolve): TaskConfig {
  return config.task === 'jsonl' ? { ...config, path: resolve(config.path) } : config;
}

/** Resolves every file the entries read, so that one that is not there is told before anything runs. */
export function requirePromptFiles(configs: readonly TaskConfig[], resolve: Resolve): void {
  for (const config of configs) resolved(config, resolve);
}

/** Training prompts of all entries, mixed by weight. */
export function openPrompts(
  configs: readonly TaskConfig[],
  options: { seed: number; resolve: Resolve },
): PromptSource {
  const parts = configs.map((config) => ({
    source: taskOf(config).train(resolved(config, options.resolve), options.seed),
    weight: config.weight,
  }));
  return parts.length === 1 ? parts[0]!.source : mixture(parts);
}

/** Held-out prompts of all entries, mixed by weight. */
export function openHeldOut(
  configs: readonly TaskConfig[],
  options: { seed: number; resolve: Resolve },
): HeldOut {
  const parts = configs.map((config) => ({
    source: taskOf(config).heldOut(resolved(config, options.resolve), options.seed),
    weight: config.weight,
  }));
  return parts.length === 1 ? parts[0]!.source : heldOutMixture(parts);
}
