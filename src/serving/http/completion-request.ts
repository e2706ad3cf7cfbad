/** @file A text completion as a plan: one request to the backend for each prompt. */
import type { GenerationRequest, ModelInfo } from '../backend.ts';
import { completionRequestSchema } from './completion-schema.ts';
import type { EraRules } from './eras.ts';
import { checkBody, type JsonObject } from './json-body.ts';
import { findModel, type NamedModel } from './model-name.ts';
import { stopStrings, usageChunk } from './reply-options.ts';
import { honouredSampling } from './sampling.ts';

/** OpenAI's default for this endpoint. */
const DEFAULT_MAX_TOKENS = 16;

export interface CompletionPlan {
  readonly model: NamedModel;
  readonly requests: readonly GenerationRequest[];
  readonly stream: boolean;
  readonly usageChunk: boolean;
}

/** The eras are of the chat API; here everything is honoured in each. */
export function planCompletion(
  body: JsonObject,
  { rules, models }: { readonly rules: EraRules; readonly models: readonly ModelInfo[] },
): CompletionPlan {
  const asked = checkBody(completionRequestSchema, body, 400);
  const model = findModel(asked.model, models, rules);
  const prompts = typeof asked.prompt === 'string' ? [asked.prompt] : asked.prompt;
  return {
    model,
    requests: prompts.map((text) => ({
      prompt: { kind: 'text', text, ...(asked.control_tokens === true ? { controlTokens: true } : {}) },
      n: asked.n ?? 1,
      sampling: honouredSampling(asked),
      limits: {
        maxTokens: asked.max_tokens ?? DEFAULT_MAX_TOKENS,
        maxAnswerTokens: null,
        maxThinkingTokens: null,
      },
      stop: stopStrings(asked),
      topLogprobs: asked.logprobs ?? null,
      format: { type: 'text' },
    })),
    stream: asked.stream === true,
    usageChunk: usageChunk(asked),
  };
}
