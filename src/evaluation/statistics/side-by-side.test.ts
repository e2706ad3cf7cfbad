import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textWidth } from '../../text/text-width.ts';
import type { Graded } from './graded.ts';
import { sideBySide } from './side-by-side.ts';

function graded(promptId: string, correct: number | null, text: string, more: Partial<Graded> = {}): Graded {
  return { promptId, correct, formatted: true, length: 12, finish: 'stop', answer: null, text, ...more };
}

const english = '<think> 35 minus 10 is 25 . then 25 times 3 is 75 . </think> <answer> 75 </answer>';
const chinese =
  '<think> 三十五减十得二十五。再乘三得七十五。等等，验算一下：没有错。 </think> <answer> 75 </answer>';

describe('sideBySide', () => {
  it('sets two columns that wide characters do not shift', () => {
    const text = sideBySide([graded('a', 0, '55')], [graded('a', 1, chinese)], 60, {
      names: ['base', 'R1-Zero'],
      questions: new Map([['a', '求 35 - 10 * 3 ?']]),
    });
    expect(text).toMatchInlineSnapshot(`
      "求 35 - 10 * 3 ?
      ✗ base, 12 tokens            │ ✓ R1-Zero, 12 tokens
      55                           │ <think> 三十五减十得二十五。
                                   │ 再乘三得七十五。等等，验算一
                                   │ 下：没有错。 </think>
                                   │ <answer> 75 </answer>"
    `);
  });

  it('puts responses one below the other where it is narrow, and cuts long ones', () => {
    const text = sideBySide([graded('a', 0, '55')], [graded('a', 1, english)], 30, { maxLines: 2 });
    expect(text).toMatchInlineSnapshot(`
      "a
      ✗ before, 12 tokens
      55
      ✓ after, 12 tokens
      <think> 35 minus 10 is 25 .
      … 2 more lines"
    `);
  });

  it('colours the marks only when asked', () => {
    const lists = [[graded('a', 0, 'x')], [graded('a', 1, 'y')]] as const;
    expect(sideBySide(...lists, 80)).not.toContain('\u001b');
    const coloured = sideBySide(...lists, 80, { colours: true });
    expect(coloured).toContain('\u001b[31m✗ before');
    expect(coloured).toContain('\u001b[32m✓ after');
  });

  it('shows the first shared problems, unscored and cut responses marked', () => {
    const before = [graded('x', 1, ''), graded('a', null, ''), graded('b', 0, 'b0'), graded('c', 0, 'c0')];
    const after = [graded('b', 1, 'b1', { finish: 'length' }), graded('a', 1, 'a1'), graded('c', 1, 'c1')];
    const text = sideBySide(before, after, 80, { count: 2 });
    expect(text).toContain('? before, 12 tokens');
    expect(text).toContain('(empty)');
    expect(text).toContain('✓ after, 12 tokens, cut by the limit');
    expect(text).not.toContain('c1');
    expect(text).not.toContain('x\n');
    expect(sideBySide(before, [], 80)).toBe('');
  });

  it('never exceeds the width, nor lets a response reach the terminal', () => {
    const texts = fc.string({ unit: 'binary', maxLength: 200 });
    fc.assert(
      fc.property(texts, texts, fc.integer({ min: 20, max: 120 }), (before, after, width) => {
        const text = sideBySide([graded('a', 0, before)], [graded('a', 1, after)], width);
        for (const line of text.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(width);
        expect(/[^\P{Control}\n]/u.test(text)).toBe(false);
      }),
    );
  });
});
