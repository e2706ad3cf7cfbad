/** @file A request for tests and benchmarks of what stands behind the HTTP side. */
import type { GenerationRequest } from './backend.ts';

/** One greedy reply without bounds; each test changes what it is about. */
export const REQUEST: GenerationRequest = {
  prompt: { kind: 'text', text: 'x' },
  n: 1,
  sampling: {
    temperature: 0,
    topP: 1,
    topK: 0,
    presencePenalty: 0,
    frequencyPenalty: 0,
    logitBias: {},
    seed: null,
  },
  limits: { maxTokens: null, maxAnswerTokens: null, maxThinkingTokens: null },
  stop: [],
  topLogprobs: null,
  format: { type: 'text' },
};
