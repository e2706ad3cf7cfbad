/** @file The page's eras are the server's. */
import { describe, expect, it } from 'vitest';
import { ERA_RULES, ERAS } from '../../src/serving/http/eras.ts';
import { settingsOf } from './eras.ts';

describe('settingsOf', () => {
  it.each(ERAS)('agrees with the server about %s', (era) => {
    const { ignored, maxTokens, sampling } = ERA_RULES[era];
    const { budget, without, ...page } = settingsOf(era);
    expect(page.maxTokensLimit).toBe(maxTokens.max);
    expect(/answer alone/.test(page.maxTokens)).toBe(maxTokens.counts === 'answer');
    expect(without.temperature !== undefined).toBe(sampling !== 'honoured');
    expect(without.topP !== undefined).toBe(sampling === 'fixed');
    expect(without.thinkingBudget !== undefined).toBe(ignored.includes(budget));
  });

  it('takes an unknown era for open', () => {
    for (const era of ['', 'later', 'toString']) expect(settingsOf(era)).toBe(settingsOf('open'));
  });
});
