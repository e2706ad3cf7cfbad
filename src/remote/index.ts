/** @file The client of OpenAI-compatible endpoints, for everything that samples from a remote model. No tensors. */
export { cleanUrl, keyFrom } from './address.ts';
export { type Limit, SpendLimitReached, type Spent } from './budget.ts';
export {
  type ChatRequest,
  createEndpoint,
  type Endpoint,
  type EndpointOptions,
  type RemoteMessage,
  type Warn,
} from './endpoint.ts';
export { EndpointError, type FailureKind } from './endpoint-error.ts';
export { type EndpointConfig, endpointSchema, openEndpoint } from './endpoint-schema.ts';
export { type Host, type JsonRequest, requestJson } from './json-request.ts';
export { costOf, PRICES, type Price, type Prices, readPrices, type Usage } from './prices.ts';
export type { ChatChoice, ChatReply } from './reply.ts';
