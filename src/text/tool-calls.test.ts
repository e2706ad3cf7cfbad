import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuMilliseconds } from '../../tests/support/cpu-time.ts';
import { runs } from '../../tests/support/long.ts';
import { type ToolCallDelta, ToolCallParser } from './tool-calls.ts';
import { formatToolCall, TOOL_CALL_SYNTAXES, type ToolCallSyntax, toolSyntaxOf } from './tool-syntax.ts';

interface Parsed {
  readonly content: string;
  readonly calls: { id: string; name: string; arguments: string }[];
}

function parse(pieces: readonly string[], syntaxes?: readonly ToolCallSyntax[]): Parsed {
  let ids = 0;
  const parser = new ToolCallParser({ ...(syntaxes && { syntaxes }), newId: () => `id${ids++}` });
  const outs = [...pieces.map((piece) => parser.push(piece)), parser.end()];
  const calls: Parsed['calls'] = [];
  for (const delta of outs.flatMap((out): ToolCallDelta[] => out.calls)) {
    if (delta.id !== undefined) calls.push({ id: delta.id, name: delta.name!, arguments: '' });
    expect(delta.index).toBe(calls.length - 1);
    calls.at(-1)!.arguments += delta.arguments;
  }
  expect(parser.called).toBe(calls.length > 0);
  return { content: outs.map((out) => out.content).join(''), calls };
}

const anyObject = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue(), { maxKeys: 4 });
const anyName = fc.stringMatching(/^[a-zA-Z_][\w-]{0,20}$/);
const anySyntax = fc.constantFrom(...TOOL_CALL_SYNTAXES);

/** Cuts a text at random places. */
const cut = (text: string, sizes: readonly number[]): string[] => {
  const pieces: string[] = [];
  for (let at = 0, i = 0; at < text.length; i++) {
    const size = sizes[i % sizes.length]!;
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
};
const anySizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });

