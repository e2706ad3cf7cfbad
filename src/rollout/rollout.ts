/** @file policy × Prompt → Completion[]: templates and tokenises prompts, samples, decodes. */
import type { LanguageModel } from '../models/index.ts';
import type { Completion, Prompt } from '../records.ts';
import { encodePrompt, type PromptTemplate, type Tokenizer } from '../text/index.ts';
import { type SampleOptions, sample } from './sampler.ts';

/** A model that answers prompts: weights, tokenizer and the template its prompts are put in. */
export interface Policy {
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
  readonly template: PromptTemplate;
  /** Optimiser steps the weights have taken. */
  readonly version: number;
}

/**
 * `options.groupSize` completions of each prompt, those of one prompt next to one another.
 * Stop tokens are the tokenizer's end-of-sequence tokens unless given.
 */
export function rollout(
  policy: Policy,
  prompts: readonly Prompt[],
  options: Omit<SampleOptions, 'stopTokens'> & { readonly stopTokens?: readonly number[] },
): Completion[] {
  const { model, tokenizer, template, version } = policy;
  const encoded = prompts.map((prompt) => encodePrompt(template, prompt.text, tokenizer));
  const stopTokens = options.stopTokens ?? tokenizer.eosIds;
  const responses = sample(model, encoded, { ...options, stopTokens });
  return prompts.flatMap((prompt, i) =>
    responses[i]!.map((response) => ({
      prompt,
      promptTokens: encoded[i]!,
      ...response,
      text: tokenizer.decode(response.tokens, { skipSpecial: true }),
      policyVersion: version,
    })),
  );
}
