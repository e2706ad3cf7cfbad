/** @file `POST /messages` and `POST /messages/count_tokens`, also under `/v1`: Anthropic's API of conversations. */
import type { AppContext, AppOptions } from '../context.ts';
import { ERA_RULES } from '../eras.ts';
import { readJsonObject } from '../json-body.ts';
import { sendReply, syntaxesOf } from '../reply-route.ts';
import { MessageStream, MessageWhole } from './reply.ts';
import { planCount, planMessage } from './request.ts';

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

/** The tokens of a prompt. They are known when it is taken up; it is not read. */
export async function countTokensRoute(c: AppContext, options: AppOptions): Promise<Response> {
  const { exchange } = c.var;
  const body = await readJsonObject(c.req.raw, options.maxBodyBytes);
  const plan = planCount(body, { rules: ERA_RULES[options.era], models: options.backend.models() });
  const { id } = plan.model.info;
  exchange.model = id;
  for await (const event of await options.backend.generate(id, plan.request, exchange.signal)) {
    if (event.type === 'start') return c.json({ input_tokens: event.promptTokens });
  }
  throw new Error('a request ended without having begun');
}
