import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { groupAnagrams } from './group-anagrams.ts';

const problem = { text: 'Group:\nate tan eat nat bat\nAnswer.', answer: 'ate, eat; bat; nat, tan', meta: {} };

describe('group-anagrams', () => {
  it('groups by letters and their counts', () => {
    expect(groupAnagrams.solve(problem)).toEqual([problem.answer]);
    expect(groupAnagrams.solve({ ...problem, text: '\naab abb\n' })).toEqual(['aab; abb']);
  });

  it('takes groups in any order and form', () => {
    for (const right of [
      'bat; tan, nat; eat, ate',
      '[nat, tan]\n[bat]\n[ate, eat]',
      'nat and tan; bat; ate and eat',
    ]) {
      expect(groupAnagrams.score(right, problem), right).toBe(1);
    }
    for (const wrong of [
      'ate, eat, bat; nat, tan',
      'ate, eat; nat, tan',
      'ate, eat; bat; bat; nat, tan',
      'ate; eat; bat; nat; tan',
    ]) {
      expect(groupAnagrams.score(wrong, problem), wrong).toBe(0);
    }
  });

  it('never draws two words that are anagrams of each other, such as lemon and melon', () => {
    for (let i = 0; i < 200; i++) {
      const drawn = groupAnagrams.generate(Random.derive(i, 'anagrams'), 5);
      expect(groupAnagrams.solve(drawn)).toEqual([drawn.answer]);
    }
  });
});
