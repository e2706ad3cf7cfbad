/**
 * @file The rotary settings of config.json, in either style.
 *
 * transformers 5 writes one object `rope_parameters`; before it there were `rope_theta` and `rope_scaling`, which every
 * version reads and which is therefore what is written here. Settings that were left out stay left out.
 */
import { z } from 'zod';
import type { Json } from '../records.ts';
import { describeIssue } from './expectation.ts';
import type { RopeConfig } from './layers/index.ts';

const positive = z.number().positive();

/** null says the same as a missing key. */
const optional = <T>(schema: z.ZodType<T>): z.ZodType<T | undefined> =>
  schema.nullish().transform((value) => value ?? undefined);

/** The object of either style: `rope_parameters` with the base, `rope_scaling` without. */
export const ropeSchema = z.looseObject({
  rope_type: z.string().optional(),
  /** The name of `rope_type` in old files. */
  type: z.string().optional(),
  rope_theta: positive.optional(),
});

export type RopeFile = z.output<typeof ropeSchema>;

/** Rotary settings, and where they stand in config.json. */
export interface RopeSource {
  readonly key: string;
  readonly rope: RopeFile;
  /** θ where the settings have none. */
  readonly theta: number;
}

/** Those of all layers; or of the layers with a window (`local`), and of the others. */
export interface RopeSources {
  readonly all: RopeSource;
  readonly local?: RopeSource;
}

interface RopeKeysOfFile {
  readonly rope_parameters?: RopeFile | null | undefined;
  readonly rope_scaling?: RopeFile | null | undefined;
  readonly rope_theta: number;
  readonly original_max_position_embeddings?: number | null | undefined;
}

/**
 * The rotary settings of a file with one object for all layers, in either style. Some files have the original context beside
 * the object; it goes before the one inside, as in transformers.
 */
export function ropeSource(file: RopeKeysOfFile): RopeSource {
  const { rope_parameters: newer, rope_scaling: older, rope_theta, original_max_position_embeddings } = file;
  const [key, rope] = newer
    ? (['rope_parameters', newer] as const)
    : (['rope_scaling', older ?? {}] as const);
  const original = original_max_position_embeddings;
  const whole = original == null ? rope : { ...rope, original_max_position_embeddings: original };
  return { key, rope: whole, theta: rope.rope_theta ?? rope_theta };
}

/** The key of config.json that each setting has. */
const KEYS = {
  factor: 'factor',
  originalMaxPositions: 'original_max_position_embeddings',
  attentionFactor: 'attention_factor',
  mscale: 'mscale',
  mscaleAllDim: 'mscale_all_dim',
  betaFast: 'beta_fast',
  betaSlow: 'beta_slow',
  truncate: 'truncate',
  shortFactor: 'short_factor',
  longFactor: 'long_factor',
  lowFreqFactor: 'low_freq_factor',
  highFreqFactor: 'high_freq_factor',
} as const;

type Setting = keyof typeof KEYS;

const original = { originalMaxPositions: optional(positive) };

/** The settings of each type, checked under their own names. */
const SETTINGS = {
  default: z.object({}),
  linear: z.object({ factor: positive }),
  dynamic: z.object({ factor: positive.min(1), ...original }),
  yarn: z.object({
    factor: positive.nullable(),
    ...original,
    attentionFactor: optional(positive),
    mscale: optional(z.number()),
    mscaleAllDim: optional(z.number()),
    betaFast: optional(positive),
    betaSlow: optional(positive),
    truncate: optional(z.boolean()),
  }),
  longrope: z.object({
    shortFactor: z.array(positive),
    longFactor: z.array(positive),
    factor: optional(positive),
    attentionFactor: optional(positive),
    ...original,
  }),
  llama3: z
    .object({
      factor: positive,
      lowFreqFactor: positive,
      highFreqFactor: positive,
      originalMaxPositions: positive,
    })
    .refine((file) => file.lowFreqFactor < file.highFreqFactor, {
      message: 'low_freq_factor must be below high_freq_factor',
    }),
};

/** What is wrong with rotary settings, and at which key. */
export class RopeProblem extends Error {}

/**
 * @param key - where `file` stands in config.json, for messages
 * @throws RopeProblem where the type is unknown or its settings are incomplete
 */
