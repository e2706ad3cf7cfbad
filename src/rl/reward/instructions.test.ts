import { describe, expect, it } from 'vitest';
import { completionOf } from '../../../tests/support/completion.ts';
import { instructionsReward, instructionsSchema } from './instructions.ts';

const instructions = [
  { id: 'punctuation:no_comma', arguments: {} },
  { id: 'length_constraints:number_words', arguments: { num_words: 2, relation: 'at least' } },
];
const given = (meta: object) => meta as { instructions: [] };
const score = (text: string, settings: object = {}, meta: object = { instructions }) =>
  instructionsReward(instructionsSchema.parse(settings)).score(
    completionOf(text, { prompt: { meta: given(meta) } }),
  );

describe('instructions', () => {
  it('pays for following all of them, in the answer alone', () => {
    expect(score('<think> a, b </think> <answer> two words </answer>')).toBe(1);
    expect(score('two words')).toBe(1);
    expect(score('two, words')).toBe(0);
  });

  it('pays shares where asked', () => {
    expect(score('two, words', { partial: true })).toBe(0.5);
    expect(score('Sure, so:\ntwo words', { strictness: 'loose' })).toBe(1);
  });

  it('scores nothing for a thought that is not closed, null without instructions', () => {
    expect(score('<think> two words')).toBe(0);
    const opened = completionOf('two words', { prompt: { meta: given({ instructions }) }, opened: true });
    expect(instructionsReward(instructionsSchema.parse({})).score(opened)).toBe(0);
    expect(score('two words', {}, {})).toBeNull();
  });

  it('names an instruction that is none', () => {
    expect(() => score('a', {}, { instructions: [{ id: 'no', arguments: {} }] })).toThrow(
      /no instruction is named/,
    );
    expect(() => score('a', {}, { instructions: 3 })).toThrow(/expected array/);
  });
});
