/** @file A body of the messages API as a plan: its turns of blocks become messages, its fields a request to the backend. */
import type { Json } from '../../../records.ts';
import { thinkingSwitch } from '../../../text/index.ts';
import type { ModelInfo } from '../../backend.ts';
import { chatGeneration, effortBudget, type ToolChoice, templateVariables } from '../chat-generation.ts';
import { mapMessages } from '../chat-messages.ts';
import type { RequestMessage } from '../chat-schema.ts';
import { ERA_RULES, type EraRules } from '../eras.ts';
import { ApiError } from '../errors.ts';
import { checkBody, type JsonObject } from '../json-body.ts';
import { findModel } from '../model-name.ts';
import type { Plan } from '../reply-route.ts';
import { honouredSampling } from '../request-fields.ts';
import { spelledText } from '../spellings.ts';
import {
  type AssistantTurn,
  countRequestSchema,
  type MessagesRequest,
  messagesRequestSchema,
  type UserTurn,
} from './request-schema.ts';

export interface PlanOptions {
  /** For the names of models. The eras are of the chat API; here everything else is honoured in each. */
  readonly rules: EraRules;
  readonly models: readonly ModelInfo[];
}

/** @throws ApiError 400, 404 */
export function planMessage(body: JsonObject, options: PlanOptions): Plan {
  return planOf(checkBody(messagesRequestSchema, body, 400), options);
}

/**
 * The same body without a bound, whose prompt is only counted: no answer follows, so none has to be of a format.
 * @throws ApiError 400, 404
 */
export function planCount(body: JsonObject, options: PlanOptions): Plan {
  const asked = checkBody(countRequestSchema, body, 400);
  const plan = planOf({ ...asked, max_tokens: Number.MAX_SAFE_INTEGER, stream: false }, options);
  const limits = { ...plan.request.limits, maxTokens: 0 };
  return { ...plan, request: { ...plan.request, limits, format: { type: 'text' } } };
}

function planOf(asked: MessagesRequest, { rules, models }: PlanOptions): Plan {
  const model = findModel(asked.model, models, rules);
  const { messages, places } = messagesOf(asked);
  const thinks = thinksOf(asked) ?? model.thinks;
  const mapped = mapMessages(messages, {
    rules: ERA_RULES.open,
    beta: false,
    thinks,
    // A beginning of the answer, as Anthropic's API has it.
    continueLast: asked.messages.at(-1)!.role === 'assistant',
    names: { place: (i) => places[i]!, callId: 'tool_use_id' },
  });
  const effort = asked.output_config?.effort;
  const format = asked.output_config?.format;
  const request = chatGeneration({
    ...mapped,
    tools: (asked.tools ?? []).map(({ name, description, input_schema: parameters }) => ({
      type: 'function',
      function: { name, ...(description == null ? {} : { description }), parameters },
    })),
    choice: choiceOf(asked),
    thinks,
    variables: templateVariables(asked.chat_template_kwargs, effort),
    n: 1,
    sampling: honouredSampling(asked, model.info.sampling),
    limits: {
      maxTokens: asked.max_tokens,
      maxAnswerTokens: null,
      maxThinkingTokens: budgetOf(asked) ?? effortBudget(effort),
    },
    stop: asked.stop_sequences ?? [],
    topLogprobs: null,
    format: format == null ? { type: 'text' } : { type: 'json_schema', schema: format.schema as Json },
  });
  return { model, request, stream: asked.stream === true };
}

function thinksOf({ thinking, output_config, chat_template_kwargs }: MessagesRequest): boolean | null {
  if (thinking != null && thinking.type !== 'adaptive') return thinking.type === 'enabled';
  if (output_config?.effort === 'none') return false;
  return thinkingSwitch(chat_template_kwargs) ?? null;
}

function budgetOf({ thinking, max_tokens }: MessagesRequest): number | null {
  if (thinking?.type !== 'enabled') return null;
  const { budget_tokens } = thinking;
  if (budget_tokens < max_tokens) return budget_tokens;
  throw new ApiError(400, 'max_tokens: must be greater than thinking.budget_tokens', { param: 'max_tokens' });
}

function choiceOf({ tool_choice: choice }: MessagesRequest): ToolChoice {
  if (choice == null) return 'auto';
  if (choice.type === 'tool') return { name: choice.name };
  return choice.type === 'any' ? 'required' : choice.type;
}

interface Messages {
  readonly messages: RequestMessage[];
  /** Where in the body each message began, for errors. */
  readonly places: string[];
}

function messagesOf({ system, messages: turns }: MessagesRequest): Messages {
  const messages: RequestMessage[] = [];
  const places: string[] = [];
  if (system != null && system.length > 0) {
    messages.push({ role: 'system', content: system });
    places.push('system');
  }
  for (const [i, turn] of turns.entries()) {
    const where = `messages[${i}]`;
    const made =
      turn.role === 'assistant' ? [{ message: assistantMessage(turn), where }] : userMessages(turn, where);
    for (const one of made) {
      messages.push(one.message);
      places.push(one.where);
    }
  }
  return { messages, places };
}

/** Results of tools are messages of their own; the texts between them stay together. */
function userMessages({ role, content }: UserTurn, where: string) {
  if (typeof content === 'string') return [{ message: { role, content } as RequestMessage, where }];
  const made: { message: RequestMessage; where: string }[] = [];
  let texts: { type: 'text'; text: string }[] = [];
  for (const [i, block] of content.entries()) {
    const place = `${where}.content[${i}]`;
    if (block.type === 'tool_result') {
      texts = [];
      const message = {
        role: 'tool',
        tool_call_id: block.tool_use_id,
        content: block.content ?? '',
      } as const;
      made.push({ message, where: place });
      continue;
    }
    if (texts.length === 0) made.push({ message: { role, content: texts }, where: place });
    texts.push(block);
  }
  return made;
}

function assistantMessage({ content }: AssistantTurn): RequestMessage {
  if (typeof content === 'string') return { role: 'assistant', content };
  const thoughts = content.flatMap((block) => (block.type === 'thinking' ? [block.thinking] : []));
  const texts = content.flatMap((block) => (block.type === 'text' ? [block] : []));
  const calls = content.flatMap((block) => (block.type === 'tool_use' ? [block] : []));
  return {
    role: 'assistant',
    content: texts,
    ...(thoughts.length === 0 ? {} : { reasoning_content: thoughts.join('\n') }),
    tool_calls: calls.map(({ id, name, input }) => ({
      id,
      type: 'function',
      function: { name, arguments: spelledText(input) ?? JSON.stringify(input) },
    })),
  };
}
