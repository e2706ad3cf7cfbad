/** @file `POST /messages`, also under `/v1`: Anthropic's API of conversations. */
import type { AppContext, AppOptions } from '../context.ts';
import { ERA_RULES } from '../eras.ts';
import { readJsonObject } from '../json-body.ts';
import { sendReply, syntaxesOf } from '../reply-route.ts';
import { MessageStream, MessageWhole } from './reply.ts';
import { planMessage } from './request.ts';

export async function messagesRoute(c: AppContext, options: AppOptions): Promise<Response> {
  const { exchange } = c.var;
  const body = await readJsonObject(c.req.raw, options.maxBodyBytes);
  const plan = planMessage(body, { rules: ERA_RULES[options.era], models: options.backend.models() });
  const wire = { exchange, model: plan.model, calls: syntaxesOf(plan) };
  return sendReply(c, options, plan, {
    stream: () => new MessageStream(wire),
    whole: () => new MessageWhole(wire),
  });
}
