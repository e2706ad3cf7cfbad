/** @file The body of `POST /completions`, and the requests to the backend made of it: one for each prompt. */
import { z } from 'zod';
import type { GenerationPrompt, GenerationRequest, ModelInfo } from '../backend.ts';
import { type CompletionPrompts, promptField } from './completion-prompt.ts';
import type { EraRules } from './eras.ts';
import { ApiError } from './errors.ts';
import { checkBody, type JsonObject } from './json-body.ts';
import { findModel, type NamedModel } from './model-name.ts';
import { honouredSampling, replyFields, samplingFields, stopStrings, usageChunk } from './request-fields.ts';

/** OpenAI's default for this endpoint. */
const DEFAULT_MAX_TOKENS = 16;

export interface CompletionPlan {
  readonly model: NamedModel;
  readonly requests: readonly GenerationRequest[];
  readonly stream: boolean;
  readonly usageChunk: boolean;
}

export const completionRequestSchema = z
  .object({
    model: z.string().min(1),
    prompt: promptField,
    max_tokens: z.int().min(0).nullish().describe('16 if left out; 0 only with echo'),
    ...samplingFields,
    ...replyFields,
    logprobs: z.int().min(0).max(20).nullish().describe('Alternatives to report for each token'),
    control_tokens: z
      .boolean()
      .nullish()
      .describe('true reads control tokens in a text prompt as tokens, false as plain text'),
    echo: z
      .boolean()
      .nullish()
      .describe(
        'The text of each reply begins with the prompt; with logprobs, the prompt’s tokens are listed too',
      ),
    suffix: z.literal('', 'suffix is not supported: text is only gone on with').nullish(),
    best_of: z.literal(1, 'best_of is not supported; ask for n replies').nullish(),
  })
  .meta({ id: 'CompletionRequest' });

export type CompletionRequest = z.output<typeof completionRequestSchema>;

/**
 * The eras are of the chat API; here everything is honoured in each.
 * @throws ApiError 400, 404
 */
export function planCompletion(
  body: JsonObject,
  { rules, models }: { readonly rules: EraRules; readonly models: readonly ModelInfo[] },
): CompletionPlan {
  const asked = checkBody(completionRequestSchema, body, 400);
  const model = findModel(asked.model, models, rules);
  const maxTokens = asked.max_tokens ?? DEFAULT_MAX_TOKENS;
  if (maxTokens === 0 && asked.echo !== true) {
    throw new ApiError(400, 'max_tokens: 0 asks for nothing but with echo: true', { param: 'max_tokens' });
  }
  return {
    model,
    requests: promptsOf(asked, model.info).map((prompt) => ({
      prompt,
      n: asked.n ?? 1,
      sampling: honouredSampling(asked, model.info.sampling),
      limits: { maxTokens, maxAnswerTokens: null, maxThinkingTokens: null },
      stop: stopStrings(asked),
      topLogprobs: asked.logprobs ?? null,
      ...(asked.echo === true ? { echo: true } : {}),
      format: { type: 'text' },
    })),
    stream: asked.stream === true,
    usageChunk: usageChunk(asked),
  };
}

function promptsOf(
  { prompt, control_tokens }: CompletionRequest,
  { vocabSize }: ModelInfo,
): GenerationPrompt[] {
  const controlTokens = control_tokens === true ? { controlTokens: true } : {};
  return prompt.list.map((one, i) => {
    if (typeof one === 'string') return { kind: 'text', text: one, ...controlTokens };
    requireKnown(one, prompt.single ? 'prompt' : `prompt[${i}]`, vocabSize);
    return { kind: 'tokens', ids: one };
  });
}

/** @throws ApiError naming the first id that the model does not know, `where` it stands */
export function requireKnown(
  ids: Exclude<CompletionPrompts['list'][number], string>,
  where: string,
  vocabSize: number,
): void {
  const at = ids.findIndex((id) => id >= vocabSize);
  if (at === -1) return;
  const param = `${where}[${at}]`;
  throw new ApiError(400, `${param}: ${ids[at]} is no token id of this model (0 to ${vocabSize - 1})`, {
    param,
  });
}
