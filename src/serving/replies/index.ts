/** @file Replies as text: thought and answer, stop strings, log-probabilities. No tensors. */
export { type ScoredToken, TokenNames, toldLogprob } from './logprobs.ts';
export { type ReadingSettings, ReplyReading } from './reading.ts';
export type { TokenEnd } from './reply.ts';
export { RequestReplies, type RequestStart } from './request-replies.ts';
