import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuMilliseconds } from '../../tests/support/cpu-time.ts';
import { runs } from '../../tests/support/long.ts';
import { readResponse } from './answer.ts';
import { type ThinkingDelta, ThinkingParser } from './thinking-parser.ts';

function deltas(parts: readonly string[], opened?: boolean): ThinkingDelta[] {
  const parser = new ThinkingParser({ opened });
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

  /** The text in pieces, cut anywhere. */
  function cutInto(whole: string, cuts: readonly number[]): string[] {
    const at = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length];
    return at.slice(1).map((end, i) => whole.slice(at[i], end));
  }

  function expectAgreement(whole: string, parts: readonly string[], opened: boolean | undefined): void {
    const given = deltas(parts, opened);
    const read = readResponse(whole, { opened: opened ?? false });
    expect(given.map((delta) => delta.reasoning).join('')).toBe(read.thought ?? '');
    expect(given.map((delta) => delta.content).join('')).toBe(read.content ?? '');
  }

  it('gives, joined, the thought and content of readResponse, wherever the text is split', () => {
    fc.assert(
      fc.property(text, splits, fc.constantFrom(true, undefined), (whole, cuts, opened) => {
        expectAgreement(whole, cutInto(whole, cuts), opened);
      }),
      { numRuns: runs(500, 40_000) },
    );
  });

  it('does so where it is told that the prompt opened no thought, unless a thought comes behind other text', () => {
    const first = /^\s*<think>|^(?!.*<\/?think>)/su;
    fc.assert(
      fc.property(text, splits, (whole, cuts) => {
        fc.pre(first.test(whole));
        expectAgreement(whole, cutInto(whole, cuts), false);
      }),
      { numRuns: runs(500, 40_000) },
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

  it('reads letters that spell a thinking tag as text where tags come apart, and opens and closes by them', () => {
    const parser = new ThinkingParser({ opened: true, tagsApart: true, answerTags: false });
    const given = [
      parser.push('so </think> ends'),
      parser.close(),
      parser.push('\n\n<think> and <answer>'),
      parser.open(),
      parser.push(' more'),
      parser.close(),
      parser.push(' end'),
      parser.end(),
    ];
    const all = (kind: keyof ThinkingDelta) => given.map((delta) => delta[kind]).join('');
    expect([all('reasoning'), all('content')]).toEqual(['so </think> ends more', '<think> and <answer> end']);
  });

  it('tells how much it holds back', () => {
    const parser = new ThinkingParser({ opened: true });
    const held = ['a', ' ', '\n</th', 'en', '</think>', '\n<ans', 'wer>', ' 4 ', '</answer>'].map((piece) => {
      parser.push(piece);
      return parser.held;
    });
    expect(held).toEqual([0, 1, 6, 0, 0, 5, 0, 1, 1]);
  });

  it('keeps the blanks at the start of a reply that goes on amid a thought, and reads no opening tag there', () => {
    const parser = new ThinkingParser({ opened: true, midThought: true });
    expect(parser.push(' <think>').reasoning).toBe(' <think>');
  });

  it('takes time in proportion to the length of the reply', () => {
    const start = cpuMilliseconds();
    for (const opened of [true, false, undefined]) {
      const parser = new ThinkingParser({ opened });
      for (let i = 0; i < 200_000; i += 1) parser.push('word ');
      for (let i = 0; i < 200_000; i += 1) parser.push(' ');
      parser.end();
    }
    expect(cpuMilliseconds() - start).toBeLessThan(5_000);
  });
});
