/** @file The request to the backend that a conversation becomes, whatever API it came in by. */
import type { Json } from '../../records.ts';
import type { ChatMessage } from '../../text/index.ts';
import type { AnswerFormat, GenerationRequest } from '../backend.ts';
import { LOW_EFFORT_BUDGET } from './eras.ts';
import { ApiError } from './errors.ts';
import { spelledText } from './spellings.ts';

export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'ultra'] as const;
export type Effort = (typeof EFFORTS)[number];

/** DeepSeek's three levels. */
export const EFFORT_LEVELS: { readonly [effort in Effort]: 'none' | 'low' | 'high' | 'max' } = {
  none: 'none',
  minimal: 'low',
  low: 'low',
  medium: 'high',
  high: 'high',
  xhigh: 'high',
  max: 'max',
  ultra: 'max',
};

/** The thinking budget of an effort; null where it sets none. */
export function effortBudget(effort: Effort | null | undefined): number | null {
  return effort != null && EFFORT_LEVELS[effort] === 'low' ? LOW_EFFORT_BUDGET : null;
}

/** Further variables for the template: those of the request, and the effort unless it turns the thought off. */
export function templateVariables(
  given: object | null | undefined,
  effort: Effort | null | undefined,
): { readonly [name: string]: Json } {
  return {
    ...(given as { readonly [name: string]: Json } | null | undefined),
    ...(effort == null || effort === 'none' ? {} : { reasoning_effort: effort }),
  };
}

/** Which tools the answer may or must call. */
export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string };

export interface Conversation {
  readonly messages: readonly ChatMessage[];
  readonly continueLast: boolean;
  /** Functions in the form of OpenAI's chat API. */
  readonly tools: readonly { readonly function: { readonly name: string } }[];
  readonly choice: ToolChoice;
  /** null leaves it to the model's template. */
  readonly thinks: boolean | null;
  /** Further variables for the template. */
  readonly variables: { readonly [name: string]: Json };
  readonly n: number;
  readonly sampling: GenerationRequest['sampling'];
  readonly limits: GenerationRequest['limits'];
  readonly stop: readonly string[];
  readonly topLogprobs: number | null;
  /** Of an answer that need not be a call. */
  readonly format: AnswerFormat;
}

/** @throws ApiError 400 where the choice names no tool */
export function chatGeneration(asked: Conversation): GenerationRequest {
  const { messages, continueLast, tools, choice, thinks, variables, format, ...rest } = asked;
  return {
    prompt: {
      kind: 'chat',
      messages,
      ...(tools.length === 0 || choice === 'none' ? {} : toolsOf(tools)),
      ...(continueLast ? { continueLast } : {}),
      ...(thinks === null ? {} : { thinking: thinks }),
      ...(Object.keys(variables).length === 0 ? {} : { variables }),
    },
    ...rest,
    format: choice === 'auto' || choice === 'none' ? format : forcedCall(tools, choice),
  };
}

function toolsOf(tools: Conversation['tools']): {
  readonly tools: readonly Json[];
  readonly toolsText?: string;
} {
  const text = spelledText(tools);
  return { tools, ...(text === null ? {} : { toolsText: text }) };
}

function forcedCall(
  tools: Conversation['tools'],
  choice: 'required' | { readonly name: string },
): AnswerFormat {
  const name = choice === 'required' ? null : choice.name;
  const known = tools.some((tool) => name === null || tool.function.name === name);
  if (known) return { type: 'tool_call', name };
  throw new ApiError(400, 'tool_choice: names no tool of the request', { param: 'tool_choice' });
}

/** Whether calls are to be looked for in the answer. */
export function hasTools({ prompt }: GenerationRequest): boolean {
  return prompt.kind === 'chat' && prompt.tools !== undefined;
}
