import { describe, expect, it } from 'vitest';
import { worldTokenizer } from '../world/index.ts';
import { tokensOfWords, wordLimitSchema } from './word-limit.ts';

describe('limits on words', () => {
  const tokenizer = worldTokenizer();

  it('name the tokens that are the words, in any case', () => {
    const ids = tokensOfWords(['Wait', '等等'], tokenizer);
    expect(ids.map((id) => tokenizer.tokenOf(id))).toEqual(['wait', '等等']);
  });

  it('refuse a word that is no token', () => {
    expect(() => tokensOfWords(['wait', 'perhaps'], tokenizer)).toThrow('"perhaps" is no token');
    expect(wordLimitSchema.safeParse({ words: [], most: 0 }).success).toBe(false);
    expect(wordLimitSchema.safeParse({ words: ['wait'], most: -1 }).success).toBe(false);
  });
});
