import { describe, expect, it } from 'vitest';
import type { Json } from '../records.ts';
import { ChatTemplate } from './chat-template.ts';
import { formsOfCalls } from './tool-messages.ts';

/** What the template makes of a call, between the messages around it. */
function rendered(written: string, args: Json = '{"x":1.0}', content: string | null = null): string {
  const template = new ChatTemplate(`{% for m in messages %}${written}{% endfor %}`, 'template');
  const messages = [
    { role: 'assistant', content, tool_calls: [{ function: { name: 'f', arguments: args } }] },
  ];
  return template.renderOneOf(formsOfCalls(messages, template.source));
}

const ARGUMENTS = 'm.tool_calls[0].function.arguments';

describe('formsOfCalls', () => {
  it.each([
    [`{{ ${ARGUMENTS} }}`, '{"x":1.0}'],
    [`{{ 'a' + ${ARGUMENTS} }}`, 'a{"x":1.0}'],
    [`{{ ${ARGUMENTS} | tojson }}`, '{"x": 1.0}'],
    [`{% set a = ${ARGUMENTS} %}{{ a | tojson }}`, '{"x": 1.0}'],
    [`{% for k, v in ${ARGUMENTS}.items() %}{{ k }}={{ v }}{% endfor %}`, 'x=1.0'],
    [`{% for k, v in ${ARGUMENTS}|items %}{{ k }}={{ v }}{% endfor %}`, 'x=1.0'],
    [
      `{% set arguments = ${ARGUMENTS} %}{% if arguments is string %}{{ arguments }}{% else %}{{ arguments|tojson }}{% endif %}`,
      '{"x":1.0}',
    ],
  ])('gives %s the form that it reads', (written, text) => {
    expect(rendered(written)).toBe(text);
  });

  it.each([
    ["{{ 'a' in m.content }}", 'False'],
    ['[{{ m.content }}]', '[]'],
    ["[{{ m.content + '' }}]", '[]'],
    ['{{ m.content is none }}', 'True'],
    ['{{ m.content|default("none", true) }}', 'none'],
  ])('gives %s the null or empty content that it takes', (written, text) => {
    expect(rendered(written)).toBe(text);
  });

  it('leaves arguments that are no JSON as they are', () => {
    expect(rendered(`{{ ${ARGUMENTS} }}`, '{"x')).toBe('{"x');
    expect(() => rendered(`{{ ${ARGUMENTS}.items() }}`, '{"x')).toThrow(/undefined|attribute 'items'/);
  });

  it('renders a template that prints lists and dicts of other things', () => {
    expect(rendered(`{{ m.tool_calls }}{{ ${ARGUMENTS} | tojson }}`)).toContain('{"x": 1.0}');
  });

  it('tries no further form after one that exceeds the bounds', () => {
    const template = new ChatTemplate('{{ range(1000000) }}', 'template');
    let tried = false;
    const second = {
      role: 'user',
      get content() {
        tried = true;
        return '';
      },
    };
    expect(() => template.renderOneOf([[{ role: 'user', content: '' }], [second]])).toThrow(
      'range of 1000000',
    );
    expect(tried).toBe(false);
  });

  it('gives a conversation without calls once', () => {
    expect(formsOfCalls([{ role: 'user', content: 'hi' }], '')).toHaveLength(1);
  });
});
