/** @file A chat request as a plan: what the backend is asked for, and how its answer goes on the wire. */
import type { Json } from '../../records.ts';
import { thinkingSwitch } from '../../text/index.ts';
import {
  type AnswerFormat,
  type LengthLimits,
  type ModelInfo,
  RECOMMENDED,
  type SamplingSettings,
} from '../backend.ts';
import {
  chatGeneration,
  EFFORT_LEVELS,
  type Effort,
  effortBudget,
  type ToolChoice,
  templateVariables,
} from './chat-generation.ts';
import { mapMessages } from './chat-messages.ts';
import { type ChatRequest, chatRequestSchema } from './chat-schema.ts';
import type { EraRules } from './eras.ts';
import { ApiError } from './errors.ts';
import { checkBody, type JsonObject } from './json-body.ts';
import { findModel } from './model-name.ts';
import type { Plan } from './reply-route.ts';
import { fixedSampling, honouredSampling, stopStrings, usageChunk } from './request-fields.ts';

export interface ChatPlan extends Plan {
  /** A chunk of its own for the usage, after the last choice's. */
  readonly usageChunk: boolean;
}

export interface PlanOptions {
  readonly rules: EraRules;
  readonly models: readonly ModelInfo[];
  readonly beta: boolean;
}

/** @throws ApiError 400, 404, 422 */
export function planChat(body: JsonObject, { rules, models, beta }: PlanOptions): ChatPlan {
  const asked = checkBody(chatRequestSchema, withoutIgnored(body, rules), rules.shapeStatus);
  refuse(body, rules);
  const model = findModel(asked.model, models, rules);
  const thinks = thinking(asked, model.thinks ?? rules.thinks);
  const { messages, continueLast } = mapMessages(asked.messages, {
    rules,
    beta,
    thinks,
    continueLast: asked.continue_final_message === true,
  });
  return {
    model,
    request: chatGeneration({
      messages,
      continueLast,
      tools: asked.tools ?? [],
      choice: choiceOf(asked),
      thinks,
      variables: templateVariables(asked.chat_template_kwargs, effortOf(asked, rules)),
      n: asked.n ?? 1,
      sampling: samplingOf(asked, rules, model.info, thinks),
      limits: limitsOf(asked, rules),
      stop: stopStrings(asked),
      topLogprobs: logprobsOf(asked),
      format: formatOf(asked, rules),
    }),
    stream: asked.stream === true,
    usageChunk: usageChunk(asked) && rules.usage === 'own-chunk',
  };
}

function withoutIgnored(body: JsonObject, { ignored }: EraRules): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([field]) => !ignored.includes(field)));
}

/** `false`, `null`, 0 and an empty list ask for nothing. */
function refuse(body: JsonObject, { refused }: EraRules): void {
  for (const [field, reason] of Object.entries(refused)) {
    const value = body[field];
    if (value && !(Array.isArray(value) && value.length === 0)) {
      throw new ApiError(400, `${field}: ${reason}`, { param: field });
    }
  }
}

function thinking(asked: ChatRequest, byDefault: boolean | null): boolean | null {
  if (asked.thinking != null) return asked.thinking.type === 'enabled';
  if (asked.reasoning_effort === 'none') return false;
  return thinkingSwitch(asked.chat_template_kwargs) ?? byDefault;
}

/** The effort as the era tells it to the template. */
function effortOf({ reasoning_effort: effort }: ChatRequest, rules: EraRules): Effort | null | undefined {
  return effort != null && rules.effort === 'mapped' ? EFFORT_LEVELS[effort] : effort;
}

function samplingOf(
  asked: ChatRequest,
  rules: EraRules,
  { sampling: defaults }: ModelInfo,
  thinks: boolean | null,
): SamplingSettings {
  if (rules.sampling === 'fixed') return fixedSampling(asked, defaults);
  if (rules.sampling === 'honoured' || thinks === false) return honouredSampling(asked, defaults);
  // The thinking mode reads top_p with a floor.
  const floor = RECOMMENDED.topP;
  const topP = asked.top_p == null ? defaults.topP : Math.max(floor, asked.top_p);
  return { ...fixedSampling(asked, defaults), topP };
}

function limitsOf(asked: ChatRequest, rules: EraRules): LengthLimits {
  const { counts, default: byDefault, max } = rules.maxTokens;
  const wanted = asked.max_tokens ?? asked.max_completion_tokens ?? null;
  if (wanted !== null && max !== null && wanted > max) {
    throw new ApiError(400, `Invalid max_tokens value, the valid range of max_tokens is [1, ${max}]`, {
      param: 'max_tokens',
    });
  }
  const limit = wanted ?? byDefault;
  const budgets = [asked.max_thinking_tokens, asked.thinking?.budget_tokens].filter((one) => one != null);
  const unasked = effortBudget(asked.reasoning_effort) ?? rules.maxThinkingTokens;
  const budget = budgets.length > 0 ? Math.min(...budgets) : unasked;
  return {
    maxTokens: counts === 'total' ? limit : null,
    maxAnswerTokens: counts === 'answer' ? limit : null,
    maxThinkingTokens: budget,
  };
}

function logprobsOf({ logprobs, top_logprobs: top }: ChatRequest): number | null {
  if (logprobs === true) return top ?? 0;
  if (top != null && top > 0) {
    throw new ApiError(400, 'top_logprobs: needs logprobs: true', { param: 'top_logprobs' });
  }
  return null;
}

function choiceOf({ tool_choice: choice }: ChatRequest): ToolChoice {
  return typeof choice === 'object' && choice !== null ? choice.function : (choice ?? 'auto');
}

function formatOf(asked: ChatRequest, rules: EraRules): AnswerFormat {
  const format = asked.response_format ?? { type: 'text' as const };
  if (!rules.responseFormats.includes(format.type)) {
    const known = rules.responseFormats.join(', ');
    throw new ApiError(
      400,
      `response_format.type: ${format.type} is not available here; available: ${known}`,
      {
        param: 'response_format.type',
      },
    );
  }
  return format.type === 'json_schema'
    ? { type: 'json_schema', schema: format.json_schema.schema as Json }
    : format;
}
