import { afterAll, describe, expect, it } from 'vitest';
import { generatedHeldOut, generatedSchema } from '../../../data/index.ts';
import type { Prompt } from '../../../records.ts';
import { chosenLetter } from './choice.ts';
import { type Grader, openGrader } from './index.ts';
import { mathGrader } from './math.ts';

const prompt = (answer: string | null, meta?: Prompt['meta']): Prompt => ({
  id: 'a',
  task: 'x',
  text: 'q',
  answer,
  ...(meta && { meta }),
});
/** A reply without a thought. */
const said = (text: string) => ({ text, answer: text });
const graded = async (grader: Grader, asked: Prompt, text: string) =>
  (await grader.grade(asked, said(text))).correct;

afterAll(() => mathGrader.close());

describe('math', () => {
  it.each([
    ['so \\boxed{0.5}', 1, '0.5'],
    ['The answer is $\\frac{1}{2}$.', 1, '$\\frac{1}{2}$'],
    ['\\boxed{2}', 0, '2'],
    ['', 0, null],
  ])('grades %j against 1/2', async (text, correct, answer) => {
    expect(await mathGrader.grade(prompt('1/2'), said(text))).toEqual({ correct, answer });
  });

  it('finds no answer in a thought that never ended', async () => {
    const reply = { text: '<think> it must be \\boxed{0.5}', answer: null };
    expect(await mathGrader.grade(prompt('1/2'), reply)).toEqual({ correct: 0, answer: null });
  });

  it('counts equal values as one answer', async () => {
    expect(await mathGrader.same('\\frac{1}{2}', '0.5')).toBe(true);
    expect(await mathGrader.same('(1, 2)', '(2, 1)')).toBe(false);
  });

  it('cannot score without a reference', async () => {
    expect(await graded(mathGrader, prompt(null), '\\boxed{1}')).toBeNull();
  });
});

describe('choice', () => {
  it.each([
    ['Answer: C', 'C'],
    ['B) is wrong, so the answer is (D).', 'D'],
    ['**Answer: A**', 'A'],
    ['\\boxed{\\text{B}}', 'B'],
    ['C.', 'C'],
    ['A plane flies.', null],
    ['', null],
  ])('reads %j as %j', (text, letter) => {
    expect(chosenLetter(text)).toBe(letter);
  });

  it('grades the letter', async () => {
    const grader = await openGrader('choice');
    expect(await graded(grader, prompt('C'), 'Answer: C')).toBe(1);
    expect(await graded(grader, prompt('C'), 'Answer: D')).toBe(0);
    expect(await graded(grader, prompt('C'), 'I cannot tell.')).toBe(0);
  });
});

describe('exact', () => {
  it('grades as the accuracy reward does', async () => {
    const grader = await openGrader('exact');
    expect(await grader.grade(prompt('42'), said('<think> 6 * 7 </think> <answer> 42 </answer>'))).toEqual({
      correct: 1,
      answer: '42',
    });
    expect(await graded(grader, prompt('42'), 'it is 042.0')).toBe(1);
    expect(await grader.grade(prompt('42'), said('no number'))).toEqual({ correct: 0, answer: null });
    expect(await grader.same('42', '42.0')).toBe(true);
  });
});

describe('family', () => {
  it('scores a generated problem by its family', async () => {
    const grader = await openGrader('family');
    const [asked] = generatedHeldOut({ ...generatedSchema.parse({ family: 'sudoku4' }), seed: 1 }).take(1);
    expect(await graded(grader, asked!, asked!.answer!)).toBe(1);
    expect(await graded(grader, asked!, '1 1 1 1')).toBeLessThan(1);
    const unended = { text: `<think> ${asked!.answer}`, answer: null };
    expect(await grader.grade(asked!, unended)).toEqual({ correct: 0, answer: null });
  });
});

describe('code', () => {
  it('runs the program of the answer, not of the thought', async () => {
    const grader = await openGrader('code');
    const tests = { function: 'twice', cases: [{ args: [2], result: 4 }] };
    const asked = prompt(null, { language: 'javascript', tests });
    const program = (body: string) => `\`\`\`js\nfunction twice(x) { return ${body}; }\n\`\`\``;
    expect(await graded(grader, asked, program('x * 2'))).toBe(1);
    expect(await graded(grader, asked, program('x * 3'))).toBe(0);
    expect(await grader.grade(asked, { text: `<think>${program('x * 2')}`, answer: null })).toMatchObject({
      correct: 0,
    });
    expect(grader.votes).toBe(false);
    await grader.close();
  });
});

describe('instructions', () => {
  it('wants all of them followed', async () => {
    const grader = await openGrader('instructions');
    const instructions = [
      { id: 'punctuation:no_comma', arguments: {} },
      { id: 'change_case:english_lowercase', arguments: {} },
    ];
    const asked = prompt(null, { instructions });
    expect(await graded(grader, asked, 'all in lower case')).toBe(1);
    expect(await graded(grader, asked, 'all, in lower case')).toBeLessThan(1);
    expect(await graded(grader, asked, '')).toBe(0);
  });
});
