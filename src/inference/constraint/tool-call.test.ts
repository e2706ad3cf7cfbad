import { describe, expect, it } from 'vitest';
import type { Json } from '../../records.ts';
import { formatToolCall, TOOL_CALL_SYNTAXES, ToolCallParser } from '../../text/index.ts';
import { accepts } from './testing.ts';
import { ConstraintVocabulary, TokenConstraint } from './token-constraint.ts';
import { toolCallGrammar } from './tool-call.ts';

const tool = (name: string, parameters?: Json): Json => ({
  type: 'function',
  function: { name, ...(parameters !== undefined && { parameters }) },
});
const CITY = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};
const tools = [tool('weather', CITY), tool('time')];

describe.each(TOOL_CALL_SYNTAXES)('toolCallGrammar in %s', (syntax) => {
  const call = (name: string, text: string): string => formatToolCall(syntax, { name, arguments: text });

  it('takes one call of a tool, as the parser reads it', () => {
    const grammar = toolCallGrammar(syntax, tools, null);
    const text = call('weather', '{"city": "Paris"}');
    expect(accepts(grammar, text)).toBe(true);
    expect(accepts(grammar, `\n${text}`)).toBe(true);
    expect(accepts(grammar, call('time', '{}'))).toBe(true);
    for (const bad of [call('weather', '{}'), call('time', '{"a":1}'), call('other', '{}'), text + text]) {
      expect(accepts(grammar, bad)).toBe(false);
    }
    const parser = new ToolCallParser({ syntaxes: [syntax] });
    const pieces = [parser.push(text), parser.end()];
    const calls = pieces.flatMap((piece) => piece.calls);
    expect(calls[0]?.name).toBe('weather');
    expect(JSON.parse(calls.map((delta) => delta.arguments).join(''))).toEqual({ city: 'Paris' });
  });

  it('takes only the tool asked for', () => {
    const grammar = toolCallGrammar(syntax, tools, 'time');
    expect(accepts(grammar, call('time', '{}'))).toBe(true);
    expect(accepts(grammar, call('weather', '{"city":"x"}'))).toBe(false);
  });
});

describe('toolCallGrammar', () => {
  it('lets a control token stand for a marker, and nowhere else', () => {
    const vocabulary = [...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)), null, null];
    const literals = new Map([
      [256, Buffer.from('<tool_call>')],
      [257, Buffer.from('</tool_call>')],
    ]);
    const constraint = new TokenConstraint(
      toolCallGrammar('hermes', tools, 'weather'),
      new ConstraintVocabulary(vocabulary, []),
      { literals },
    );
    let cursor = constraint.start();
    const text = '\n{"name": "weather", "arguments": {"city": "<tool_call>"}}\n';
    const tokens = [256, ...Buffer.from(text), 257];
    const markers = tokens.map((token) => {
      const allowed = [...cursor.allowed(500).ids];
      expect(allowed).toContain(token);
      cursor = cursor.advance(token);
      return allowed.filter((id) => id >= 256);
    });
    expect(markers.flat()).toEqual([256, 257]);
    expect(markers[0]).toEqual([256]);
    expect(cursor.finished).toBe(true);
  });

  it.each<[readonly Json[], string | null, string]>([
    [[], null, 'There is no tool to call'],
    [tools, 'other', 'There is no tool "other"'],
    [[{ type: 'function' }], null, 'tools[0].function.name: '],
    [[tool('a"b')], null, 'tools[0].function.name: '],
    [[tool('a', { type: 'string' })], null, 'tools[0].function.parameters: '],
    [
      [tool('a'), tool('b', { properties: { x: { not: {} } } })],
      'b',
      'tools[1].function.parameters.properties.x.not: ',
    ],
  ])('refuses %j', (declared, name, message) => {
    expect(() => toolCallGrammar('hermes', declared, name)).toThrow(message);
  });

  it('reads parameters without a type as an object', () => {
    const grammar = toolCallGrammar('llama3', [tool('f', {})], null);
    expect(accepts(grammar, '{"name": "f", "parameters": {"a": [1]}}')).toBe(true);
    expect(accepts(grammar, '{"name": "f", "parameters": 1}')).toBe(false);
  });
});
