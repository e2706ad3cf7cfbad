/** @file OpenAI's responses API: its request, its reply, its route. */
export { responseEventSchema, responseSchema } from './reply-schema.ts';
export { responsesRequestSchema } from './request-schema.ts';
export { responsesRoute } from './route.ts';
