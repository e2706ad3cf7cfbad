/**
 * @file `POST /responses`, also under `/v1`: OpenAI's newer API of conversations, which its clients use unless told
 * otherwise. Nothing is stored: each request holds its whole conversation.
 */
import type { AppContext, AppOptions } from '../context.ts';
import { ERA_RULES } from '../eras.ts';
import { readJsonObject } from '../json-body.ts';
import { sendReply, syntaxesOf } from '../reply-route.ts';
import { ResponseStream, ResponseWhole } from './reply.ts';
import { planResponse } from './request.ts';

export async function responsesRoute(c: AppContext, options: AppOptions): Promise<Response> {
  const { exchange } = c.var;
  const body = await readJsonObject(c.req.raw, options.maxBodyBytes);
  const plan = planResponse(body, { rules: ERA_RULES[options.era], models: options.backend.models() });
  const wire = { exchange, plan, calls: syntaxesOf(plan) };
  return sendReply(c, options, plan, {
    stream: () => new ResponseStream(wire),
    whole: () => new ResponseWhole(wire),
  });
}
