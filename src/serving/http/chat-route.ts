/** @file `POST /chat/completions`, also under `/v1` and `/beta`. */
import type { GenerationEvent } from '../backend.ts';
import { ChatStream, ChatWhole } from './chat-reply.ts';
import { type ChatPlan, planChat } from './chat-request.ts';
import { callSyntaxes } from './choice-reader.ts';
import type { AppContext, AppOptions } from './context.ts';
import { ERA_RULES, type EraRules } from './eras.ts';
import { ApiError } from './errors.ts';
import { readJsonObject } from './json-body.ts';
import { PatientReader } from './patient-reader.ts';
import { replyHead } from './reply-wire.ts';
import { type Reply, streamReply, wholeReply } from './respond.ts';

export async function chatRoute(c: AppContext, options: AppOptions): Promise<Response> {
  const { backend, era, keepAliveMs, maxBodyBytes } = options;
  const rules = ERA_RULES[era];
  const { exchange } = c.var;
  const body = await readJsonObject(c.req.raw, maxBodyBytes);
  const beta = c.req.path.startsWith('/beta/');
  const plan = planChat(body, { rules, models: backend.models(), beta });
  const { model, request } = plan;
  exchange.model = model.info.id;
  const reply: Reply = {
    exchange,
    events: new PatientReader(backend.generate(model.info.id, request, exchange.signal), exchange.signal),
    keepAliveMs,
    finishInterrupted: rules.interrupted === 'finish',
    check: (event) => checkContext(event, plan, rules),
  };
  const wire = {
    n: request.n,
    calls: plan.tools ? callSyntaxes(model.info.toolSyntax) : null,
    thinks: request.prompt.kind === 'chat' && request.prompt.thinking !== false,
    logprobs: request.topLogprobs !== null,
    meter: exchange.meter,
  };
  if (plan.stream) {
    const head = replyHead('chatcmpl', 'chat.completion.chunk', exchange, model);
    return streamReply(
      reply,
      new ChatStream({ ...wire, head, firstContent: rules.firstContent, usageChunk: plan.usageChunk }),
    );
  }
  const head = replyHead('chatcmpl', 'chat.completion', exchange, model);
  return wholeReply(reply, new ChatWhole({ ...wire, head }));
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