export function parseRope(file: RopeFile, theta: number, key: string): RopeConfig {
  const type = file.rope_type ?? file.type ?? 'default';
  if (!Object.hasOwn(SETTINGS, type)) {
    const known = Object.keys(SETTINGS).join(', ');
    throw new RopeProblem(`${key}: rope type "${type}" is not supported (known: ${known})`);
  }
  requireWhole(file, key);
  const schema: z.ZodType = SETTINGS[type as keyof typeof SETTINGS];
  const given = Object.entries(KEYS).map(([setting, name]) => [setting, file[name]] as const);
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (parsed.success) return { type, theta, ...withoutUndefined(parsed.data as object) } as RopeConfig;
  const issue = parsed.error.issues[0]!;
  if (issue.path.length === 0) throw new RopeProblem(`${key}: ${issue.message}`);
  const [setting, ...rest] = issue.path;
  const path = [KEYS[setting as Setting], ...rest];
  throw new RopeProblem(`${key}.${describeIssue({ ...issue, path }, file)}`);
}

/** All dimensions turn, and all layers alike. */
function requireWhole(file: RopeFile, key: string): void {
  const partial = file.partial_rotary_factor ?? 1;
  if (partial !== 1) {
    throw new RopeProblem(
      `${key}.partial_rotary_factor: ${JSON.stringify(partial)} is not supported (only 1)`,
    );
  }
  const nested = ['full_attention', 'sliding_attention'].find((layers) => layers in file);
  if (nested === undefined) return;
  throw new RopeProblem(
    `${key}.${nested}: settings for a kind of layer are not supported (one for all layers)`,
  );
}

/** `rope_parameters` with settings for each kind of layer (transformers 5), or for all. */
export const nestedRopeSchema = ropeSchema
  .extend({ full_attention: ropeSchema.nullish(), sliding_attention: ropeSchema.nullish() })
  .nullish();

interface NestedRopeFile extends RopeKeysOfFile {
  readonly rope_parameters?: z.output<typeof nestedRopeSchema>;
}

/**
 * The rotary settings of a file whose layers with a window have their own. One object is that of the layers without: the others
 * are never scaled then.
 * @param localTheta - θ of the layers with a window where the file has none; that of the others unless given
 */
export function nestedRopes(file: NestedRopeFile, localTheta?: number): RopeSources {
  const { rope_parameters: newer, rope_theta } = file;
  const { full_attention: full, sliding_attention: sliding } = newer ?? {};
  const nested = full != null || sliding != null;
  const theta = full?.rope_theta ?? rope_theta;
  const all = nested ? { key: 'rope_parameters.full_attention', rope: full ?? {}, theta } : ropeSource(file);
  const local = sliding ?? {};
  return {
    all,
    local: {
      key: 'rope_parameters.sliding_attention',
      rope: local,
      theta: local.rope_theta ?? localTheta ?? all.theta,
    },
  };
}

/** The inverse, for transformers 5; earlier versions read `rope_theta` and `rope_scaling` beside it. */
export function nestedRopeKeys(all: RopeConfig, local: RopeConfig): { readonly [key: string]: Json } {
  return {
    rope_parameters: { full_attention: ropeParameters(all), sliding_attention: ropeParameters(local) },
  };
}

/** The object of transformers 5. */
function ropeParameters(rope: RopeConfig): { readonly [key: string]: Json } {
  const { rope_theta, rope_scaling } = ropeKeys(rope);
  return {
    rope_type: 'default',
    ...(rope_scaling as { readonly [key: string]: Json } | null),
    rope_theta: rope_theta!,
  };
}

function withoutUndefined(settings: object): object {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** The keys of config.json, old style. */
export function ropeKeys(rope: RopeConfig): { readonly [key: string]: Json } {
  const { theta, type, ...settings } = rope;
  const base = { rope_theta: theta };
  if (type === 'default') return { ...base, rope_scaling: null };
  const given = Object.entries(settings).map(([setting, value]) => [KEYS[setting as Setting], value as Json]);
  // Before `rope_type` the key was `type`; readers of that time know no other.
  const old = type === 'linear' || type === 'dynamic' ? { type } : {};
  return { ...base, rope_scaling: { rope_type: type, ...old, ...Object.fromEntries(given) } };
}
