/** OpenAI's Python client, where a Python has it: AHA_TEST_PYTHON names the interpreter, else python3 is asked. */
import { describe, expect, it } from 'vitest';
import { PYTHON, pythonJson } from './python/interpreter.ts';
import {
  ANSWER,
  BUSY_ONCE,
  byQuestion,
  endless,
  KEY,
  REASONING,
  REFUSALS,
  type Served,
  saying,
  serve,
  untilStopped,
  WEATHER,
  WEATHER_RESULT,
  WEATHER_ROUNDS,
  weatherMessages,
} from './support.ts';

type Seen = { readonly [look: string]: unknown };

/** Runs some of the looks of client.py. */
function look(server: Served, ...looks: readonly string[]): Promise<Seen> {
  return pythonJson('client.py', {
    BASE_URL: `${server.url}/v1`,
    KEY,
    LOOKS: looks.join(' '),
    REFUSALS: JSON.stringify(REFUSALS.map(({ key, model, content }) => [key, model, content])),
    WEATHER: JSON.stringify(WEATHER),
    WEATHER_RESULT,
  });
}

describe.skipIf(PYTHON.missing)(`openai (Python)${PYTHON.note}`, () => {
  it('reads replies, streams, errors, JSON; sends its settings', async () => {
    await using server = await serve([
      byQuestion,
      byQuestion,
      byQuestion,
      byQuestion,
      saying('{"sum"', ': 4}'),
      byQuestion,
    ]);
    const looks = ['plain', 'streamed', 'include_usage', 'helper', 'json', 'settings'];
    const seen = await look(server, ...looks, 'refusals', 'broken', 'models');
    expect(seen.plain).toEqual({
      answer: ANSWER,
      reasoning: REASONING,
      finish: 'stop',
      usage: [10, 6, 16],
      cached: 4,
      reasoning_tokens: 3,
    });
    expect(seen.streamed).toEqual({ answer: ANSWER, reasoning: REASONING, usage: 16, choices: 1 });
    expect(seen.include_usage).toEqual({ answer: ANSWER, reasoning: REASONING, usage: 16, choices: 0 });
    expect(seen.helper).toMatchObject({ answer: ANSWER, reasoning: REASONING });
    expect(seen.json).toEqual({ sum: 4 });
    expect(server.request(5)).toMatchObject({
      stop: ['END'],
      limits: { maxTokens: 50, maxThinkingTokens: 20 },
      sampling: { seed: 7 },
      prompt: { thinking: true },
    });
    const classes = {
      400: 'BadRequestError',
      401: 'AuthenticationError',
      404: 'NotFoundError',
      429: 'RateLimitError',
    };
    expect(seen.refusals).toMatchObject(
      REFUSALS.flatMap(({ status, says }) => {
        const one = {
          class: classes[status],
          status,
          message: says,
          retry_after: status === 429 ? '7' : null,
        };
        return [one, one];
      }),
    );
    expect(seen.broken).toEqual({ class: 'APIError', message: 'The model’s process ended.' });
    expect(seen.models).toEqual(['r1-tiny']);
  });

  it('ends what it aborts', async () => {
    await using server = await serve([endless]);
    const seen = await look(server, 'aborted_stream', 'aborted_plain');
    expect(seen).toEqual({ aborted_stream: 3, aborted_plain: 'APITimeoutError' });
    expect(server.backend.requests).toHaveLength(2);
    await untilStopped(server);
  });

  it('calls a tool and reads on from its result; comes back after the seconds it was told', async () => {
    await using server = await serve([...WEATHER_ROUNDS, ...BUSY_ONCE], { era: 'thinking' });
    const seen = await look(server, 'tools', 'retried');
    const { id, ...rest } = seen.tools as { id: string };
    expect(rest).toEqual({ arguments: { city: 'Ghent' }, answer: 'It is 18 °C.', reasoning: '18 it is' });
    expect(server.request(1).prompt).toMatchObject({ messages: weatherMessages(id, true) });
    expect(seen.retried).toEqual({ answer: ANSWER, seconds: expect.any(Number) });
    expect((seen.retried as { seconds: number }).seconds).toBeGreaterThan(0.9);
    expect(server.backend.requests).toHaveLength(4);
  });
});
