import { describe, expect, it } from 'vitest';
import { completionOf } from '../../../tests/support/completion.ts';
import { accuracyReward, accuracySchema, isNumber, lastNumber, sameAnswer } from './accuracy.ts';

const strict = accuracyReward({ fallback: 'none', verifier: 'exact' });
const lenient = accuracyReward(accuracySchema.parse({}));
const score = (text: string, answer: string | null, reward = lenient) =>
  reward.score(completionOf(text, { prompt: { answer } }));

describe('accuracy', () => {
  it.each([
    ['<think> 40 plus 2 is 42 . </think> <answer> 42 </answer>', 1],
    ['<think> 42 </think> <answer> 41 </answer>', 0],
    ['<think>\n42\n</think>\n<answer>\n 42\n</answer>', 1],
    ['<answer> 41 </answer> <answer> 42 </answer>', 1],
    ['<answer> 42 </answer> <answer> 41 </answer>', 0],
    ['<answer></answer>', 0],
    ['<answer> 42 or 43 </answer>', 0],
    ['42', 1],
    ['40 plus 2 is 42 . so answer is 42', 1],
    ['so answer is 42 , not 41', 0],
    ['nothing to see', 0],
    ['', 0],
    ['<answer> 42', 1], // not closed: the last number counts
    ['<answer> so \\boxed{42} </answer>', 1],
    ['\\boxed{42} , see step 3', 1],
    ['<answer> 41 </answer> \\boxed{42}', 0], // the tag delimits
    ['<think> 42', 0], // a thought that never closed has no answer
    ['<think> so <answer> 42 </answer>', 0],
    ['<think> so <answer> 42 </answer> </think>', 0],
  ])('%j scores %d against 42', (text, expected) => {
    expect(score(text, '42')).toBe(expected);
  });

  it('without fallback takes the answer from the tags only', () => {
    expect(score('42', '42', strict)).toBe(0);
    expect(score('<answer> 42', '42', strict)).toBe(0);
    expect(score('<answer>42</answer>', '42', strict)).toBe(1);
  });

  it('takes the whole response after the thought where the reference is text', () => {
    const reference = 'hello ! how can i help ?';
    expect(score('hello ! how can i  help ?', reference)).toBe(1);
    expect(score('<think> </think> hello ! how can i help ?', reference)).toBe(1);
    expect(score('<think> </think> <answer> hello ! how can i help ? </answer>', reference)).toBe(1);
    expect(score('hello ! how can i help ? 7', reference)).toBe(0);
    expect(score('hello', reference)).toBe(0);
  });

  it('is null where there is nothing to compare with: never right, never wrong', () => {
    for (const answer of [null, '', '  ']) expect(score('<answer></answer>', answer)).toBeNull();
  });

  it('with the verifier "math" reads mathematics, and is null where the reference cannot be read', async () => {
    const math = accuracyReward(accuracySchema.parse({ verifier: 'math' }));
    expect(await score('<think> half </think> <answer> \\frac{2}{4} </answer>', '0.5', math)).toBe(1);
    expect(await score('it is \\boxed{x^2-1}', '(x-1)(x+1)', math)).toBe(1);
    expect(await score('it is \\boxed{0.6}', '0.5', math)).toBe(0);
    expect(await score('it is \\boxed{0.6}', '\\frac{1}{', math)).toBeNull();
    expect(await score('0.5', null, math)).toBeNull();
  });

  it('with the verifier "choice" compares letters, and is null where the reference is none', () => {
    const choice = accuracyReward(accuracySchema.parse({ verifier: 'choice' }));
    expect(score('So the answer is (B).', 'B', choice)).toBe(1);
    expect(score('So the answer is (C).', '(B)', choice)).toBe(0);
    expect(score('I do not know.', 'B', choice)).toBe(0);
    expect(score('B', 'twelve', choice)).toBeNull();
  });
});

describe('sameAnswer', () => {
  it.each([
    ['42', '42.0'],
    ['042', '42'],
    ['+42', '42'],
    ['-0', '0'],
    ['-0.00', '0'],
    ['1,050.70', '1050.7'],
    ['.5 ', ' .5'],
    ['red  blue', ' red blue\n'],
    ['00', '0'],
  ])('%j is %j', (a, b) => {
    expect(sameAnswer(a, b)).toBe(true);
    expect(sameAnswer(b, a)).toBe(true);
  });

  it.each([
    ['42', '-42'],
    ['4 2', '42'],
    ['42.01', '42'],
    ['9007199254740993', '9007199254740992'], // equal as floating point
    ['1e2', '100'], // not a plain number
    ['10,50', '1050'],
    ['', '0'],
    ['red blue', 'blue red'],
    ['Red', 'red'],
    ['NaN', '0'],
  ])('%j is not %j', (a, b) => {
    expect(sameAnswer(a, b)).toBe(false);
    expect(sameAnswer(b, a)).toBe(false);
  });
});

describe('lastNumber', () => {
  it.each([
    ['a 12 b 7 .', '7'],
    ['it is -5', '-5'],
    ['10-3', '3'],
    ['10 - 3', '3'],
    ['3.5.', '3.5'],
    ['costs $1,234.50 now', '1,234.50'],
    ['1,2,3', '3'],
    ['x2', '2'],
    ['步骤3得42。', '42'],
    ['none', null],
    ['', null],
  ])('of %j is %j', (text, expected) => {
    expect(lastNumber(text)).toBe(expected);
  });
});

describe('isNumber', () => {
  it('takes plain numbers only', () => {
    for (const text of ['0', ' 7 ', '-1.5', '1,000', '1000000']) expect(isNumber(text)).toBe(true);
    for (const text of ['', '1e3', '7 apples', '1/2', '１２', '0x10', '1,00'])
      expect(isNumber(text)).toBe(false);
  });
});
