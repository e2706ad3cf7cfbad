/** @file Reply of an endpoint as a completion. Of its tokens only their number is known. */
import type { Completion, Prompt } from '../records.ts';
import type { ChatReply } from '../remote/index.ts';

/** The completion that a reply to `prompt` is. */
export function endpointCompletion(prompt: Prompt, { response, finish, usage }: ChatReply): Completion {
  return {
    prompt,
    promptTokens: new Int32Array(0),
    tokens: new Int32Array(usage.completionTokens),
    logprobs: new Float32Array(0),
    text: response.text,
    response,
    finish: finish === 'length' ? 'length' : 'stop',
    policyVersion: 0,
  };
}