describe('ToolCallParser', () => {
  it('reads what formatToolCall writes, however it is cut', () => {
    fc.assert(
      fc.property(anySyntax, anyName, anyObject, anySizes, fc.boolean(), (syntax, name, args, sizes, all) => {
        const call = { name, arguments: JSON.stringify(args) };
        const text = formatToolCall(syntax, call);
        const parsed = parse(cut(text, sizes), all ? undefined : [syntax]);
        expect(parsed).toEqual({ content: '', calls: [{ id: 'id0', ...call }] });
      }),
    );
  });

  it('gives the same however the text is cut, and loses none of it', () => {
    const bits = [
      '<tool_call>',
      '</tool_call>',
      '<｜tool▁calls▁begin｜>',
      '<｜tool▁call▁begin｜>',
      '<｜tool▁sep｜>',
      '<｜tool▁call▁end｜>',
      '<｜tool▁calls▁end｜>',
      '<|python_tag|>',
      'function',
      'f\n```json\n',
      '\n```',
      '{"name": "f", "arguments": {"a": 1}}',
      '{"name": "f", "parameters": {}}',
      '{}',
      '{"a": [1, "<tool_call>',
      ';',
      '\n',
      '<',
      'text ',
    ];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...bits), { maxLength: 12 }),
        anySizes,
        fc.array(fc.constantFrom(...TOOL_CALL_SYNTAXES)),
        (chosen, sizes, syntaxes) => {
          const text = chosen.join('');
          const whole = parse([text], syntaxes);
          expect(parse(cut(text, sizes), syntaxes)).toEqual(whole);
          if (whole.calls.length === 0) expect(whole.content).toBe(text);
          for (const call of whole.calls) expect(JSON.parse(call.arguments)).toBeTypeOf('object');
          // What is gone is calls, their markers and blanks: the content is the text with pieces left out.
          let left = 0;
          for (const letter of text) if (letter === whole.content[left]) left++;
          expect(left).toBe(whole.content.length);
        },
      ),
      { numRuns: runs(500, 10_000) },
    );
  });

  it('reads Qwen’s parallel calls after text', () => {
    const text =
      'Both:\n<tool_call>\n{"name": "a", "arguments": {"x": "</tool_call>"}}\n</tool_call>\n<tool_call>\n{"name": "b", "arguments": {}}\n</tool_call>\n';
    expect(parse(cut(text, [3]))).toEqual({
      content: 'Both:\n',
      calls: [
        { id: 'id0', name: 'a', arguments: '{"x": "</tool_call>"}' },
        { id: 'id1', name: 'b', arguments: '{}' },
      ],
    });
  });

  it.each([
    ['with', 'function<｜tool▁sep｜>weather\n```json\n', '\n```'],
    ['without', 'weather<｜tool▁sep｜>', ''],
  ])('reads DeepSeek’s parallel calls %s fences', (_, before, after) => {
    const one = `<｜tool▁call▁begin｜>${before}{"city": "Ghent"}${after}<｜tool▁call▁end｜>`;
    const text = `Let me see.<｜tool▁calls▁begin｜>${one}\n${one}<｜tool▁calls▁end｜>`;
    const call = { name: 'weather', arguments: '{"city": "Ghent"}' };
    expect(parse(cut(text, [2]))).toEqual({
      content: 'Let me see.',
      calls: [
        { id: 'id0', ...call },
        { id: 'id1', ...call },
      ],
    });
  });

  it('reads Llama’s calls behind its tag, and several apart by semicolons', () => {
    const text = '<|python_tag|>{"name": "a", "parameters": {"x": 1}}; {"name": "b", "parameters": {}}';
    expect(parse(cut(text, [4])).calls).toMatchObject([
      { name: 'a', arguments: '{"x": 1}' },
      { name: 'b', arguments: '{}' },
    ]);
  });

  it('takes a bare object for a call only where it is the whole answer and says so by its keys', () => {
    const call = '{"name": "a", "parameters": {"x": 1}}';
    expect(parse([call]).calls).toHaveLength(1);
    for (const text of [`${call} is how`, `See ${call}`, '{"name": "a"}', '{"name": "a", "size": 1}']) {
      expect(parse([text])).toEqual({ content: text, calls: [] });
    }
    const parser = new ToolCallParser();
    // Another object is given out as soon as that is known.
    expect(parser.push('{"city": ').content).toBe('{"city": ');
  });

  it('keeps numbers as they were written and unwraps arguments written as a string', () => {
    const long = '{"id": 12345678901234567890}';
    expect(parse([`<tool_call>{"name":"a","arguments":${long}}</tool_call>`]).calls[0]!.arguments).toBe(long);
    const wrapped = JSON.stringify(long);
    expect(parse([`<tool_call>{"name":"a","arguments":${wrapped}}</tool_call>`]).calls[0]!.arguments).toBe(
      long,
    );
  });

  it.each([
    '<tool_call>\n{"name": "a", "arguments": {"x": 1}',
    '<tool_call>{"name": "a", "arguments": {"x": 01}}</tool_call>',
    '<tool_call>{"name": "a", "arguments": [1]}</tool_call>',
    '<tool_call>{"name": "a", "arguments": "no"}</tool_call>',
    '<tool_call>{"name": 3, "arguments": {}}</tool_call>',
    '<tool_call>{"name": "a", "arguments": {"x": "a\nb"}}</tool_call>',
    '<tool_call>not json</tool_call>',
    '<｜tool▁calls▁begin｜>nothing',
    '<｜tool▁call▁begin｜>function<｜tool▁sep｜>a\n{}<｜tool▁call▁end｜>',
    'a < b and <tool',
    '</tool_call><｜tool▁calls▁end｜>',
  ])('hands on what is no call: %j', (text) => {
    expect(parse([text])).toEqual({ content: text, calls: [] });
    expect(parse(cut(text, [1]))).toEqual({ content: text, calls: [] });
  });

  it('finds a call after a broken one', () => {
    const good = formatToolCall('hermes', { name: 'b', arguments: '{}' });
    expect(parse([`<tool_call>{"name": ${good}`])).toMatchObject({
      content: '<tool_call>{"name": ',
      calls: [{ name: 'b' }],
    });
  });

  it('takes a call whose closing tag the model left out', () => {
    expect(parse(['<tool_call>{"name": "a", "arguments": {}}\n']).calls).toHaveLength(1);
    expect(parse(['<tool_call>{"name": "a", "arguments": {}}\n</tool']).calls).toHaveLength(1);
    expect(parse(['<tool_call>{"name": "a", "arguments": {}} and']).calls).toHaveLength(0);
  });

  it('holds back only what may become a marker', () => {
    const parser = new ToolCallParser();
    expect(parser.push('a <b').content).toBe('a <b');
    expect(parser.push(' c <tool').content).toBe(' c ');
    expect(parser.push('box>').content).toBe('<toolbox>');
  });

  it('takes time that grows with the text', () => {
    const parser = new ToolCallParser();
    const started = cpuMilliseconds();
    for (let i = 0; i < 20_000; i++) parser.push('<tool_call>{"a":"');
    for (let i = 0; i < 20_000; i++) parser.push('<tool_call>');
    parser.end();
    expect(cpuMilliseconds() - started).toBeLessThan(5_000);
  });
});

describe('toolSyntaxOf', () => {
  it.each([
    ['{{ "<tool_call>" }}', 'hermes'],
    ['<tool_call>\n<function=name>', null],
    [
      "{{'<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>' + type + '<｜tool▁sep｜>' + name + '\\n```json'}}",
      'deepseek-v3',
    ],
    ["{{'<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>' + name + '<｜tool▁sep｜>'}}", 'deepseek-v3.1'],
    ['{{- "<|python_tag|>" + name }}', 'llama3'],
    ['{{ messages }}', null],
  ])('of %j is %s', (template, syntax) => {
    expect(toolSyntaxOf(template)).toBe(syntax);
  });
});
