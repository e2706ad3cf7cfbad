import { describe, expect, it } from 'vitest';
import { askIn, CALL, RESULT, TOOLS, user } from './testing.ts';

describe('reasoning_content in the input', () => {
  const said = { role: 'assistant', content: 'A', reasoning_content: 'because' };
  const turn = [user('1'), said, user('2')];
  const toolTurn = [
    user('1'),
    { role: 'assistant', content: null, reasoning_content: 'call', tool_calls: [CALL] },
    RESULT,
    { role: 'assistant', content: 'A', reasoning_content: 'seen' },
    user('2'),
  ];
  const thoughts = (request: { prompt: object } | undefined) =>
    (request!.prompt as { messages: { reasoning_content?: string }[] }).messages.map(
      (one) => one.reasoning_content,
    );

  it('is 400 in the eras of R1', async () => {
    for (const era of ['r1', 'r1-0528'] as const) {
      const { status, error } = await askIn(era, { messages: turn });
      expect(status).toBe(400);
      expect(error!.param).toBe('messages[1].reasoning_content');
    }
  });

  it('may stand with a prefix under /beta in r1-0528, not in r1', async () => {
    const messages = [user(), { ...said, prefix: true }];
    expect((await askIn('r1', { messages }, '/beta/chat/completions')).status).toBe(400);
    const { status, request } = await askIn('r1-0528', { messages }, '/beta/chat/completions');
    expect(status).toBe(200);
    expect(request!.prompt).toMatchObject({
      continueLast: true,
      messages: [{}, { reasoning_content: 'because' }],
    });
  });

  it('is dropped from turns without tools and kept in turns with them in thinking', async () => {
    expect(thoughts((await askIn('thinking', { messages: turn })).request)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(thoughts((await askIn('thinking', { messages: toolTurn, tools: TOOLS })).request)).toEqual([
      undefined,
      'call',
      undefined,
      'seen',
      undefined,
    ]);
  });

  it('must come back with calls while thinking', async () => {
    const messages = toolTurn.map(
      ({ reasoning_content: _dropped, ...rest }: Record<string, unknown>) => rest,
    );
    const { status, error } = await askIn('thinking', { messages, tools: TOOLS });
    expect(status).toBe(400);
    expect(error!.message).toBe(
      'The `reasoning_content` in the thinking mode must be passed back to the API.',
    );
    expect((await askIn('thinking', { messages, tools: TOOLS, thinking: { type: 'disabled' } })).status).toBe(
      200,
    );
  });

  it('is kept in thinking where the message is gone on with, unless nothing is to be thought', async () => {
    const messages = [user('1'), { ...said, prefix: true }];
    const asked = async (more: object) =>
      thoughts((await askIn('thinking', { messages, ...more }, '/beta/chat/completions')).request);
    expect(await asked({})).toEqual([undefined, 'because']);
    expect(await asked({ thinking: { type: 'disabled' } })).toEqual([undefined, undefined]);
  });

  it('may be named reasoning in thinking and open; the name of the API counts before it', async () => {
    const renamed = (messages: readonly object[], more: object = {}) =>
      messages.map((one) => {
        if (!('reasoning_content' in one)) return one;
        const { reasoning_content: reasoning, ...rest } = one;
        return { ...rest, reasoning, ...more };
      });
    expect(thoughts((await askIn('open', { messages: renamed(turn) })).request)[1]).toBe('because');
    const both = renamed(turn, { reasoning_content: 'first' });
    expect(thoughts((await askIn('open', { messages: both })).request)[1]).toBe('first');
    const { request } = await askIn('thinking', { messages: renamed(toolTurn), tools: TOOLS });
    expect(thoughts(request)).toEqual([undefined, 'call', undefined, 'seen', undefined]);
    const wrong = { ...said, reasoning_content: null, reasoning: ['x'] };
    const { status, error } = await askIn('open', { messages: [user('1'), wrong, user('2')] });
    expect([status, error!.param]).toEqual([400, 'messages[1].reasoning']);
  });

  it('of the other name is no field of the eras of R1, and passed over', async () => {
    const messages = [user('1'), { role: 'assistant', content: 'A', reasoning: 'because' }, user('2')];
    for (const era of ['r1', 'r1-0528'] as const) {
      const { status, request } = await askIn(era, { messages });
      expect([status, thoughts(request)]).toEqual([200, [undefined, undefined, undefined]]);
    }
  });

  it('goes to the template in open', async () => {
    expect(thoughts((await askIn('open', { messages: turn })).request)).toEqual([
      undefined,
      'because',
      undefined,
    ]);
  });
});

describe('thinking and effort', () => {
  it.each([
    ['r1', {}, true],
    ['thinking', {}, true],
    ['thinking', { thinking: { type: 'disabled' } }, false],
    ['thinking', { model: 'deepseek-chat' }, false],
    ['thinking', { model: 'deepseek-chat', thinking: { type: 'enabled' } }, true],
    ['open', {}, undefined],
    ['open', { thinking: { type: 'enabled' } }, true],
    ['open', { reasoning_effort: 'none' }, false],
    ['open', { chat_template_kwargs: { enable_thinking: false } }, false],
    ['open', { chat_template_kwargs: { thinking: false } }, false],
    ['open', { chat_template_kwargs: { thinking: true } }, true],
    ['open', { chat_template_kwargs: { enable_thinking: true, thinking: false } }, true],
    ['open', { chat_template_kwargs: { enable_thinking: null } }, undefined],
    ['open', { thinking: { type: 'disabled' }, chat_template_kwargs: { enable_thinking: true } }, false],
  ] as const)('in %s, %j: thinking is %s', async (era, body, expected) => {
    const { request } = await askIn(era, body);
    expect((request!.prompt as { thinking?: boolean }).thinking).toBe(expected);
  });

  it.each(['enable_thinking', 'thinking'])('chat_template_kwargs.%s is true or false', async (name) => {
    const { status, error } = await askIn('open', { chat_template_kwargs: { [name]: 'false' } });
    expect([status, error!.param]).toEqual([400, `chat_template_kwargs.${name}`]);
  });

  it.each([
    ['open', { thinking: { type: 'enabled', budget_tokens: 7 } }, 7],
    ['thinking', { thinking: { type: 'enabled', budget_tokens: 7 } }, 7],
    ['open', { thinking: { type: 'enabled', budget_tokens: 7 }, max_thinking_tokens: 9 }, 7],
    ['open', { thinking: { type: 'enabled', budget_tokens: 9 }, max_thinking_tokens: 7 }, 7],
    ['thinking', { thinking: { type: 'enabled', budget_tokens: 9 }, max_thinking_tokens: 7 }, 9],
    ['open', { thinking: { type: 'enabled', budget_tokens: 2000 }, reasoning_effort: 'low' }, 2000],
    ['open', { thinking: { type: 'enabled', budget_tokens: 0 } }, 0],
    ['open', { thinking: { type: 'enabled', budget_tokens: null } }, null],
    ['r1', { thinking: { type: 'enabled', budget_tokens: 7 } }, 32_768],
  ] as const)('in %s, %j: the budget is %s', async (era, body, expected) => {
    expect((await askIn(era, body)).request!.limits.maxThinkingTokens).toBe(expected);
  });

  it.each([-1, 1.5, '7'])('a budget of %j is refused', async (budget) => {
    const { status, error } = await askIn('thinking', {
      thinking: { type: 'enabled', budget_tokens: budget },
    });
    expect([status, error!.param]).toEqual([400, 'thinking.budget_tokens']);
  });

  it.each([
    ['minimal', 'low', 1024],
    ['low', 'low', 1024],
    ['medium', 'high', null],
    ['high', 'high', null],
    ['xhigh', 'high', null],
    ['max', 'max', null],
    ['ultra', 'max', null],
  ] as const)('reasoning_effort %s is %s to the template', async (effort, level, budget) => {
    const mapped = await askIn('thinking', { reasoning_effort: effort });
    expect(mapped.request!.prompt).toMatchObject({ variables: { reasoning_effort: level } });
    expect(mapped.request!.limits.maxThinkingTokens).toBe(budget);
    const open = await askIn('open', {
      reasoning_effort: effort,
      max_thinking_tokens: 9,
      chat_template_kwargs: { a: 1 },
    });
    expect(open.request!.prompt).toMatchObject({ variables: { reasoning_effort: effort, a: 1 } });
    expect(open.request!.limits.maxThinkingTokens).toBe(9);
  });
});
