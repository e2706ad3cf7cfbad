/** @file Prompt as the messages of a request to an endpoint, and the reply as a completion. */
import { UserError } from '../errors.ts';
import type { Completion, Prompt } from '../records.ts';
import type { ChatReply, RemoteMessage } from '../remote/index.ts';

/**
 * The messages of a request: the question, or the conversation that the prompt is.
 * @param instruction - stands after the last message
 * @throws UserError naming the prompt, where its conversation holds calls of tools or their results
 */
export function remoteMessages(prompt: Prompt, instruction?: string): RemoteMessage[] {
  const asked = prompt.messages ?? [{ role: 'user', content: prompt.text }];
  const messages = asked.map(({ role, content }): RemoteMessage => {
    if (typeof content === 'string' && isRole(role)) return { role, content };
    throw new UserError(
      `prompt ${prompt.id}: calls of tools and their results are not sent to endpoints`,
      'Leave such conversations out, or sample a checkpoint.',
    );
  });
  if (instruction === undefined) return messages;
  const last = messages.at(-1)!;
  return [...messages.slice(0, -1), { ...last, content: `${last.content}\n\n${instruction}` }];
}

function isRole(role: string): role is RemoteMessage['role'] {
  return role === 'system' || role === 'user' || role === 'assistant';
}

/** The completion that a reply to `prompt` is. Of its tokens only their number is known. */
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
