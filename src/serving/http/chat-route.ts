/** @file `POST /chat/completions`, also under `/v1` and `/beta`. */
import type { GenerationEvent } from '../backend.ts';
import { ChatStream, ChatWhole } from './chat-reply.ts';
import { type ChatPlan, planChat } from './chat-request.ts';
import type { AppContext, AppOptions } from './context.ts';
import { ERA_RULES, type EraRules } from './eras.ts';
import { ApiError } from './errors.ts';
import { readJsonObject } from './json-body.ts';
import { sendReply, syntaxesOf } from './reply-route.ts';
import { replyHead } from './reply-wire.ts';

export async function chatRoute(c: AppContext, options: AppOptions): Promise<Response> {
  const rules = ERA_RULES[options.era];
  const { exchange } = c.var;
  const body = await readJsonObject(c.req.raw, options.maxBodyBytes);
  const beta = c.req.path.startsWith('/beta/');
  const plan = planChat(body, { rules, models: options.backend.models(), beta });
  const { model, request } = plan;
  const wire = {
    n: request.n,
    calls: syntaxesOf(plan),
    thinks: request.prompt.kind === 'chat' && request.prompt.thinking !== false,
    logprobs: request.topLogprobs !== null,
    meter: exchange.meter,
  };
  return sendReply(c, options, plan, {
    stream: () =>
      new ChatStream({
        ...wire,
        head: replyHead('chatcmpl', 'chat.completion.chunk', exchange, model),
        firstContent: rules.firstContent,
        usageChunk: plan.usageChunk,
      }),
    whole: () => new ChatWhole({ ...wire, head: replyHead('chatcmpl', 'chat.completion', exchange, model) }),
    check: (event) => checkContext(event, plan, rules),
    finishInterrupted: rules.interrupted === 'finish',
  });
}

/** An era's context is checked once the prompt has been counted; the model's own is the backend's to check. */
function checkContext(
  event: GenerationEvent,
  { request: { limits } }: ChatPlan,
  { context }: EraRules,
): void {
  if (event.type !== 'start' || context === null) return;
  const reply = limits.maxAnswerTokens ?? limits.maxTokens ?? 0;
  const total = event.promptTokens + reply;
  if (total <= context) return;
  throw new ApiError(
    400,
    `This model's maximum context length is ${context} tokens. However, you requested ${total} tokens ` +
      `(${event.promptTokens} in the messages, ${reply} in the completion).`,
    { code: 'context_length_exceeded', param: 'messages' },
  );
}
