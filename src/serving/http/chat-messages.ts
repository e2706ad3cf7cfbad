/** @file A request's messages as the chat template gets them, under the rules of an era. */
import type { ChatMessage } from '../../text/index.ts';
import type { AssistantMessage, Content, RequestMessage } from './chat-schema.ts';
import type { EraRules } from './eras.ts';
import { ApiError } from './errors.ts';

/** DeepSeek's own words, which clients look for. */
const MUST_RETURN = 'The `reasoning_content` in the thinking mode must be passed back to the API.';

export interface MessageOptions {
  readonly rules: EraRules;
  /** The request came in under /beta. */
  readonly beta: boolean;
  readonly thinks: boolean | null;
  /** The request asks to go on with the last message. */
  readonly continueLast: boolean;
  /** How errors name what is wrong, where the body has another form than that of the chat API. */
  readonly names?: MessageNames;
}

export interface MessageNames {
  /** Of a message by its index. */
  readonly place: (index: number) => string;
  /** The field of a tool's result that names its call. */
  readonly callId: string;
}

const CHAT_NAMES: MessageNames = { place: (index) => `messages[${index}]`, callId: 'tool_call_id' };

export interface MappedMessages {
  readonly messages: readonly ChatMessage[];
  readonly continueLast: boolean;
}

/** @throws ApiError 400 naming the message */
export function mapMessages(messages: readonly RequestMessage[], options: MessageOptions): MappedMessages {
  const turns = toolTurns(messages);
  const calls = new Set<string>();
  const { names = CHAT_NAMES } = options;
  const mapped = messages.map((message, i) => {
    const where = names.place(i);
    if (message.role === 'tool') return toolResult(message, calls, options, where);
    if (message.role !== 'assistant') {
      return {
        role: message.role === 'user' ? 'user' : 'system',
        content: text(message.content),
        ...named(message),
      };
    }
    for (const { id } of message.tool_calls ?? []) calls.add(id);
    const last = i === messages.length - 1;
    checkPrefix(message, last, options, where);
    return assistant(message, reasoningOf(message, turns[i]!, last, options, where), options.rules, where);
  });
  return { messages: mapped, continueLast: continuesLast(messages.at(-1)!, options) };
}

function continuesLast(last: RequestMessage, { continueLast }: MessageOptions): boolean {
  if (last.role === 'assistant') return last.prefix === true || continueLast;
  if (continueLast) fail('continue_final_message', 'the last message must be the assistant’s');
  return false;
}

/** Parts of one message are paragraphs of it. */
function text(content: Content): string {
  return typeof content === 'string' ? content : content.map((part) => part.text).join('\n');
}

function named({ name }: RequestMessage): { name?: string } {
  return name == null ? {} : { name };
}

function toolResult(
  message: Extract<RequestMessage, { role: 'tool' }>,
  calls: ReadonlySet<string>,
  { rules, names = CHAT_NAMES }: MessageOptions,
  where: string,
): ChatMessage {
  if (rules.refused.tools !== undefined) fail(`${where}.role`, rules.refused.tools);
  if (!calls.has(message.tool_call_id)) {
    fail(`${where}.${names.callId}`, 'no assistant message before it made this call');
  }
  return {
    role: 'tool',
    content: text(message.content),
    tool_call_id: message.tool_call_id,
    ...named(message),
  };
}

function assistant(
  message: AssistantMessage,
  reasoning: string | null,
  rules: EraRules,
  where: string,
): ChatMessage {
  const calls = message.tool_calls ?? [];
  if (calls.length > 0 && rules.refused.tools !== undefined) fail(`${where}.tool_calls`, rules.refused.tools);
  const content = message.content == null ? '' : text(message.content);
  return {
    role: 'assistant',
    // R1's template tells a message of calls by its content being none.
    content: calls.length > 0 && content === '' ? null : content,
    ...(reasoning === null ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...named(message),
  };
}

function checkPrefix(
  message: AssistantMessage,
  last: boolean,
  { rules, beta }: MessageOptions,
  where: string,
): void {
  if (message.prefix !== true) return;
  if (!last) fail(`${where}.prefix`, 'only the last message can be gone on with');
  if (rules.prefix === 'beta' && !beta)
    fail(`${where}.prefix`, 'this is a beta feature: use /beta as base path');
}

/** The thought of an earlier turn that the template is given, or null. */
function reasoningOf(
  message: AssistantMessage,
  toolTurn: boolean,
  last: boolean,
  { rules, thinks, continueLast }: MessageOptions,
  where: string,
): string | null {
  const rule = rules.reasoningInput;
  const isKnown = rule === 'kept' || rule === 'tool-turns';
  const reasoning = message.reasoning_content ?? (isKnown ? message.reasoning : null) ?? null;
  if (rule === 'kept') return reasoning;
  if (rule === 'tool-turns') {
    if (thinks === false) return null;
    if (last && (message.prefix === true || continueLast)) return reasoning;
    if (!toolTurn) return null;
    if (reasoning === null && (message.tool_calls ?? []).length > 0) {
      throw new ApiError(400, MUST_RETURN, { param: `${where}.reasoning_content` });
    }
    return reasoning;
  }
  if (reasoning === null || (rule === 'prefix' && last && message.prefix === true)) return reasoning;
  return fail(`${where}.reasoning_content`, 'the thought of earlier turns must not be sent back');
}

/** For each message whether its turn, from one user message to the next, called tools. */
function toolTurns(messages: readonly RequestMessage[]): boolean[] {
  const turn: number[] = [];
  const called = new Set<number>();
  let current = 0;
  for (const message of messages) {
    if (message.role === 'user') current += 1;
    turn.push(current);
    if (message.role === 'assistant' && (message.tool_calls ?? []).length > 0) called.add(current);
  }
  return turn.map((one) => called.has(one));
}

function fail(param: string, problem: string): never {
  throw new ApiError(400, `${param}: ${problem}`, { param });
}
