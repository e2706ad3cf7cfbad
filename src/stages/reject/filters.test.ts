import { describe, expect, it } from 'vitest';
import { cpuMilliseconds } from '../../../tests/support/cpu-time.ts';
import {
  type FiltersConfig,
  filtersSchema,
  hasCodeBlock,
  lengthReason,
  longestParagraph,
  otherLanguageShare,
  thoughtReason,
} from './filters.ts';

const EN = { text: 'what is 1 + 2 ?', language: 'en' };
const config = (settings: object): FiltersConfig => filtersSchema.parse(settings);
const reason = (thought: string, settings: object, prompt: object = EN) =>
  thoughtReason(thought, { ...EN, ...prompt }, config(settings));

describe('lengthReason', () => {
  const response = (length: number, finish: 'stop' | 'length' = 'stop') => ({
    finish,
    tokens: new Int32Array(length),
  });

  it('drops what was cut, unless told to keep it', () => {
    expect(lengthReason(response(3, 'length'), config({}))).toBe('truncated');
    expect(lengthReason(response(3, 'length'), config({ truncated: 'keep' }))).toBeNull();
  });

  it('takes the bounds as allowed', () => {
    const bounds = config({ minTokens: 2, maxTokens: 4 });
    expect([1, 2, 4, 5].map((length) => lengthReason(response(length), bounds))).toEqual([
      'minTokens',
      null,
      null,
      'maxTokens',
    ]);
  });
});

describe('otherLanguageShare', () => {
  it.each([
    ['first add two', EN, 0],
    ['first 加 two 三', EN, 0.5],
    ['```\n代码\n``` all of it', EN, 0],
    ['1 + 2 = 3', EN, 0],
    ['', EN, 0],
    ['先 算 two', { text: '算', language: 'zh' }, 1 / 3],
    // No stated language: the question's own.
    ['先 算', { text: '多少 ?' }, 0],
    ['first', { text: '多少 ?' }, 1],
    ['сначала', { text: 'сколько будет ?' }, 0],
    ['anything at 全部', { text: '1 + 2' }, 0],
  ])('%j: %f', (thought, prompt, share) => {
    expect(otherLanguageShare(thought, prompt)).toBeCloseTo(share, 12);
  });
});

describe('thoughtReason', () => {
  it('drops nothing unless asked', () => {
    expect(reason('no no no no no no 不\n```js\n```', {})).toBeNull();
  });

  it('allows a share of other languages up to the bound', () => {
    const thought = 'add two then 三';
    expect(reason(thought, { languageMix: 0.25 })).toBeNull();
    expect(reason(thought, { languageMix: 0.24 })).toBe('languageMix');
  });

  it('drops a thought that goes round, not one that checks itself once', () => {
    const steps = 'first 3 * 4 = 12 then 12 + 5 = 17 .';
    expect(reason(`${steps} wait , let me check . ${steps}`, { repetition: {} })).toBeNull();
    expect(reason(`${steps} `.repeat(3), { repetition: {} })).toBe('repetition');
    expect(reason('so wait , wait , wait , wait , wait , yes', { repetition: {} })).toBe('repetition');
    expect(reason('======== result ========', { repetition: {} })).toBeNull();
  });

  it('says the first of several reasons', () => {
    const all = { languageMix: 0, repetition: {}, longParagraph: 5, codeBlocks: 'drop' };
    expect(reason('```\n不 不 不 不 不 不 and so on\n```', all)).toBe('repetition');
    expect(reason('不 and so on', all)).toBe('languageMix');
    expect(reason('and so on', all)).toBe('longParagraph');
    expect(reason('```', all)).toBe('codeBlocks');
  });

  it('is fast on a thought of a megabyte, whatever is in it', () => {
    const all = { languageMix: 0, repetition: {}, longParagraph: 1e9, codeBlocks: 'drop' };
    const start = cpuMilliseconds();
    for (const text of ['```', '\n \t', '\\(', '$', '不a', 'x', '<']) reason(text.repeat(1e5), all);
    expect(cpuMilliseconds() - start).toBeLessThan(20_000);
  });
});

describe('longestParagraph', () => {
  it.each([
    ['', 0],
    ['one', 3],
    ['one\ntwo\n\nlonger one', 10],
    ['one\ntwo\n \t \nx', 7],
    ['\n\n\n', 0],
    ['算𠀀', 2],
    ['a\r\n\r\nbcd', 3],
  ])('%j: %i', (text, length) => {
    expect(longestParagraph(text)).toBe(length);
  });
});

describe('hasCodeBlock', () => {
  it.each([
    ['```python\nprint(1)\n```', true],
    ['so: ```x```', true],
    ['  ~~~\nx\n~~~', true],
    ['about ~~~ 3', false],
    ['the value `x`', false],
    ['', false],
  ])('%j: %s', (text, has) => {
    expect(hasCodeBlock(text)).toBe(has);
  });
});
