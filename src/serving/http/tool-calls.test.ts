import { describe, expect, it } from 'vitest';
import { chatChunkSchema, chatCompletionSchema } from './response-schemas.ts';
import { chunksOf, finish, MODEL, normalised, say, start, testApp, think } from './testing.ts';

const tools = [
  {
    type: 'function',
    function: { name: 'weather', description: 'Of a city', parameters: { type: 'object', properties: {} } },
  },
];
const CALL = '<tool_call>\n{"name": "weather", "arguments": {"city": "Ghent"}}\n</tool_call>';
const events = [start(), think('hm'), ...CALL.match(/[\s\S]{1,7}/g)!.map((text) => say(text)), finish()];

describe('tool calls', () => {
  it('are told apart from the answer', async () => {
    const test = testApp([events]);
    const body = chatCompletionSchema.parse(await (await test.chat({ tools })).json());
    const [choice] = body.choices;
    expect(choice!.finish_reason).toBe('tool_calls');
    expect(choice!.message.content.trim()).toBe('');
    expect(choice!.message.tool_calls).toMatchObject([
      { index: 0, type: 'function', function: { name: 'weather' } },
    ]);
    expect(JSON.parse(choice!.message.tool_calls![0]!.function.arguments)).toEqual({ city: 'Ghent' });
    expect(choice!.message.tool_calls![0]!.id).not.toBe('');
    expect(test.last().prompt).toMatchObject({ tools });
  });

  it('come with the numbers of their schemas as the client spelled them', async () => {
    const test = testApp([events]);
    const parameters = { type: 'object', properties: { a: { type: 'number', default: 7, enum: [8, 9] } } };
    const declared = [{ type: 'function', function: { name: 'f', parameters } }];
    const body = JSON.stringify({
      model: MODEL.id,
      messages: [{ role: 'user', content: '1.0' }],
      tools: declared,
    });
    const spelled = body.replace(':7', ':7.0').replace('[8', '[8e0');
    await test.post('/v1/chat/completions', spelled);
    expect(test.last().prompt).toMatchObject({
      tools: declared,
      toolsText: JSON.stringify(declared).replace(':7', ':7.0').replace('[8', '[8e0'),
    });
    await test.post('/v1/chat/completions', body);
    expect(test.last().prompt).not.toHaveProperty('toolsText');
  });

  it('stream in the captured form: the name with an id first, then the arguments', async () => {
    const text = normalised(await (await testApp([events]).chat({ tools, stream: true })).text());
    const chunks = chunksOf(text).map((chunk) => chatChunkSchema.parse(chunk));
    const deltas = chunks.flatMap(({ choices }) => choices[0]!.delta.tool_calls ?? []);
    expect(deltas[0]).toMatchObject({ index: 0, type: 'function', function: { name: 'weather' } });
    expect(deltas[0]!.id).toBeTruthy();
    expect(
      deltas.slice(1).every((delta) => delta.id === undefined && delta.function.name === undefined),
    ).toBe(true);
    expect(JSON.parse(deltas.map((delta) => delta.function.arguments).join(''))).toEqual({ city: 'Ghent' });
    expect(chunks.at(-1)!.choices[0]).toMatchObject({
      delta: { content: '', reasoning_content: null },
      finish_reason: 'tool_calls',
    });
  });

  it('are left in the text where the request has no tools or wants no calls', async () => {
    for (const more of [{}, { tools, tool_choice: 'none' }]) {
      const test = testApp([events]);
      const body = chatCompletionSchema.parse(await (await test.chat(more)).json());
      expect(body.choices[0]!.message.content).toBe(CALL);
      expect(body.choices[0]!.finish_reason).toBe('stop');
      expect(test.last().prompt).not.toHaveProperty('tools');
    }
  });

  it.each([
    ['hermes', CALL, 1],
    ['hermes', '{"name": "weather", "parameters": {"city": "Ghent"}}', 0],
    ['llama3', '{"name": "weather", "parameters": {"city": "Ghent"}}', 1],
    ['llama3', CALL, 0],
    [null, CALL, 1],
    [null, '{"name": "weather", "parameters": {"city": "Ghent"}}', 0],
  ] as const)('are read as a model of syntax %s writes them: %s', async (toolSyntax, text, calls) => {
    const test = testApp([[start(), say(text), finish()]], { models: [{ ...MODEL, toolSyntax }] });
    const body = chatCompletionSchema.parse(await (await test.chat({ tools })).json());
    const { message } = body.choices[0]!;
    expect(message.tool_calls ?? []).toHaveLength(calls);
    expect(message.content).toBe(calls === 0 ? text : '');
  });

  it.each([
    ['auto', { type: 'text' }],
    ['required', { type: 'tool_call', name: null }],
    [
      { type: 'function', function: { name: 'weather' } },
      { type: 'tool_call', name: 'weather' },
    ],
  ])('tool_choice %j asks for %j', async (choice, format) => {
    const test = testApp([events]);
    await test.chat({ tools, tool_choice: choice });
    expect(test.last().format).toEqual(format);
  });

  it.each([
    [{ tool_choice: 'required' }, /^tool_choice: /],
    [{ tools, tool_choice: { type: 'function', function: { name: 'wether' } } }, /^tool_choice: /],
    [{ tools: [{ type: 'function', function: { name: 'a b' } }] }, /^tools\[0\]\.function\.name: /],
    [{ tools: Array(129).fill(tools[0]) }, /^tools: /],
  ])('refuses %j', async (more, message) => {
    const response = await testApp().chat(more);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: { message: string } }).error.message).toMatch(message);
  });

  it('keeps the reason length where the tokens ran out', async () => {
    const cut = [start(), say(CALL), finish({ reason: 'length' })];
    const body = chatCompletionSchema.parse(await (await testApp([cut]).chat({ tools })).json());
    expect(body.choices[0]!.finish_reason).toBe('length');
  });
});
