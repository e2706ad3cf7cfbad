/** @file `POST /completions`, also under `/v1` and `/beta`: text that is gone on with, without a chat template. */
import { CompletionStream, CompletionWhole } from './completion-reply.ts';
import { planCompletion } from './completion-request.ts';
import type { AppContext, AppOptions } from './context.ts';
import { ERA_RULES } from './eras.ts';
import { ApiError } from './errors.ts';
import { readJsonObject } from './json-body.ts';
import { mergeEvents } from './merge-events.ts';
import { PatientReader } from './patient-reader.ts';
import { replyHead } from './reply-wire.ts';
import { type Reply, streamReply, wholeReply } from './respond.ts';

export async function completionsRoute(c: AppContext, options: AppOptions): Promise<Response> {
  const { backend, era, keepAliveMs, maxBodyBytes } = options;
  const rules = ERA_RULES[era];
  const { exchange } = c.var;
  const body = await readJsonObject(c.req.raw, maxBodyBytes);
  const plan = planCompletion(body, { rules, models: backend.models() });
  const { model, requests } = plan;
  exchange.model = model.info.id;
  const { n } = requests[0]!;
  requireRoom(n * requests.length, model.info.maxReplies);
  const starting = requests.map((request) => backend.generate(model.info.id, request, exchange.signal));
  const reply: Reply = {
    exchange,
    events: new PatientReader(mergeEvents(starting, n), exchange.signal),
    keepAliveMs,
    finishInterrupted: rules.interrupted === 'finish',
    check: () => undefined,
  };
  const wire = {
    head: replyHead('cmpl', 'text_completion', exchange, model),
    n: n * requests.length,
    perPrompt: n,
    logprobs: requests[0]!.topLogprobs !== null,
    usageChunk: plan.usageChunk,
    meter: exchange.meter,
  };
  return plan.stream
    ? streamReply(reply, new CompletionStream(wire))
    : wholeReply(reply, new CompletionWhole(wire));
}

/** More than the server ever takes at once would be told to come back for ever. */
function requireRoom(replies: number, most: number): void {
  if (replies <= most) return;
  const text = `prompts × n is ${replies}; this server takes ${most} replies at once at most.`;
  throw new ApiError(400, text, { param: 'prompt' });
}
