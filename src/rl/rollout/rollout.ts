/** @file policy × Prompt → Completion[]: templates and tokenises prompts, samples, decodes, reads the responses. */
import { type SampleOptions, sample } from '../../inference/engine/index.ts';
import type { LanguageModel } from '../../models/index.ts';
import type { Completion, Prompt } from '../../records.ts';
import {
  encodeQuestion,
  type PromptTemplate,
  questionOf,
  readResponse,
  type Tokenizer,
} from '../../text/index.ts';

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
  const encoded = prompts.map((prompt) => encodeQuestion(template, questionOf(prompt), tokenizer));
  const stopTokens = options.stopTokens ?? tokenizer.eosIds;
  const responses = sample(
    model,
    encoded.map(({ ids }) => ids),
    { ...options, stopTokens },
  );
  return prompts.flatMap((prompt, i) =>
    responses[i]!.map((sampled) => {
      const text = tokenizer.decode(sampled.tokens, { skipSpecial: true });
      const { ids: promptTokens, prefilledThinking: opened } = encoded[i]!;
      const response = readResponse(text, { opened });
      return { prompt, promptTokens, ...sampled, text, response, policyVersion: version };
    }),
  );
}
