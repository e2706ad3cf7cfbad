import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GrowingMarkdown } from './blocks.ts';
import { createMarkdown } from './markdown.ts';

const md = createMarkdown(false);

/** The HTML after the text has come in pieces, and what was finished before its end. */
function grow(pieces: readonly string[]): { html: string; early: string } {
  const growing = new GrowingMarkdown(md);
  let text = '';
  let early = '';
  for (const piece of pieces) {
    text += piece;
    early += growing.update(text, false).finished.join('');
  }
  return { html: early + growing.update(text, true).finished.join(''), early };
}

const SAMPLE = [
  '# Title',
  '',
  'A paragraph with $x^2$',
  'and *two* lines.',
  '# Not a # paragraph',
  '- one',
  '- two',
  '',
  '  still two',
  '',
  '1. first',
  '2. second',
  '',
  '```js',
  'const a = 1;',
  '',
  '// $x$',
  '```',
  '> quoted',
  'lazily',
  '',
  '| a | b |',
  '|---|--:|',
  '| 1 | 2 |',
  '',
  '\\[',
  'x = 1',
  '\\]',
  'Setext',
  '---',
  '$$y$$',
  'end',
].join('\n');

describe('GrowingMarkdown', () => {
  it('ends with the HTML of the whole, wherever the text is cut', () => {
    const whole = md.render(SAMPLE, {});
    expect(grow([...SAMPLE]).html).toBe(whole);
    fc.assert(
      fc.property(fc.array(fc.nat(SAMPLE.length), { maxLength: 20 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), SAMPLE.length];
        expect(grow(at.slice(1).map((cut, i) => SAMPLE.slice(at[i], cut))).html).toBe(whole);
      }),
    );
  });

  it('ends with the HTML of the whole for any shuffling of lines', () => {
    const line = fc.constantFrom(
      ...SAMPLE.split('\n'),
      '    code',
      '   ',
      '~~~',
      '===',
      '* * *',
      '$$',
      '\\begin{align}',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 25 }), fc.constantFrom('\n', '\r\n'), (lines, end) => {
        const text = lines.join(end);
        expect(grow([...text]).html).toBe(md.render(text, {}));
      }),
      { numRuns: 300 },
    );
  });

  it('finishes a block when the first line of the next is complete, not before', () => {
    const growing = new GrowingMarkdown(md);
    expect(growing.update('a\n\n#', false).finished).toEqual([]);
    expect(growing.update('a\n\n# b', false).finished).toEqual([]);
    expect(growing.update('a\n\n# b\n', false)).toEqual({ finished: ['<p>a</p>\n'], tail: '<h4>b</h4>\n' });
    expect(growing.update('a\n\n# b\n', true)).toEqual({ finished: ['<h4>b</h4>\n'], tail: '' });
  });

  it('does not take half a target of a link for the whole', () => {
    const { html } = grow(['[a]: https://x.exam', 'ple/\n\n', 'see [a]\n\nend']);
    expect(html).toContain('<a href="https://x.example/"');
  });

  it('does not render a long reply again and again', () => {
    const paragraphs = Array.from({ length: 400 }, (_, i) => `Paragraph ${i} with \\(x_{${i}}\\) in it.\n\n`);
    const growing = new GrowingMarkdown(md);
    let text = '';
    let longest = 0;
    for (const paragraph of paragraphs) {
      text += paragraph;
      longest = Math.max(longest, growing.update(text, false).tail.length);
    }
    const one = md.render(paragraphs[399]!, {}).length;
    expect(longest).toBeLessThan(3 * one);
  });

  it('shows a fence and maths that have not closed without turning the rest into them', () => {
    const tail = (text: string) => new GrowingMarkdown(md).update(text, false).tail;
    expect(tail('```py\nx = 1')).toBe('<pre><code class="language-py">x = 1</code></pre>\n');
    expect(tail('so \\(x^2 + \\fra')).toBe('<p>so <code class="tex-source">\\(x^2 + \\fra</code></p>\n');
    expect(tail('\\[\nx <')).toBe('<p><code class="tex-source">\\[\nx &lt;</code></p>');
    expect(tail('costs $5')).toBe('<p>costs $5</p>\n');
  });
});
