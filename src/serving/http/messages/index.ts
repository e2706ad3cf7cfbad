/** @file Anthropic's messages API: its request, its reply, its errors, its route. */
export { messageErrorBody } from './errors.ts';
export {
  anthropicErrorSchema,
  anthropicReplySchema,
  countReplySchema,
  messageEventSchema,
} from './reply-schema.ts';
export { countRequestSchema, messagesRequestSchema } from './request-schema.ts';
export { countTokensRoute, messagesRoute } from './route.ts';
