import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseResponse } from './thinking.ts';
import { type ThinkingDelta, ThinkingParser } from './thinking-parser.ts';

function deltas(parts: readonly string[], prefilled?: boolean): ThinkingDelta[] {
  const parser = new ThinkingParser({ prefilled });
  return [...parts.map((part) => parser.push(part)), parser.end()];
}

describe('ThinkingParser', () => {
  const pieces = [
    '<think>',
    '</think>',
    '<answer>',
    '</answer>',
    '<',
    '</',
    'think>',
    'a',
    ' ',
    '\n',
    '思',
    '/thi',
  ];
  const text = fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((parts) => parts.join(''));
  const splits = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 10 });

  it('gives, joined, what parseResponse gives, wherever the text is split', () => {
    fc.assert(
      fc.property(text, splits, fc.constantFrom(true, false, undefined), (whole, cuts, prefilled) => {
        const at = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length];
        const parts = at.slice(1).map((end, i) => whole.slice(at[i], end));
        const given = deltas(parts, prefilled);
        const parsed = parseResponse(whole, { prefilled });
        expect(given.map((delta) => delta.reasoning).join('')).toBe(parsed.reasoning ?? '');
        expect(given.map((delta) => delta.content).join('')).toBe(parsed.answer ?? '');
      }),
      { numRuns: 2_000 },
    );
  });

  it('shows everything but blanks at the edges and what may be a tag', () => {
    expect(
      deltas(['<th', 'ink>', ' 2 ', '< 3 </t', 'hen', ' </think', '>\n\n', 'It', ' is', ' <b>']),
    ).toEqual([
      { reasoning: '', content: '' },
      { reasoning: '', content: '' },
      { reasoning: '2', content: '' },
      { reasoning: ' < 3', content: '' },
      { reasoning: ' </then', content: '' },
      { reasoning: '', content: '' },
      { reasoning: '', content: '' },
      { reasoning: '', content: 'It' },
      { reasoning: '', content: ' is' },
      { reasoning: '', content: ' <b>' },
      { reasoning: '', content: '' },
    ]);
  });

  it('streams from the first word where it is known that the prompt opened the thought, or did not', () => {
    expect(deltas(['One', ' two'], true)[0]).toEqual({ reasoning: 'One', content: '' });
    expect(deltas(['One', ' two'], false)[0]).toEqual({ reasoning: '', content: 'One' });
  });

  it('waits for a tag where it is not known', () => {
    expect(deltas(['One', ' two', ' </think>', ' 3'])).toEqual([
      { reasoning: '', content: '' },
      { reasoning: '', content: '' },
      { reasoning: 'One two', content: '' },
      { reasoning: '', content: '3' },
      { reasoning: '', content: '' },
    ]);
    expect(deltas(['One', ' two']).at(-1)).toEqual({ reasoning: '', content: 'One two' });
  });

  it('takes time in proportion to the length of the reply', () => {
    const start = performance.now();
    for (const prefilled of [true, false, undefined]) {
      const parser = new ThinkingParser({ prefilled });
      for (let i = 0; i < 200_000; i += 1) parser.push('word ');
      for (let i = 0; i < 200_000; i += 1) parser.push(' ');
      parser.end();
    }
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});
