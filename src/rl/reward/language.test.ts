import { describe, expect, it } from 'vitest';
import { completionOf } from '../../../tests/support/completion.ts';
import { cpuMilliseconds } from '../../../tests/support/cpu-time.ts';
import { languageConsistency, languageReward, languageSchema, words } from './language.ts';

const reward = languageReward(languageSchema.parse({}));
const score = (text: string, prompt: { language?: string; task?: string }, of = reward) =>
  of.score(completionOf(text, { prompt }));

describe('language', () => {
  // Words: 30 times 2 is 60 → times is · 再 60 加 8 得 68 → 再 加 得.
  const mixed = '<think> 30 times 2 is 60 . 再 60 加 8 得 68 . </think> <answer> 68 </answer>';

  it('is the share of the thought’s words in the prompt’s language', () => {
    expect(score(mixed, { language: 'en' })).toBe(2 / 5);
    expect(score(mixed, { language: 'zh' })).toBe(3 / 5);
  });

  it('looks at the thought only', () => {
    expect(score('<think> 加 </think> plus plus plus', { language: 'zh' })).toBe(1);
    expect(score('<think> 加 减 plus', { language: 'zh' })).toBe(2 / 3); // not closed
  });

  it('scores a wordless or missing thought as told, by task', () => {
    const empty = '<think> 1 + 1 = 2 </think> <answer> two </answer>';
    expect(score(empty, { language: 'en' })).toBe(0);
    expect(score(empty, { language: 'en', task: 'general' })).toBe(1);
    expect(score('no thought', { language: 'en' })).toBe(0);
    expect(score(empty, { language: 'en' }, languageReward({ wordless: 0.5 }))).toBe(0.5);
  });

  it('takes a thought that the prompt opened from the start of the response', () => {
    const completion = completionOf('加 减 plus </think> so', { prompt: { language: 'zh' }, opened: true });
    expect(reward.score(completion)).toBe(2 / 3);
  });

  it('cannot tell without a language and refuses one that does not exist', () => {
    expect(score(mixed, {})).toBeNull();
    expect(() => score(mixed, { language: 'no language' })).toThrow(RangeError);
    expect(() => score(mixed, { language: 'xx' })).toThrow('the script of language "xx" is not known');
  });

  it('knows regional tags and languages of several scripts', () => {
    expect(languageConsistency('计算 结果', 'zh-Hant-TW')).toBe(1);
    expect(languageConsistency('ひらがな カタカナ 漢字', 'ja')).toBe(1);
    expect(languageConsistency('проверим шаг check', 'ru')).toBe(2 / 3);
    expect(languageConsistency('verify', 'en-GB')).toBe(1);
  });
});

describe('words', () => {
  it('leaves out code, LaTeX, links, tags and numbers', () => {
    const text = [
      'First',
      '```js\nconst total = sum;\n```',
      '`inline code`',
      '$x = y$ and \\(a+b\\) \\[c\\] $$d\n+e$$ \\frac{a}{b}',
      'https://example.org/path <answer> 1,234.5',
      'don’t left-to-right r1 x_y unclosed ```py\nprint(z)',
    ].join('\n');
    expect(words(text)).toEqual(['First', 'and', 'don’t', 'left', 'to', 'right', 'r1', 'x', 'y', 'unclosed']);
  });

  it('cuts Chinese into words without spaces', () => {
    const all = words('首先 we compute 六加八');
    expect(all.slice(0, 3)).toEqual(['首先', 'we', 'compute']);
    expect(all.slice(3).join('')).toBe('六加八');
  });

  it('reads any response of 32,000 tokens in linear time', () => {
    const started = cpuMilliseconds();
    for (const mark of ['\\(', '\\[', '$$x', '```', '<a', '\\a{', '` ', '$ ', 'plus ', '加减'])
      words(mark.repeat(32_000));
    expect(cpuMilliseconds() - started).toBeLessThan(3_000);
  });
});
