import { describe, expect, it } from 'vitest';
import { completionOf } from '../../../tests/support/completion.ts';
import { coherenceReward, coherenceSchema } from './coherence.ts';
import { completenessReward, completenessSchema } from './completeness.ts';
import { fluencyReward, fluencySchema, fluencyScore } from './fluency.ts';

const said = (answer: string, thought = 'Let me see.') =>
  completionOf(`<think>${thought}</think>\n${answer}`);
const asked = (question: string, answer: string, thought?: string) => {
  const completion = said(answer, thought);
  return { ...completion, prompt: { ...completion.prompt, text: question } };
};

describe('completeness', () => {
  const score = (settings: object, completion = said('Paris is the capital.')) =>
    completenessReward(completenessSchema.parse(settings)).score(completion);

  it('is 1 for a finished answer in the form asked for', () => {
    expect(score({})).toBe(1);
    expect(score({}, said('42'))).toBe(1);
    expect(score({ form: 'boxed' }, said('So \\boxed{42}.'))).toBe(1);
    expect(score({ form: 'json' }, said('{"a": [1, 2]}'))).toBe(1);
    expect(score({ form: 'list' }, said('- one\n- two.'))).toBe(1);
    expect(score({ form: 'code' }, said('```js\nf();\n```'))).toBe(1);
  });

  it.each([
    ['cut by the length limit', {}, completionOf('<think>a</think> Paris.', { finish: 'length' }), 5 / 6],
    ['a thought that never ends', {}, completionOf('<think> and so on and'), 1 / 6],
    ['no answer', {}, said(''), 2 / 6],
    ['an open bracket', {}, said('Paris (France is its country.'), 5 / 6],
    ['an open code block', {}, said('```js\nf().'), 5 / 6],
    ['brackets that cross', {}, said('f(a[1)] is it.'), 5 / 6],
    ['breaking off', {}, said('The capital of the'), 5 / 6],
    ['too short', { minWords: 5 }, said('Paris it is.'), 5 / 6],
    ['another form', { form: 'number' }, said('It is Paris.'), 5 / 6],
  ])('takes a part off for %s', (_, settings, completion, expected) => {
    expect(score(settings, completion)).toBeCloseTo(expected, 10);
  });
});

describe('fluency', () => {
  const settings = fluencySchema.parse({});

  it('is high for prose and low for loops, scraps and symbols', () => {
    const prose = fluencyScore(
      'The river runs to the sea. It carries sand, and leaves it where it slows.',
      settings,
    );
    expect(prose).toBeGreaterThan(0.95);
    expect(fluencyScore('河流入海。它带着沙子，在慢下来的地方留下。', settings)).toBeGreaterThan(0.9);
    expect(fluencyScore('the the the the the the the the', settings)).toBeLessThan(0.6);
    expect(fluencyScore('a b c a b c a b c a b c a b c. a b c.', settings)).toBeLessThan(prose - 0.15);
    expect(fluencyScore('@@## %% ^^ && ok ~~ ++ ==', settings)).toBeLessThan(0.7);
    expect(fluencyScore('', settings)).toBe(0);
    expect(fluencyScore('12 + 3', settings)).toBe(0);
  });

  it('judges the answer, or the thought with it', () => {
    const completion = said('The sum is right there.', 'no no no no no no no no no');
    expect(fluencyReward(settings).score(completion)).toBeGreaterThan(0.95);
    expect(fluencyReward({ ...settings, of: 'response' }).score(completion)).toBeLessThan(0.8);
  });

  it('reads a long text in linear time', () => {
    expect(fluencyScore('word '.repeat(200_000), settings)).toBeLessThan(0.6);
  });
});

describe('coherence', () => {
  const reward = coherenceReward(coherenceSchema.parse({}));

  it('asks that the answer takes up the question and the conclusion of the thought', () => {
    const question = 'Which planet has the largest mountain?';
    expect(reward.score(asked(question, 'The planet with the largest mountain is Mars.'))).toBe(1);
    expect(reward.score(asked(question, 'I like soup.'))).toBe(0.5);
    const sum = 'How many apples remain after Tom eats three?';
    expect(reward.score(asked(sum, 'There remain 4 apples.', 'Apples: 7 - 3 = 4'))).toBe(1);
    expect(reward.score(asked(sum, 'There remain 5 apples.', 'Apples: 7 - 3 = 4'))).toBeCloseTo(2 / 3, 10);
  });

  it('counts a thought that goes round in circles', () => {
    const loop = 'we add one and two and get three again now and '.repeat(20);
    expect(reward.score(asked('hi?', 'Hello!', loop))).toBeLessThan(0.2);
    expect(reward.score(asked('hi?', 'Hello!'))).toBe(1);
  });

  it('is 0 without an answer, and understands Chinese words', () => {
    expect(reward.score(completionOf('<think> for ever'))).toBe(0);
    expect(reward.score(asked('法国的首都是什么？', '法国的首都是巴黎。'))).toBe(1);
    expect(reward.score(asked('法国的首都是什么？', '不知道。'))).toBe(0.5);
  });
});
