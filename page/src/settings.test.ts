import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkForm, DEFAULT_SETTINGS, readSettings, type Settings, toForm } from './settings.ts';

const form = (more: Partial<Record<keyof Settings, string>>) => ({ ...toForm(DEFAULT_SETTINGS), ...more });

describe('the settings form', () => {
  it('takes empty fields for the server’s choice', () => {
    expect(checkForm(form({}), 'open')).toEqual({ ok: true, settings: DEFAULT_SETTINGS });
  });

  it('reads numbers, also with a comma and spaces', () => {
    const checked = checkForm(
      form({ temperature: ' 0,7 ', maxTokens: '100', thinkingBudget: '0', seed: '7' }),
      'open',
    );
    expect(checked).toMatchObject({
      ok: true,
      settings: { temperature: 0.7, maxTokens: 100, thinkingBudget: 0, seed: 7 },
    });
  });

  it.each([
    ['temperature', '2.1'],
    ['temperature', '-0.1'],
    ['temperature', 'hot'],
    ['temperature', 'Infinity'],
    ['topP', '0'],
    ['topP', '1.01'],
    ['maxTokens', '0'],
    ['maxTokens', '1.5'],
    ['thinkingBudget', '-1'],
    ['seed', '9007199254740993'],
  ] as const)('refuses %s = %s', (name, value) => {
    const checked = checkForm(form({ [name]: value }), 'open');
    expect(checked.ok ? [] : Object.keys(checked.errors)).toEqual([name]);
  });

  it('holds max_tokens to the era’s limit', () => {
    expect(checkForm(form({ maxTokens: '8192' }), 'r1').ok).toBe(true);
    expect(checkForm(form({ maxTokens: '8193' }), 'r1')).toEqual({
      ok: false,
      errors: { maxTokens: 'A whole number from 1 to 8,192.' },
    });
    expect(checkForm(form({ maxTokens: '8193' }), 'open').ok).toBe(true);
  });

  it('does not stop at what has no effect in the era', () => {
    expect(checkForm(form({ temperature: 'x' }), 'r1')).toMatchObject({
      ok: true,
      settings: { temperature: null },
    });
  });
});

describe('kept settings', () => {
  it('come back as they were', () => {
    const settings: Settings = {
      temperature: 0,
      topP: 0.5,
      maxTokens: 64,
      thinkingBudget: 0,
      seed: 3,
      system: 'Be brief.',
      panel: 'always',
    };
    expect(readSettings(JSON.parse(JSON.stringify(settings)))).toEqual(settings);
    expect(checkForm(toForm(settings), 'open')).toEqual({ ok: true, settings });
  });

  it('are valid whatever was kept', () => {
    fc.assert(
      fc.property(fc.anything(), (kept) => {
        const settings = readSettings(kept);
        expect(checkForm(toForm(settings), 'open').ok).toBe(true);
      }),
    );
    expect(readSettings({ temperature: 9, panel: 'x', system: 5 })).toEqual(DEFAULT_SETTINGS);
  });
});
