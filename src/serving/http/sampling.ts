/** @file Sampling settings of a request. */
import type { SamplingSettings } from '../backend.ts';
import { RECOMMENDED } from './eras.ts';

export interface SamplingFields {
  readonly temperature?: number | null | undefined;
  readonly top_p?: number | null | undefined;
  readonly top_k?: number | null | undefined;
  readonly presence_penalty?: number | null | undefined;
  readonly frequency_penalty?: number | null | undefined;
  readonly logit_bias?: { readonly [token: string]: number } | null | undefined;
  readonly seed?: number | null | undefined;
}

/** Everything as the request has it. */
export function honouredSampling(body: SamplingFields): SamplingSettings {
  return {
    temperature: body.temperature ?? RECOMMENDED.temperature,
    topP: body.top_p ?? RECOMMENDED.topP,
    topK: Math.max(0, body.top_k ?? 0),
    presencePenalty: body.presence_penalty ?? 0,
    frequencyPenalty: body.frequency_penalty ?? 0,
    logitBias: body.logit_bias ?? {},
    seed: body.seed ?? null,
  };
}

/** The recommended settings whatever the request says; the seed is no parameter of sampling and counts. */
export function fixedSampling(body: SamplingFields, topP: number = RECOMMENDED.topP): SamplingSettings {
  return { ...honouredSampling({ seed: body.seed }), topP };
}
