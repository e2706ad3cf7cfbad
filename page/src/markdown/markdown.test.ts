import { describe, expect, it } from 'vitest';
import { createMarkdown } from './markdown.ts';

const md = createMarkdown(false);
const html = (text: string) => md.render(text, {});

/** The formulas of a text: `d` or `i` for how they are displayed, and KaTeX's text of the first letters. */
function formulas(text: string): string[] {
  return md
    .parse(text, {})
    .flatMap((token) => token.children ?? [token])
    .filter(({ type }) => type.startsWith('math'))
    .map(({ type, content }) => `${type === 'math_display' ? 'd' : 'i'} ${content.trim()}`);
}

/** Milliseconds of the processor so far, which other programs do not lengthen. The page’s types know no Node. */
function processorTime(): number {
  const { process } = globalThis as unknown as { process: { cpuUsage(): { user: number } } };
  return process.cpuUsage().user / 1000;
}

describe('maths', () => {
  it.each([
    ['\\(x\\)', ['i x']],
    ['a $x$, b', ['i x']],
    ['$a_1 b_2$ and $c_3$', ['i a_1 b_2', 'i c_3']],
    ['in $$x$$ a line', ['d x']],
    ['in \\[x\\] a line', ['d x']],
    ['$$x$$', ['d x']],
    ['$$\nx\n$$', ['d x']],
    ['\\[\nx\n\n+ y\n\\]', ['d x\n\n+ y']],
    ['text\n\\[ x \\]\nmore', ['d x']],
    ['- item\n  \\[\n  x\n  \\]', ['d x']],
    ['> $$\n> x\n> $$', ['d x']],
    ['\\begin{align*}\na &= b\n\\end{align*}', ['d \\begin{align*}\na &= b\n\\end{align*}']],
    ['\\(a \\text{ \\(b } c\\)', ['i a \\text{ \\(b } c']],
    ['$\\text{5\\$}$', ['i \\text{5\\$}']],
    ['\\[x\\].', ['d x']],
  ])('%j', (text, expected) => {
    expect(formulas(text)).toEqual(expected);
  });

  it.each([
    'it costs $5 and $6',
    '$5-$6',
    'a $ b $ c',
    '\\$x\\$',
    '`$x$`',
    '```\n$$\nx\n$$\n```',
    '    \\[ x \\]',
    '\\(never closed',
    '\\[\nnever closed',
    '$$',
    '$$ $$',
    '\\(\\)',
  ])('none in %j', (text) => {
    expect(formulas(text)).toEqual([]);
  });

  it('is set by KaTeX with MathML, without style attributes, without its source', () => {
    const out = html('\\(\\boxed{\\frac{1}{2}}\\)');
    expect(out).toContain('<math xmlns');
    expect(out).toContain('class="katex-stretchy fbox"');
    expect(out).toContain(' data-style="');
    expect(out).not.toMatch(/ style=|annotation|semantics|\\frac/);
  });

  it('is shown as written where KaTeX cannot read it', () => {
    expect(html('\\(\\frac{<b>\\)')).toBe('<p><code class="tex-source">\\(\\frac{&lt;b&gt;\\)</code></p>\n');
    expect(html('$\\nosuchthing$')).toBe('<p><code class="tex-source">$\\nosuchthing$</code></p>\n');
  });

  it('has no trusted commands', () => {
    for (const tex of [
      '\\href{javascript:alert(1)}{x}',
      '\\htmlData{x=y}{z}',
      '\\url{http://x}',
      '\\includegraphics{x}',
    ]) {
      expect(html(`$${tex}$`)).not.toMatch(/<a|<img|data-x|href=/);
    }
    expect(html('$\\def\\x{\\x\\x}\\x$')).toContain('tex-source');
  });

  it('is searched for in linear time', () => {
    const start = processorTime();
    for (const opening of ['\\(', '\\[', '\\[\n', '$$', '$$\n', '$a ', '\\begin{align}\n'])
      html(opening.repeat(20_000));
    // The square of this length would take minutes.
    expect(processorTime() - start).toBeLessThan(5000);
  });
});

describe('Markdown', () => {
  it('passes on no HTML', () => {
    expect(html('<img src=x onerror=alert(1)>')).toBe('<p>&lt;img src=x onerror=alert(1)&gt;</p>\n');
    expect(html('<script>alert(1)</script>')).toBe('<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n');
  });

  it('links outwards in a new tab, and not to scripts', () => {
    expect(html('[x](https://example.com "t")')).toBe(
      '<p><a href="https://example.com" title="t" target="_blank" rel="noopener noreferrer nofollow">x</a></p>\n',
    );
    expect(html('[x](javascript:alert(1))')).not.toContain('<a');
  });

  it('makes links of pictures', () => {
    expect(html('![a "b"](https://example.com/x.png)')).toBe(
      '<p><a href="https://example.com/x.png" target="_blank" rel="noopener noreferrer nofollow">a &quot;b&quot;</a></p>\n',
    );
  });

  it('puts headings below the page’s own, and columns’ alignment into classes', () => {
    expect(html('# a\n\n##### b')).toBe('<h4>a</h4>\n<h6>b</h6>\n');
    const table = html('| a | b |\n|---|--:|\n| 1 | 2 |');
    expect(table).toContain('<th>a</th>\n<th class="align-right">b</th>');
    expect(table).not.toContain('style');
  });

  it('breaks lines of thoughts', () => {
    expect(createMarkdown(true).render('a\nb', {})).toBe('<p>a<br>\nb</p>\n');
  });
});
