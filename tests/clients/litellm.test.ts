/** LiteLLM over chat completions and over messages, and the responses API of OpenAI's Python client, which it brings. */
import { describe, expect, it } from 'vitest';
import { pythonPackages } from '../support/installed.ts';
import { python } from './python/interpreter.ts';
import { ANSWER, KEY, REASONING, serve } from './support.ts';

const LITELLM = await pythonPackages({ litellm: '1.110.2' });

describe.skipIf(LITELLM.missing)(`litellm${LITELLM.note}`, () => {
  it('reads replies of every API, and knows a prompt that does not fit', async () => {
    await using server = await serve();
    const printed = await python('litellm_looks.py', { BASE_URL: server.url, KEY }, LITELLM.python);
    expect(JSON.parse(printed.trim().split('\n').at(-1)!)).toEqual({
      streamed: [REASONING, ANSWER],
      too_long: 'ContextWindowExceededError',
      too_long_stream: 'ContextWindowExceededError',
      too_long_message: 'ContextWindowExceededError',
      message: [REASONING, ANSWER],
      response: {
        answer: ANSWER,
        reasoning: REASONING,
        tokens: 3,
        streamed: ANSWER,
        last: 'response.completed',
      },
    });
  });
});
