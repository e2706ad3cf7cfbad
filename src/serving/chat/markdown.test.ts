import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuMilliseconds } from '../../../tests/support/cpu-time.ts';
import { runs } from '../../../tests/support/long.ts';
import { MarkdownStream } from './markdown.ts';
import { type ChatPaint, chatPainter } from './palette.ts';

/** Colours as they can be read in a test. */
const named: ChatPaint = (style, text) => `<${style}:${text}>`;

function paint(text: string, painter = named): string {
  const stream = new MarkdownStream(painter);
  return stream.push(text) + stream.end();
}

/** One character at a time. */
function paintSlowly(text: string, painter = named): string {
  const stream = new MarkdownStream(painter);
  return [...text].map((one) => stream.push(one)).join('') + stream.end();
}

describe('MarkdownStream', () => {
  it.each([
    ['plain words', 'plain words'],
    ['# Title\nrest', '<heading:# Title>\nrest'],
    ['####### no title', '####### no title'],
    ['#hashtag', '#hashtag'],
    ['#', '<heading:#>'],
    ['a `b` c', 'a <code:`b`> c'],
    ['``a ` b``.', '<code:``a ` b``>.'],
    ['it is **so** and **so on**.', 'it is <strong:**so**> and <strong:**so on**>.'],
    ['2 ** 3 ** 4', '2 ** 3 ** 4'],
    ['2*3*4', '2*3*4'],
    ['open **bold\nnext`', 'open **bold\nnext`'],
    ['so \\boxed{\\frac{1}{2}}!', 'so <strong:\\boxed{\\frac{1}{2}}>!'],
    ['\\boxed{\\{1\\}}', '<strong:\\boxed{\\{1\\}}>'],
    ['\\boxed{1', '\\boxed{1'],
    ['\\beta and \\bo', '\\beta and \\bo'],
    ['`# no title`', '<code:`# no title`>'],
    ['```js\nlet a;\n\n# x\n```\nout', '<quiet:```js>\n<code:let a;>\n\n<code:# x>\n<quiet:```>\nout'],
    ['~~~\n```\n~~~\n`a`', '<quiet:~~~>\n<code:```>\n<quiet:~~~>\n<code:`a`>'],
    ['````\n```\n````\nout', '<quiet:````>\n<code:```>\n<quiet:````>\nout'],
    ['```\n``` not the end\nin', '<quiet:```>\n<code:``` not the end>\n<code:in>'],
    ['    # code by indent', '    # code by indent'],
  ])('%j', (text, expected) => {
    expect(paint(text)).toBe(expected);
  });

  it('adds colours and changes nothing else, however the text is cut', () => {
    const pieces = fc.constantFrom(
      '`',
      '``',
      '```',
      '**',
      '*',
      '#',
      ' ',
      '\n',
      'a',
      '\\boxed{',
      '}',
      '{',
      '~~~',
      '想',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const text = parts.join('');
        const real = chatPainter(true);
        const stream = new MarkdownStream(real);
        const shown = parts.map((part) => stream.push(part)).join('') + stream.end();
        expect(stripVTControlCharacters(shown)).toBe(text);
        expect(stripVTControlCharacters(paintSlowly(text, real))).toBe(text);
        // Colours of neighbouring pieces aside, the cut does not show.
        const joined = (made: string) => made.replace(/\[22m\[1m|\[39m\[36m|\[22m\[2m/g, '');
        const escaped = (made: string) => joined(made.replaceAll('\u001b', ''));
        expect(escaped(shown)).toBe(escaped(paint(text, real)));
      }),
      { numRuns: runs(500, 10_000) },
    );
  });

  it('shows words as they come, and a span when it closes', () => {
    const stream = new MarkdownStream(named);
    expect(stream.push('The sum ')).toBe('The sum ');
    expect(stream.push('is **4')).toBe('is ');
    expect(stream.push('2** and `x')).toBe('<strong:**42**> and ');
    expect(stream.push('`')).toBe('');
    expect(stream.push(' more')).toBe('<code:`x`> more');
    expect(stream.push('\n#')).toBe('\n');
    expect(stream.push('# T')).toBe('<heading:## T>');
    expect(stream.push('itle')).toBe('<heading:itle>');
  });

  it('gives up on a span that does not close', () => {
    const stream = new MarkdownStream(named);
    expect(stream.push(`a \`${'b'.repeat(100)}`)).toBe('a ');
    expect(stream.push('b'.repeat(300))).toBe(`\`${'b'.repeat(400)}`);
  });

  it('takes long hostile text in a moment', () => {
    const started = cpuMilliseconds();
    for (const part of ['**a', '`', '\\boxed{', '*', '#', '** **']) paint(part.repeat(20_000));
    expect(cpuMilliseconds() - started).toBeLessThan(5000);
  });
});
