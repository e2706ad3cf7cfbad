import { describe, expect, it } from 'vitest';
import { hasR1ZeroFormat, parseResponse } from './thinking.ts';

describe('parseResponse', () => {
  const cases: [string, boolean | undefined, string | null, string | null][] = [
    // Tags as they should be.
    ['<think> 2 + 2 </think> <answer> 4 </answer>', undefined, '2 + 2', '4'],
    ['<think>\na\n\nb\n</think>\n\nThe answer\nis 4.', undefined, 'a\n\nb', 'The answer\nis 4.'],
    [' \n<think>a</think>b', false, 'a', 'b'],
    // The prompt opened the thought.
    ['a</think>b', true, 'a', 'b'],
    ['<think>a</think>b', true, 'a', 'b'],
    ['a b', true, 'a b', null],
    ['', true, '', null],
    // Opening tag missing, or not at the start.
    ['a </think> b', undefined, 'a', 'b'],
    ['a </think> b', false, null, 'a </think> b'],
    ['Well <think> a </think> b', undefined, 'Well  a', 'b'],
    ['Well <think> a', undefined, 'Well  a', null],
    ['Well <think> a', false, null, 'Well <think> a'],
    // Never closed: everything is reasoning.
    ['<think> a <answer> 4 </answer>', undefined, 'a <answer> 4 </answer>', null],
    ['<think> a </thin', false, 'a </thin', null],
    // No tags: everything is answer, as it is.
    ['  def f():\n', undefined, null, '  def f():\n'],
    ['  def f():\n', false, null, '  def f():\n'],
    ['', undefined, null, null],
    // Nothing after the thought, an empty thought, an answer without a thought.
    ['<think> a </think> \n', undefined, 'a', null],
    ['<think></think>4', undefined, '', '4'],
    ['<answer> 4 </answer>', undefined, null, '4'],
    ['<answer> 4', false, null, '4'],
    // Only the first closing tag counts; later tags are text.
    ['<think>a</think>b</think>c <think>d', undefined, 'a', 'b</think>c <think>d'],
    ['<think>a</think><answer>4</answer> and <answer>5</answer>', undefined, 'a', '4 and <answer>5</answer>'],
    ['<think>a</think>so <answer>4</answer>', undefined, 'a', 'so <answer>4</answer>'],
  ];

  it.each(cases)('%j, prefilled %s', (text, prefilled, reasoning, answer) => {
    const parsed = parseResponse(text, { prefilled });
    expect({ reasoning: parsed.reasoning, answer: parsed.answer }).toEqual({ reasoning, answer });
  });

  it('tells whether the thought was opened, closed, and followed by an answer', () => {
    const flags = (text: string, prefilled?: boolean): string => {
      const { opened, closed, wellFormed } = parseResponse(text, { prefilled });
      return [opened && 'opened', closed && 'closed', wellFormed && 'wellFormed'].filter(Boolean).join(' ');
    };
    expect(flags('<think>a</think>b')).toBe('opened closed wellFormed');
    expect(flags('a</think>b', true)).toBe('closed wellFormed');
    expect(flags('<think>a</think>b', true)).toBe('opened closed');
    expect(flags('a</think>b')).toBe('closed');
    expect(flags('<think>a')).toBe('opened');
    expect(flags('<think>a</think> ')).toBe('opened closed');
    expect(flags('<think>a</think>b</think>c')).toBe('opened closed');
    expect(flags('Well <think>a</think>b')).toBe('opened closed');
    expect(flags('plain')).toBe('');
  });

  it('takes other tags', () => {
    const tags = { thinkOpen: '[THINK]', thinkClose: '[/THINK]', answerOpen: '[A]', answerClose: '[/A]' };
    const parsed = parseResponse('[THINK]<think>[/THINK][A]4[/A]', { tags });
    expect(parsed).toEqual({
      reasoning: '<think>',
      answer: '4',
      opened: true,
      closed: true,
      wellFormed: true,
    });
  });
});

describe('hasR1ZeroFormat', () => {
  it.each([
    '<think> a </think> <answer> 4 </answer>',
    '<think></think><answer>4</answer>',
    '\n<think>\na\n\nb\n</think>\n\n<answer>\n4\n5\n</answer>\n',
  ])('accepts %j', (text) => {
    expect(hasR1ZeroFormat(text)).toBe(true);
    expect(hasR1ZeroFormat(text.replace('<think>', ''), { prefilled: true })).toBe(true);
    expect(hasR1ZeroFormat(text, { prefilled: true })).toBe(false);
    expect(hasR1ZeroFormat(text.replace('<think>', ''))).toBe(false);
  });

  it.each([
    '',
    'a',
    '<think> a </think> 4',
    '<think> a </think> <answer> </answer>',
    '<think> a </think> so <answer> 4 </answer>',
    '<think> a </think> <answer> 4 </answer> <eos>',
    'so <think> a </think> <answer> 4 </answer>',
    '<think> a </think> <answer> 4',
    '<think> a <answer> 4 </answer> </think>',
    '<think> a </think> </think> <answer> 4 </answer>',
    '<think> <think> a </think> <answer> 4 </answer>',
    '<think> a </think> <answer> 4 </answer> <answer> 5 </answer>',
    '</think> <think> <answer> 4 </answer>',
    '<think> a </think> </answer> 4 <answer>',
    '<answer> 4 </answer> <think> a </think>',
    '<THINK> a </THINK> <ANSWER> 4 </ANSWER>',
  ])('refuses %j', (text) => {
    expect(hasR1ZeroFormat(text)).toBe(false);
  });

  it('is quick on a long reply without tags', () => {
    const start = performance.now();
    expect(hasR1ZeroFormat(`<think>${'<think'.repeat(200_000)}`)).toBe(false);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
