import { describe, expect, it } from 'vitest';
import { RECOMMENDED } from '../backend.ts';
import { changeSetting, requestOf, settingsText } from './settings.ts';
import { SETTINGS } from './testing.ts';

describe('changeSetting', () => {
  it.each([
    ['temperature 0', { temperature: 0 }],
    ['temperature 1.5', { temperature: 1.5 }],
    ['temperature own', { temperature: null }],
    ['top-p 1', { topP: 1 }],
    ['top-k 40', { topK: 40 }],
    ['max-tokens 200', { maxTokens: 200 }],
    ['thinking-budget 0', { thinkingBudget: 0 }],
    ['seed 9007199254740991', { seed: 9007199254740991 }],
    ['system Answer in one word.', { system: 'Answer in one word.' }],
  ])('%s', (argument, change) => {
    expect(changeSetting(SETTINGS, argument)).toMatchObject({
      settings: { ...SETTINGS, ...change },
      text: argument,
    });
  });

  it.each(['max-tokens', 'thinking-budget', 'seed', 'system'])('%s none', (name) => {
    const full = { ...SETTINGS, maxTokens: 1, thinkingBudget: 1, seed: 1, system: 'x' };
    const key = { 'max-tokens': 'maxTokens', 'thinking-budget': 'thinkingBudget' }[name] ?? name;
    expect(changeSetting(full, `${name} none`)).toMatchObject({ settings: { ...full, [key]: null } });
  });

  it.each([
    ['temperature 2.1', 'temperature 2.1: expected a number from 0 to 2'],
    ['temperature -1', 'expected a number from 0'],
    ['temperature hot', 'temperature hot: expected'],
    ['temperature none', 'expected a number'],
    ['top-p 0', 'above 0 up to 1'],
    ['top-p 1.01', 'above 0 up to 1'],
    ['max-tokens 0', 'from 1, or none'],
    ['max-tokens 1.5', 'from 1, or none'],
    ['seed 9007199254740992', 'from 0, or none'],
    ['seed 1e400', 'from 0, or none'],
    ['seed 1 2', 'seed 1 2: expected'],
    ['top_p 1', 'No setting top_p. There are temperature, top-p, top-k, max-tokens'],
  ])('%s is refused', (argument, problem) => {
    const result = changeSetting(SETTINGS, argument);
    expect(result).toMatchObject({ problem: expect.stringContaining(problem) });
    expect(result).not.toHaveProperty('settings');
  });

  it('shows one or all', () => {
    expect(changeSetting(SETTINGS, 'seed')).toEqual({ text: 'seed none' });
    expect(changeSetting(SETTINGS, '')).toEqual({ text: settingsText(SETTINGS) });
    expect(settingsText(SETTINGS)).toMatch(/^temperature +own\ntop-p +own\ntop-k +own\nmax-tokens +none\n/);
  });
});

describe('requestOf', () => {
  const turns = [{ role: 'user', content: 'Hi' }];
  const first = { attempt: 0, thinking: null, own: RECOMMENDED } as const;

  it('sends the settings', () => {
    const settings = { ...SETTINGS, maxTokens: 9, thinkingBudget: 4, seed: 5, system: 'Be brief.' };
    expect(requestOf(settings, turns, first)).toMatchObject({
      prompt: { kind: 'chat', messages: [{ role: 'system', content: 'Be brief.' }, ...turns] },
      sampling: { temperature: 0.6, topP: 0.95, seed: 5 },
      limits: { maxTokens: 9, maxThinkingTokens: 4, maxAnswerTokens: null },
    });
    expect(requestOf(SETTINGS, turns, first).prompt).toEqual({ kind: 'chat', messages: turns });
  });

  it('samples as the model has it where the settings do not say', () => {
    const own = { temperature: 0, topP: 0.8, topK: 20 };
    expect(requestOf({ ...SETTINGS, topP: 0.5 }, turns, { ...first, own }).sampling).toMatchObject({
      ...own,
      topP: 0.5,
    });
  });

  it('takes another seed for another reply', () => {
    const seeds = [0, 1, 2].map(
      (attempt) => requestOf({ ...SETTINGS, seed: 5 }, turns, { ...first, attempt }).sampling.seed,
    );
    expect(seeds).toEqual([5, 6, 7]);
    expect(requestOf(SETTINGS, turns, { ...first, attempt: 3 }).sampling.seed).toBeNull();
  });

  it('closes the thought only where that is asked for', () => {
    expect(requestOf(SETTINGS, turns, first).prompt).not.toHaveProperty('thinking');
    expect(requestOf(SETTINGS, turns, { ...first, thinking: false }).prompt).toHaveProperty(
      'thinking',
      false,
    );
  });
});
