import { describe, expect, it } from 'vitest';
import { toValue } from './convert.ts';
import { TemplateError, TemplateLimitError } from './errors.ts';
import { parseTemplate } from './parser.ts';
import { renderTemplate } from './render.ts';

function render(source: string, variables: { readonly [name: string]: unknown } = {}): string {
  const values = Object.entries(variables).map(([name, value]) => [name, toValue(value)] as const);
  return renderTemplate(parseTemplate(source), new Map(values), {
    now: new Date(2024, 11, 9),
    timeLimit: 1_000,
  }).text;
}

describe('renderTemplate', () => {
  it.each([
    ['range(4)', '[0, 1, 2, 3]'],
    ['range(2, 5)', '[2, 3, 4]'],
    ['range(1, 8, 3)', '[1, 4, 7]'],
    ['range(5, 0, -2)', '[5, 3, 1]'],
    ['range(3, 1)', '[]'],
  ])('has the %s of Python', (call, list) => {
    expect(render(`{{ ${call} | list }}`)).toBe(list);
  });

  it('refuses a range that is none', () => {
    expect(() => render('{{ range() }}')).toThrow(/whole numbers/);
    expect(() => render('{{ range("a") }}')).toThrow(/whole numbers/);
    expect(() => render('{{ range(1, 2, 0) }}')).toThrow(/step/);
    expect(() => render('{{ range(100001) }}')).toThrow(TemplateLimitError);
  });

  it('writes dates in English whatever the locale', () => {
    expect(render('{{ strftime_now("%a %d %b %y, %B %q") }}')).toBe('Mon 09 Dec 24, December %q');
  });

  it('renders floats and whole numbers of JSON', () => {
    expect(render('{{ x }}{{ x|tojson }}', { x: { a: 1, b: 1.5 } })).toBe(
      `{'a': 1, 'b': 1.5}{"a": 1, "b": 1.5}`,
    );
  });

  it('names the line of an error, in a macro too', () => {
    const source = '{% macro f(a) %}\n{{ a.b.c }}\n{% endmacro %}\n\n{{ f(1) }}';
    try {
      render(source);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(TemplateError);
      expect((error as TemplateError).line).toBe(2);
    }
  });
});

describe('parseTemplate', () => {
  it.each([
    ['{% if a %}\n{% endif %}\n{% for x in y %}\n{% if a %}\n{% endif %}\nend', 3],
    ['a\n{{ 1 + }}', 2],
    ['a\n\n{% break %}', 3],
    ["{{ 'a\nb' }}\n{% foo %}", 3],
    ['{# a\nb', 1],
    ['\n{% raw %}\n', 2],
  ])('names the line of %j', (source, line) => {
    expect(() => parseTemplate(source)).toThrow(expect.objectContaining({ line }));
  });
});
