/**
 * @file The tasks by name, and how a recipe asks for prompts.
 *
 * A recipe lists `{ task: 'chain', weight: 1, …settings }`; several entries are mixed by weight. A new task is one line in
 * `TASKS`, one in each of the two schemas of tasks, and its own folder or file.
 */
import { z } from 'zod';
import { UsageError, UserError } from '../errors.ts';
import {
  chainHeldOut,
  chainPrompts,
  chainSchema,
  generalHeldOut,
  generalPrompts,
  generalSchema,
} from '../world/chain/index.ts';
import { searchHeldOut, searchPrompts, searchSchema } from '../world/search/index.ts';
import { benchmarkOf, hint } from './benchmarks/index.ts';
import { BENCHMARK_TASK, benchmarkSchema, FILE_TASK, fileSchema, type OpenOptions } from './file.ts';
import { generatedHeldOut, generatedPrompts, generatedSchema } from './generated.ts';
import { heldOutMixture, mixture } from './mixture.ts';
import type { HeldOut, PromptSource } from './source.ts';

const weight = z.number().positive().default(1).describe('Share of prompts, relative to the other entries');

const chain = chainSchema.safeExtend({ task: z.literal('chain'), weight });
const search = searchSchema.safeExtend({ task: z.literal('search'), weight });
const general = generalSchema.safeExtend({ task: z.literal('general'), weight });
const file = fileSchema.safeExtend({ task: z.literal('file'), weight });
// The former name of `file`, from when that read one format.
const formerName = z.string().min(1).default('jsonl');
const jsonl = fileSchema.safeExtend({ task: z.literal('jsonl'), name: formerName, weight });
const benchmark = benchmarkSchema.safeExtend({ task: z.literal('benchmark'), weight });
const generated = generatedSchema.safeExtend({ task: z.literal('generated'), weight });

/** One entry of a recipe's `prompts`. */
export const taskSchema = z.discriminatedUnion('task', [
  chain,
  search,
  general,
  file,
  jsonl,
  benchmark,
  generated,
]);

/** A recipe's `prompts`: one or more tasks, mixed by weight. */
export const promptsSchema = z.array(taskSchema).min(1).describe('Tasks the prompts are drawn from');

const fromStep = z
  .number()
  .int()
  .min(0)
  .default(0)
  .describe('Steps of training before the first prompt of this entry is drawn');

const scheduledTaskSchema = z.discriminatedUnion('task', [
  chain.safeExtend({ fromStep }),
  search.safeExtend({ fromStep }),
  general.safeExtend({ fromStep }),
  file.safeExtend({ fromStep }),
  jsonl.safeExtend({ fromStep }),
  benchmark.safeExtend({ fromStep }),
  generated.safeExtend({ fromStep }),
]);

/** As promptsSchema, for training: entries may begin later than others. */
export const scheduledPromptsSchema = z
  .array(scheduledTaskSchema)
  .min(1)
  .refine((tasks) => tasks.some((task) => task.fromStep === 0), {
    message: 'one entry at least must begin at step 0',
  })
  .describe('Tasks the prompts are drawn from, mixed by weight among those that have begun');

export type TaskConfig = z.output<typeof taskSchema>;
type ConfigOf<Name extends TaskConfig['task']> = Extract<TaskConfig, { task: Name }>;

/** How prompts of one kind are had. */
interface Task<Config> {
  train(config: Config, options: OpenOptions): PromptSource | Promise<PromptSource>;
  heldOut(config: Config, options: OpenOptions): HeldOut | Promise<HeldOut>;
}

const TASKS: { readonly [Name in TaskConfig['task']]: Task<ConfigOf<Name>> } = {
  chain: {
    train: (config, { seed }) => chainPrompts({ ...config, seed, split: 'train' }),
    heldOut: (config, { seed }) => chainHeldOut({ ...config, seed }),
  },
  search: {
    train: (config, { seed }) => searchPrompts({ ...config, seed, split: 'train' }),
    heldOut: (config, { seed }) => searchHeldOut({ ...config, seed }),
  },
  general: {
    train: (config, { seed }) => generalPrompts({ ...config, seed, split: 'train' }),
    heldOut: (config, { seed }) => generalHeldOut({ ...config, seed }),
  },
  file: FILE_TASK,
  jsonl: FILE_TASK,
  benchmark: BENCHMARK_TASK,
  generated: {
    train: (config, { seed }) => generatedPrompts({ ...config, seed }),
    heldOut: (config, { seed }) => generatedHeldOut({ ...config, seed }),
  },
};

/** Names of the tasks, for messages and listings. */
export const TASK_NAMES = Object.keys(TASKS) as readonly TaskConfig['task'][];

function taskOf(config: TaskConfig): Task<TaskConfig> {
  return TASKS[config.task];
}

/** Where paths in a recipe are resolved: `(path) => absolute path`. */
export type Resolve = (path: string) => string;

/** The configuration with every path in it resolved. */
function resolved(config: TaskConfig, resolve: Resolve): TaskConfig {
  if (!('path' in config)) return config;
  const decontaminate = config.decontaminate.map((set) =>
    typeof set === 'string' ? resolve(set) : { ...set, path: resolve(set.path) },
  );
  if (config.task !== 'benchmark') return { ...config, path: resolve(config.path), decontaminate };
  return { ...config, path: expected(config.name, () => resolve(config.path)), decontaminate };
}

/** The error for a benchmark's file that is not there says which file is meant and where it is published. */
function expected(name: string, find: () => string): string {
  try {
    return find();
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    throw new UsageError(cause.message, hint(benchmarkOf(name)), { cause });
  }
}

/** Resolves every file the entries read, so that one that is not there is told before anything runs. */
export function requirePromptFiles(configs: readonly TaskConfig[], resolve: Resolve): void {
  for (const config of configs) resolved(config, resolve);
}

/** How a recipe's prompts are opened. */
export interface OpenPromptsOptions extends OpenOptions {
  readonly resolve: Resolve;
}

/** Training prompts of all entries, mixed by weight. */
export async function openPrompts(
  configs: readonly (TaskConfig & { readonly fromStep?: number })[],
  options: OpenPromptsOptions,
): Promise<PromptSource> {
  const parts = await Promise.all(
    configs.map(async (config) => ({
      source: await taskOf(config).train(resolved(config, options.resolve), options),
      weight: config.weight,
      fromStep: config.fromStep,
    })),
  );
  return parts.length === 1 ? parts[0]!.source : mixture(parts);
}

/** Held-out prompts of all entries, mixed by weight. */
export async function openHeldOut(
  configs: readonly TaskConfig[],
  options: OpenPromptsOptions,
): Promise<HeldOut> {
  const parts = await Promise.all(
    configs.map(async (config) => ({
      source: await taskOf(config).heldOut(resolved(config, options.resolve), options),
      weight: config.weight,
    })),
  );
  return parts.length === 1 ? parts[0]!.source : heldOutMixture(parts);
}
