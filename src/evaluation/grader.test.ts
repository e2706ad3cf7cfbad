import { afterAll, describe, expect, it } from 'vitest';
import { completionOf } from '../../tests/support/completion.ts';
import { generatedHeldOut, generatedSchema } from '../data/index.ts';
import { closeEngines } from '../grading/verify/index.ts';
import type { Completion, Prompt } from '../records.ts';
import { rewardsSchema } from '../rl/reward/index.ts';
import { type Grader, openGrader, openVerifier, type QuestionVerifier } from './grader.ts';

afterAll(closeEngines);

const prompt = (answer: string | null, meta?: Prompt['meta']): Prompt => ({
  id: 'a',
  task: 'x',
  text: 'q',
  answer,
  ...(meta && { meta }),
});
const said = (asked: Prompt, text: string): Completion => completionOf(text, { prompt: asked });
const gradeOf = async (grader: Grader, asked: Prompt, text: string) =>
  (await grader.grade([said(asked, text)]))[0]!;
const correct = async (verifier: QuestionVerifier, asked: Prompt, text: string) =>
  (await gradeOf(openVerifier(verifier), asked, text)).correct;

describe('math', () => {
  it.each([
    ['so \\boxed{0.5}', 1, '0.5'],
    ['The answer is $\\frac{1}{2}$.', 1, '$\\frac{1}{2}$'],
    ['\\boxed{2}', 0, '2'],
    ['', 0, null],
  ])('grades %j against 1/2', async (text, right, answer) => {
    expect(await gradeOf(openVerifier('math'), prompt('1/2'), text)).toMatchObject({
      correct: right,
      answer,
    });
  });

  it('finds no answer in a thought that never ended', async () => {
    expect(
      await gradeOf(openVerifier('math'), prompt('1/2'), '<think> it must be \\boxed{0.5}'),
    ).toMatchObject({ correct: 0, answer: null });
  });

  it('counts equal values as one answer', async () => {
    const math = openVerifier('math');
    expect(await math.same('\\frac{1}{2}', '0.5', prompt('1'))).toBe(true);
    expect(await math.same('(1, 2)', '(2, 1)', prompt('1'))).toBe(false);
  });

  it('cannot score without a reference', async () => {
    expect(await correct('math', prompt(null), '\\boxed{1}')).toBeNull();
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
  ])('reads %j as %j', async (text, letter) => {
    expect((await gradeOf(openVerifier('choice'), prompt('C'), text)).answer).toBe(letter);
  });

  it('grades the letter', async () => {
    expect(await correct('choice', prompt('C'), 'Answer: C')).toBe(1);
    expect(await correct('choice', prompt('C'), 'Answer: D')).toBe(0);
    expect(await correct('choice', prompt('C'), 'I cannot tell.')).toBe(0);
  });
});

describe('exact', () => {
  it('grades as the accuracy reward does', async () => {
    const exact = openVerifier('exact');
    expect(await gradeOf(exact, prompt('42'), '<think> 6 * 7 </think> <answer> 42 </answer>')).toMatchObject({
      correct: 1,
      answer: '42',
    });
    expect(await correct('exact', prompt('42'), 'it is 042.0')).toBe(1);
    expect(await gradeOf(exact, prompt('42'), 'no number')).toMatchObject({ correct: 0, answer: null });
    expect(await exact.same('42', '42.0', prompt('42'))).toBe(true);
  });
});

describe('family', () => {
  it('scores a generated problem by its family', async () => {
    const [asked] = generatedHeldOut({ ...generatedSchema.parse({ family: 'sudoku4' }), seed: 1 }).take(1);
    expect(await correct('family', asked!, asked!.answer!)).toBe(1);
    expect(await correct('family', asked!, '1 1 1 1')).toBeLessThan(1);
    expect(await gradeOf(openVerifier('family'), asked!, `<think> ${asked!.answer}`)).toMatchObject({
      correct: 0,
      answer: null,
    });
  });
});

describe('code', () => {
  it('runs the program of the answer, not of the thought', async () => {
    const tests = { function: 'twice', cases: [{ args: [2], result: 4 }] };
    const asked = prompt(null, { language: 'javascript', tests });
    const program = (body: string) => `\`\`\`js\nfunction twice(x) { return ${body}; }\n\`\`\``;
    const grader = openGrader(rewardsSchema.parse({ code: { timeMs: 20_000 } }));
    expect((await gradeOf(grader, asked, program('x * 2'))).correct).toBe(1);
    expect((await gradeOf(grader, asked, program('x * 3'))).correct).toBe(0);
    expect((await gradeOf(grader, asked, `<think>${program('x * 2')}`)).correct).toBe(0);
    expect(openVerifier('code').votes).toBe(false);
  });
});

describe('instructions', () => {
  it('wants all of them followed', async () => {
    const instructions = [
      { id: 'punctuation:no_comma', arguments: {} },
      { id: 'change_case:english_lowercase', arguments: {} },
    ];
    const asked = prompt(null, { instructions });
    expect(await correct('instructions', asked, 'all in lower case')).toBe(1);
    expect(await correct('instructions', asked, 'all, in lower case')).toBeLessThan(1);
    expect(await correct('instructions', asked, '')).toBe(0);
  });
});

describe('the rewards of a recipe', () => {
  it('grade answers and forms', async () => {
    const grader = openGrader(rewardsSchema.parse({ accuracy: {}, format: {} }));
    const sums = [
      '<think> first 先 add </think> <answer> 7 </answer>',
      '<think> 3 + 4 = 7 </think> <answer> 8 </answer>',
      '7',
    ].map((text) => said(prompt('7'), text));
    const graded = await grader.grade(sums);
    expect(graded.map(({ correct: right, formatted, answer }) => [right, formatted, answer])).toEqual([
      [1, true, '7'],
      [0, true, '8'],
      [1, false, '7'],
    ]);
  });

  it('decide one after another: the first that can score', async () => {
    const grader = openGrader(rewardsSchema.parse({ accuracy: {}, wanted: {}, length: {} }), {
      maxTokens: 9,
    });
    const tell = prompt(null, { kind: 'tell', wanted: ['red is warm', 'blue is cold'] });
    const graded = await grader.grade([
      said(prompt('i am r1 .', { kind: 'identity' }), 'i am r1 .'),
      said(tell, 'red is warm . blue is cold .'),
      said(tell, 'red is warm .'),
      said(prompt(null), 'anything'),
    ]);
    expect(graded.map((one) => one.correct)).toEqual([1, 1, 0.5, null]);
  });
});
