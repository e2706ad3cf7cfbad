/** @file Fields that chat and text completions share, as sampling settings and stop strings. `null` counts as left out. */
import { z } from 'zod';
import type { SamplingDefaults, SamplingSettings } from '../backend.ts';
import { ApiError } from './errors.ts';

/** What a seed may be: a signed or an unsigned integer of 64 bits, as other servers and their clients have them. */
const [LEAST_SEED, MOST_SEED] = [-(2n ** 63n), 2n ** 64n - 1n];
const integer = { error: 'expected integer' };
const inRange = { error: 'expected an integer from -2^63 to 2^64-1' };

const penalty = z.number().min(-2).max(2).nullish();

export const samplingFields = {
  temperature: z.number().min(0).max(2).nullish().describe('0 is greedy; the model’s default if left out'),
  top_p: z.number().gt(0).max(1).nullish().describe('The model’s default if left out'),
  top_k: z
    .int()
    .min(-1)
    .nullish()
    .describe(
      'Sample from this number of most probable tokens; 0 and -1 keep all; the model’s default if left out',
    ),
  presence_penalty: penalty,
  frequency_penalty: penalty,
  logit_bias: z
    .record(z.string().regex(/^\d+$/, 'expected token ids as names'), z.number().min(-100).max(100))
    .refine((bias) => Object.keys(bias).length <= 1024, 'expected at most 1024 tokens')
    .nullish(),
  seed: z
    .union([z.int(integer), z.bigint(integer).min(LEAST_SEED, inRange).max(MOST_SEED, inRange)])
    .meta({ type: 'integer' })
    .nullish()
    .describe('The same seed gives the same reply on the same machine, as far as numerics allow'),
};

const stopString = z.string().min(1).max(1024);

export const replyFields = {
  n: z.int().min(1).max(128).nullish().describe('Number of replies to each prompt'),
  stop: z.union([stopString, z.array(stopString).max(16)]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
};

type ReplyFields = z.output<z.ZodObject<typeof replyFields>>;

export function stopStrings({ stop }: Pick<ReplyFields, 'stop'>): readonly string[] {
  return typeof stop === 'string' ? [stop] : (stop ?? []);
}

/**
 * Whether the usage is to have a chunk of its own.
 * @throws ApiError where options of a stream are given without one
 */
export function usageChunk(asked: Pick<ReplyFields, 'stream' | 'stream_options'>): boolean {
  if (asked.stream_options == null) return false;
  if (asked.stream !== true) {
    throw new ApiError(400, 'stream_options: only with stream: true', { param: 'stream_options' });
  }
  return asked.stream_options.include_usage === true;
}

export interface SamplingFields {
  readonly temperature?: number | null | undefined;
  readonly top_p?: number | null | undefined;
  readonly top_k?: number | null | undefined;
  readonly presence_penalty?: number | null | undefined;
  readonly frequency_penalty?: number | null | undefined;
  readonly logit_bias?: { readonly [token: string]: number } | null | undefined;
  readonly seed?: number | bigint | null | undefined;
}

/** Everything as the request has it. @param defaults - the model's, for what it leaves out */
export function honouredSampling(body: SamplingFields, defaults: SamplingDefaults): SamplingSettings {
  return {
    temperature: body.temperature ?? defaults.temperature,
    topP: body.top_p ?? defaults.topP,
    topK: Math.max(0, body.top_k ?? defaults.topK),
    presencePenalty: body.presence_penalty ?? 0,
    frequencyPenalty: body.frequency_penalty ?? 0,
    logitBias: body.logit_bias ?? {},
    seed: body.seed ?? null,
  };
}

/** The model's settings whatever the request says; the seed is no parameter of sampling and counts. */
export function fixedSampling({ seed }: SamplingFields, defaults: SamplingDefaults): SamplingSettings {
  return honouredSampling({ seed }, defaults);
}
