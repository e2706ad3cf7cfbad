/** @file A body of the responses API as a plan: its items become messages, its fields a request to the backend. */
import type { Json } from '../../../records.ts';
import { thinkingSwitch } from '../../../text/index.ts';
import type { AnswerFormat, ModelInfo } from '../../backend.ts';
import { chatGeneration, effortBudget, type ToolChoice, templateVariables } from '../chat-generation.ts';
import { mapMessages } from '../chat-messages.ts';
import type { AssistantMessage, RequestMessage } from '../chat-schema.ts';
import { ERA_RULES, type EraRules } from '../eras.ts';
import { checkBody, type JsonObject } from '../json-body.ts';
import { findModel } from '../model-name.ts';
import type { Plan } from '../reply-route.ts';
import { honouredSampling, stopStrings } from '../request-fields.ts';
import { type InputItem, type ResponsesRequest, responsesRequestSchema } from './request-schema.ts';

export interface ResponsePlan extends Plan {
  /** The body as it was read, which the response repeats. */
  readonly asked: ResponsesRequest;
}

/**
 * The eras are of the chat API; here everything is honoured in each.
 * @param rules - for the names of models
 * @throws ApiError 400, 404
 */
export function planResponse(
  body: JsonObject,
  { rules, models }: { readonly rules: EraRules; readonly models: readonly ModelInfo[] },
): ResponsePlan {
  const asked = checkBody(responsesRequestSchema, body, 400);
  const model = findModel(asked.model, models, rules);
  const { messages, places } = messagesOf(asked);
  const effort = asked.reasoning?.effort;
  const thinks = effort === 'none' ? false : (thinkingSwitch(asked.chat_template_kwargs) ?? model.thinks);
  const mapped = mapMessages(messages, {
    rules: ERA_RULES.open,
    beta: false,
    thinks,
    continueLast: false,
    names: { place: (i) => places[i]!, callId: 'call_id' },
  });
  const request = chatGeneration({
    messages: mapped.messages,
    continueLast: false,
    tools: (asked.tools ?? []).map(({ type, ...declared }) => ({ type, function: declared })),
    choice: choiceOf(asked),
    thinks,
    variables: templateVariables(asked.chat_template_kwargs, effort),
    n: 1,
    sampling: honouredSampling(asked, model.info.sampling),
    limits: {
      maxTokens: asked.max_output_tokens ?? null,
      maxAnswerTokens: null,
      maxThinkingTokens: asked.max_thinking_tokens ?? effortBudget(effort),
    },
    stop: stopStrings(asked),
    topLogprobs: logprobsOf(asked),
    format: formatOf(asked),
  });
  return { asked, model, request, stream: asked.stream === true };
}

function choiceOf({ tool_choice: choice }: ResponsesRequest): ToolChoice {
  return choice ?? 'auto';
}

function logprobsOf({ include, top_logprobs: top }: ResponsesRequest): number | null {
  if (include?.includes('message.output_text.logprobs') === true) return top ?? 0;
  return top != null && top > 0 ? top : null;
}

function formatOf({ text }: ResponsesRequest): AnswerFormat {
  const format = text?.format ?? { type: 'text' as const };
  return format.type === 'json_schema' ? { type: 'json_schema', schema: format.schema as Json } : format;
}

interface Messages {
  readonly messages: RequestMessage[];
  /** Where in the body each message began, for errors. */
  readonly places: string[];
}

/** A thought, a text and calls that follow one another are one message of the assistant's. */
function messagesOf({ instructions, input }: ResponsesRequest): Messages {
  const messages: RequestMessage[] = [];
  const places: string[] = [];
  const add = (message: RequestMessage, place: string): void => {
    messages.push(message);
    places.push(place);
  };
  if (instructions != null) add({ role: 'system', content: instructions }, 'instructions');
  if (typeof input === 'string') {
    add({ role: 'user', content: input }, 'input');
    return { messages, places };
  }
  for (const [i, item] of input.entries()) {
    const made = messageOf(item);
    const before = messages.at(-1);
    const joined = made.role === 'assistant' && before?.role === 'assistant' ? joinTurns(before, made) : null;
    if (joined === null) add(made, `input[${i}]`);
    else messages[messages.length - 1] = joined;
  }
  return { messages, places };
}

function messageOf(item: InputItem): RequestMessage {
  switch (item.type) {
    case 'function_call': {
      const { call_id: id, name, arguments: text } = item;
      return {
        role: 'assistant',
        tool_calls: [{ id, type: 'function', function: { name, arguments: text } }],
      };
    }
    case 'function_call_output':
      return { role: 'tool', tool_call_id: item.call_id, content: textOf(item.output) };
    case 'reasoning': {
      const told = item.content != null && item.content.length > 0 ? item.content : (item.summary ?? []);
      return { role: 'assistant', reasoning_content: told.map(({ text }) => text).join('\n') };
    }
    case 'message':
    case undefined:
      return { role: item.role, content: textOf(item.content) };
  }
}

function textOf(content: Extract<InputItem, { type: 'function_call_output' }>['output']) {
  if (typeof content === 'string') return content;
  return content.map(({ text }) => ({ type: 'text' as const, text }));
}

/** null where the later one begins a turn of its own: with another thought, or with a text after calls. */
function joinTurns(before: AssistantMessage, after: AssistantMessage): AssistantMessage | null {
  const begun = before.content != null || (before.tool_calls ?? []).length > 0;
  if (after.reasoning_content != null) return begun ? null : { ...before, ...after };
  if (after.content != null && begun) return null;
  return { ...before, ...after, tool_calls: [...(before.tool_calls ?? []), ...(after.tool_calls ?? [])] };
}
