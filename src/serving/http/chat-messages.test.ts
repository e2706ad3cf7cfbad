import { describe, expect, it } from 'vitest';
import { testApp } from './testing.ts';

async function promptOf(body: object) {
  const test = testApp();
  const response = await test.chat(body);
  expect(response.status).toBe(200);
  return test.last().prompt;
}

describe('messages on their way to the template', () => {
  it('keep what the template may read and nothing else', async () => {
    const prompt = await promptOf({
      messages: [
        { role: 'developer', content: 'Be brief.', name: null },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a', cache_control: 1 },
            { type: 'text', text: 'b' },
          ],
          name: 'Ann',
        },
        { role: 'assistant', content: null, refusal: null, annotations: [] },
      ],
    });
    expect(prompt).toEqual({
      kind: 'chat',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'a\nb', name: 'Ann' },
        { role: 'assistant', content: '' },
      ],
    });
  });

  it('hold calls and their results', async () => {
    const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } };
    const prompt = await promptOf({
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: '', tool_calls: [{ index: 0, ...call }] },
        { role: 'tool', tool_call_id: 'c1', content: [{ type: 'text', text: '7' }] },
      ],
    });
    expect(prompt).toMatchObject({
      messages: [
        {},
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'c1', content: '7' },
      ],
    });
  });

  it.each([
    [
      {
        messages: [
          { role: 'user', content: 'x' },
          { role: 'assistant', content: 'So', prefix: true },
        ],
      },
    ],
    [
      {
        messages: [
          { role: 'user', content: 'x' },
          { role: 'assistant', content: 'So' },
        ],
        continue_final_message: true,
      },
    ],
  ])('may end in one to go on with', async (body) => {
    expect(await promptOf(body)).toEqual({
      kind: 'chat',
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: 'So' },
      ],
      continueLast: true,
    });
  });
});
