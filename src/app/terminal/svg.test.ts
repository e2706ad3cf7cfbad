import { describe, expect, it } from 'vitest';
import { escapeXml, round, text } from './svg.ts';

describe('escapeXml', () => {
  it('escapes markup and replaces what XML forbids', () => {
    expect(escapeXml(`<a b="c">'&`)).toBe('&#60;a b=&#34;c&#34;&#62;&#39;&#38;');
    expect(escapeXml('a\u0000\u001b\ud800\uffffb')).toBe('a����b');
    expect(escapeXml('准确率 𠮷\n\t')).toBe('准确率 𠮷\n\t');
  });
});

describe('text', () => {
  it('rounds its place and escapes its content', () => {
    expect(text(1.26, 2, '<', 'fill="red"')).toBe('<text x="1.3" y="2" fill="red">&#60;</text>');
    expect(text(0, 0, 'a')).toBe('<text x="0" y="0">a</text>');
    expect(round(-0.04)).toBeCloseTo(0, 12);
  });
});
