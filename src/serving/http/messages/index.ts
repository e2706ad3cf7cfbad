/** @file Anthropic's messages API: its request, its reply, its errors, its route. */
export { messageErrorBody } from './errors.ts';
export { anthropicErrorSchema, anthropicReplySchema, messageEventSchema } from './reply-schema.ts';
export { messagesRequestSchema } from './request-schema.ts';
export { messagesRoute } from './route.ts';
