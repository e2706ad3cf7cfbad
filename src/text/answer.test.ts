import { describe, expect, it } from 'vitest';
import { cpuMilliseconds } from '../../tests/support/cpu-time.ts';
import { boxedAnswer, readResponse, responseOfParts } from './answer.ts';

describe('thought and content', () => {
  const cases: [string, boolean, string | null, string | null][] = [
    // Tags as they should be.
    ['<think> 2 + 2 </think> <answer> 4 </answer>', false, '2 + 2', '4'],
    ['<think>\na\n\nb\n</think>\n\nThe answer\nis 4.', false, 'a\n\nb', 'The answer\nis 4.'],
    [' \n<think>a</think>b', false, 'a', 'b'],
    // The prompt opened the thought.
    ['a</think>b', true, 'a', 'b'],
    ['<think>a</think>b', true, 'a', 'b'],
    ['a b', true, 'a b', null],
    ['', true, '', null],
    // Opening tag missing, or not at the start.
    ['a </think> b', false, 'a', 'b'],
    ['Well <think> a </think> b', false, 'Well  a', 'b'],
    ['Well <think> a', false, 'Well  a', null],
    // Never closed: everything is thought.
    ['<think> a <answer> 4 </answer>', false, 'a <answer> 4 </answer>', null],
    ['<think> a </thin', false, 'a </thin', null],
    // No tags: everything is content, as it is.
    ['  def f():\n', false, null, '  def f():\n'],
    ['', false, null, null],
    // Nothing after the thought, an empty thought, an answer without a thought.
    ['<think> a </think> \n', false, 'a', null],
    ['<think></think>4', false, '', '4'],
    ['<answer> 4 </answer>', false, null, '4'],
    ['<answer> 4', false, null, '4'],
    // Only the first closing tag counts; later tags are text.
    ['<think>a</think>b</think>c <think>d', false, 'a', 'b</think>c <think>d'],
    ['<think>a</think><answer>4</answer> bye', false, 'a', '4 bye'],
    ['<think>a</think>so <answer>4</answer>', false, 'a', 'so <answer>4</answer>'],
  ];

  it.each(cases)(
    '%j (opened by the prompt: %j) has the thought %j and the content %j',
    (text, opened, thought, content) => {
      expect(readResponse(text, { opened })).toMatchObject({ text, opened, thought, content });
    },
  );

  it('is read with other tags', () => {
    const tags = { thinkOpen: '[THINK]', thinkClose: '[/THINK]', answerOpen: '[A]', answerClose: '[/A]' };
    const read = readResponse('[THINK]<think>[/THINK][A]4[/A]', { tags });
    expect(read).toMatchObject({ thought: '<think>', content: '4', tagged: '4', r1Zero: true });
  });
});

describe('the answer', () => {
  it.each([
    // The tag delimits.
    ['<think> a </think> <answer> 4 </answer>', '4'],
    ['<answer>\n4\n</answer>', '4'],
    ['<answer> 3 </answer> no, <answer> 4 </answer>', '4'],
    ['<answer> 3 </answer> no, <answer> 4', '3'],
    ['<think> maybe <answer> 3 </answer> </think> <answer> 4 </answer>', '4'],
    ['so <answer>1\n2</answer> I am done', '1\n2'],
    // A box inside of the tag is its answer, one outside does not compete.
    ['<answer>so \\boxed{5}</answer>', '5'],
    ['<answer>5</answer> \\boxed{6}', '5'],
    ['\\boxed{4} <answer>5</answer>', '5'],
    ['<answer> </answer> \\boxed{6}', null],
    // Without a tag the box.
    ['<think> \\boxed{1} </think> so \\boxed{\\frac{1}{2}}.', '\\frac{1}{2}'],
    ['\\boxed{ }', null],
    ['It is 5. \\boxed{}', 'It is 5.'],
    // Without both the content.
    ['<think> a </think>\n\nIt is 4.\n', 'It is 4.'],
    ['a </think> 4', '4'],
    ['the answer is 4', 'the answer is 4'],
    ['<answer> 42', '42'],
    ['\\boxed{1', '\\boxed{1'],
    ['</answer> 3 <answer>', '</answer> 3 <answer>'],
    // Nothing in the thought is an answer.
    ['<think> so <answer> 4 </answer> </think>', null],
    ['<think> \\boxed{4} </think> ', null],
    ['<think> maybe <answer> 3 </answer> </think> 4', '4'],
    ['<think> maybe \\boxed{3} </think> 4', '4'],
    ['<think><think> a </think> <answer> 3 </answer> </think> 4', '4'],
    ['<think> a </think> 3 <think> b </think> 4', '4'],
    ['<think> a </think> 3 <think> so 4', '3'],
    ['<think> a </think> <think> so <answer> 4 </answer>', null],
    ['', null],
    [' \n', null],
  ])('of %j is %j', (text, answer) => {
    expect(readResponse(text).answer).toBe(answer);
  });

  it.each(['<answer> 4 </answer>', '\\boxed{4}', 'The answer is 4.', '```js\n4\n```', '4'])(
    'is none in a thought that never closed: %j',
    (text) => {
      const none = { closed: false, content: null, tagged: null, boxed: null, said: null, answer: null };
      expect(readResponse(`<think> so ${text}`)).toMatchObject(none);
      expect(readResponse(`Well <think> so ${text}`)).toMatchObject(none);
      expect(readResponse(`so ${text}`, { opened: true })).toMatchObject(none);
    },
  );

  it('as a text is all that the tag holds, box and all', () => {
    expect(readResponse('a </think> b <answer> so \\boxed{5} </answer>')).toMatchObject({
      tagged: ' so \\boxed{5} ',
      boxed: '5',
      said: 'so \\boxed{5}',
      answer: '5',
    });
    expect(readResponse('so \\boxed{5}')).toMatchObject({ tagged: null, said: 'so \\boxed{5}', answer: '5' });
    expect(readResponse('<answer></answer>')).toMatchObject({ tagged: '', said: null, answer: null });
  });
});

