import { describe, expect, it } from 'vitest';
import { locateSyntaxError, parseTemplate, renderBounded, TemplateLimitError } from './jinja-bounded.ts';

function render(source: string, variables: { readonly [name: string]: unknown } = {}): string {
  return renderBounded(parseTemplate(source), variables, { now: new Date(2024, 11, 9), timeLimit: 1_000 });
}

describe('renderBounded', () => {
  it.each([
    ['range(4)', '[0, 1, 2, 3]'],
    ['range(2, 5)', '[2, 3, 4]'],
    ['range(1, 8, 3)', '[1, 4, 7]'],
    ['range(5, 0, -2)', '[5, 3, 1]'],
    ['range(3, 1)', '[]'],
  ])('has the %s of Python', (call, list) => {
    expect(render(`{{ ${call} | tojson }}`)).toBe(list);
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

  it('does not let a variable take the place of a global', () => {
    expect(render('{{ range(1) | length }}', { range: 'x' })).toBe('1');
  });
});

describe('locateSyntaxError', () => {
  it('finds nothing in a correct template', () => {
    expect(locateSyntaxError('{% if a %}\nb\n{% endif %}')).toBeUndefined();
  });

  it('finds the opening of the block that is never closed, past blocks that are', () => {
    expect(locateSyntaxError('{% if a %}\n{% endif %}\n{% for x in y %}\n{% if a %}\n{% endif %}\nend')).toBe(
      3,
    );
  });
});
