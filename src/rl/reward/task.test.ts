import { describe, expect, it } from 'vitest';
import { completionOf } from '../../../tests/support/completion.ts';
import type { JsonObject, Prompt } from '../../records.ts';
import { scoreGenerated } from './accuracy.ts';
import { task, taskReward, taskRewardSchema } from './task.ts';

const PUZZLE = [1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 0, 0];
const prompt: Prompt = {
  id: 'sudoku4/1/0',
  task: 'sudoku4',
  text: 'Solve',
  answer: '1 2 3 4\n3 4 1 2\n2 1 4 3\n4 3 2 1',
  meta: { family: 'sudoku4', level: 1, problem: { puzzle: PUZZLE } },
};
const half = prompt.answer!.replace(/1$/, '2');

describe('the task reward', () => {
  const score = (text: string, partial = true) =>
    taskReward({ partial }).score(completionOf(text, { prompt }));

  it('pays what the family says', () => {
    expect(score(`<think> … </think> <answer>\n${prompt.answer}\n</answer>`)).toBe(1);
    expect(score(`<think> … </think> <answer>${half}</answer>`)).toBe(0.5);
    expect(score(`<think> … </think> <answer>${half}</answer>`, false)).toBe(0);
    expect(score(`<think> ${prompt.answer} </think> I give up`)).toBe(0);
    expect(score('')).toBe(0);
    expect(score(`<think> so <answer>${prompt.answer}</answer>`)).toBe(0);
    expect(score(`<think> … </think> it is \\boxed{${prompt.answer}}`)).toBe(1);
  });

  const row = { nums: [44, 19, 35], target: 98, extra: 'x' };
  const own: Prompt = { id: 'own:1', task: 'file', text: 'make 98', answer: null, columns: row };
  const settings = taskRewardSchema.parse({
    family: 'countdown',
    fields: { numbers: 'nums', target: 'target' },
  });

  it('grades rows of a file by the family and the columns that are named', () => {
    const reward = taskReward(settings);
    expect(reward.score(completionOf('<answer>44 + 19 + 35</answer>', { prompt: own }))).toBe(1);
    expect(reward.score(completionOf('<answer>44 + 19</answer>', { prompt: own }))).toBe(0);
    expect(reward.score(completionOf(`<answer>${prompt.answer}</answer>`, { prompt }))).toBe(1);
    expect(taskReward(taskRewardSchema.parse({})).score(completionOf('98', { prompt: own }))).toBeNull();
  });

  it.each([
    [{ ...row, nums: undefined }, settings, /column "nums" is missing or null \(columns present: nums?, /],
    [{ ...row, nums: null }, settings, /column "nums" is missing or null/],
    [{ ...row, nums: '[44, 19, 35]' }, settings, /column "nums" is a text, and "numbers" .* a list/],
    [row, { ...settings, fields: { number: 'nums' } }, /countdown reads no "number"\n.*numbers, target/],
  ])('refuses the row %j', (columns, of, message) => {
    expect(() => task.checkPrompt!(of, { ...own, columns: columns as JsonObject })).toThrow(message);
    expect(() => task.checkPrompt!(settings, own)).not.toThrow();
  });

  it('cannot score what is not generated', () => {
    expect(scoreGenerated({ ...prompt, meta: { n: 3 } }, '1')).toBeNull();
    expect(scoreGenerated({ id: 'x', task: 'sudoku4', text: '', answer: '1' }, '1')).toBeNull();
    expect(scoreGenerated({ ...prompt, meta: { ...prompt.meta, family: 'constructor' } }, '1')).toBeNull();
    expect(scoreGenerated({ ...prompt, meta: { family: 'sudoku4' } }, '1')).toBeNull();
  });
});