describe('well-formedness', () => {
  const flags = (text: string, opened = false): string => {
    const { closed, wellFormed } = readResponse(text, { opened });
    return [closed && 'closed', wellFormed && 'wellFormed'].filter(Boolean).join(' ');
  };

  it('is one thought, opened and closed once, and content', () => {
    expect(flags('<think>a</think>b')).toBe('closed wellFormed');
    expect(flags('a</think>b', true)).toBe('closed wellFormed');
    expect(flags('<think>a</think>b', true)).toBe('closed');
    expect(flags('a</think>b')).toBe('closed');
    expect(flags('<think>a')).toBe('');
    expect(flags('<think>a</think> ')).toBe('closed');
    expect(flags('<think>a</think>b</think>c')).toBe('closed');
    expect(flags('Well <think>a</think>b')).toBe('closed');
    expect(flags('plain')).toBe('');
  });

  it.each([
    '<think> a </think> <answer> 4 </answer>',
    '<think></think><answer>4</answer>',
    '\n<think>\na\n\nb\n</think>\n\n<answer>\n4\n5\n</answer>\n',
  ])('of R1-Zero accepts %j', (text) => {
    expect(readResponse(text).r1Zero).toBe(true);
    expect(readResponse(text.replace('<think>', ''), { opened: true }).r1Zero).toBe(true);
    expect(readResponse(text, { opened: true }).r1Zero).toBe(false);
    expect(readResponse(text.replace('<think>', '')).r1Zero).toBe(false);
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
  ])('of R1-Zero refuses %j', (text) => {
    expect(readResponse(text).r1Zero).toBe(false);
  });
});

it('is quick on a long response without an end', () => {
  const start = cpuMilliseconds();
  for (const part of ['<think', '<think>', '<answer>', '</think>', '\\boxed{']) {
    expect(readResponse(`<think>${part.repeat(200_000)}`).r1Zero).toBe(false);
    readResponse(part.repeat(200_000));
  }
  expect(cpuMilliseconds() - start).toBeLessThan(5_000);
});

describe('a response in two parts', () => {
  it('is its thought between tags, then its content', () => {
    expect(responseOfParts('two and two', 'so <answer>4</answer>')).toMatchObject({
      text: '<think>\ntwo and two\n</think>\n\nso <answer>4</answer>',
      opened: false,
      thought: 'two and two',
      closed: true,
      content: 'so <answer>4</answer>',
      answer: '4',
      wellFormed: true,
    });
  });

  it('is what its parts are, whatever tags they hold', () => {
    expect(responseOfParts('the tag </think> <answer>1</answer>', '4')).toMatchObject({
      thought: 'the tag </think> <answer>1</answer>',
      content: '4',
      answer: '4',
      wellFormed: true,
    });
  });

  it('has no answer where there is no content', () => {
    expect(responseOfParts('so <answer>4</answer>', null)).toMatchObject({
      text: '<think>\nso <answer>4</answer>\n',
      closed: false,
      answer: null,
      wellFormed: false,
    });
  });

  it('takes thinking tags in the content for letters of it', () => {
    const literal = 'The answer is 42. (The tag </think> ends a thought.)';
    for (const thought of ['because', null])
      expect(responseOfParts(thought, literal)).toMatchObject({ thought, content: literal, said: literal });
    expect(responseOfParts('because', 'The tag is <think>. \\boxed{42}').answer).toBe('42');
  });

  it('is its content where there was no thought', () => {
    expect(responseOfParts(null, 'so <answer>4</answer>')).toEqual(readResponse('so <answer>4</answer>'));
    expect(responseOfParts(null, null)).toEqual(readResponse(''));
  });
});

it.each([
  ['\\boxed{\\frac{1}{2}}', '\\frac{1}{2}'],
  ['a \\boxed{1} b \\boxed{2}', '2'],
  ['\\boxed{1} \\boxed{2} then \\boxed{3}', '3'],
  ['$\\boxed{2}$ and $\\boxed{3}$', '2, 3'],
  ['\\boxed{2} = \\boxed{2}', '2'],
  ['\\boxed {3}', '3'],
  ['\\fbox{4}', '4'],
  ['\\boxed{\\{1,2\\}}', '\\{1,2\\}'],
  ['\\boxed{5} and \\boxed{6', '5'],
  ['\\boxed 7$', '7'],
  ['\\boxed{}', null],
  ['\\boxed{5}, in \\boxed{}', '5'],
  ['\\boxed{2} \\quad \\text{and} \\quad \\boxed{3}', '2, 3'],
  ['\\[\\boxed{2}\\]\nand\n\\[\\boxed{3}\\]', '2, 3'],
  ['**$\\boxed{2}$** or **$\\boxed{3}$**', '2, 3'],
  ['$x = \\boxed{2}$ and $y_1 = \\boxed{3}$', 'x = 2, y_1 = 3'],
  ['$\\boxed{2}$, so $\\boxed{3}$', '3'],
  ['\\boxed{2}. Then \\boxed{3}', '3'],
  ['nothing', null],
  ['\\boxed{', null],
  [`\\boxed{${'9'.repeat(4000)}}`, null],
])('the box of %j is %j', (text, inside) => {
  expect(boxedAnswer(text)).toBe(inside);
});

it('takes time in proportion to the length of the text', () => {
  const start = cpuMilliseconds();
  expect(boxedAnswer('\\boxed{'.repeat(300_000))).toBeNull();
  expect(cpuMilliseconds() - start).toBeLessThan(5_000);
});
