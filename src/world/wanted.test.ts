import { describe, expect, it } from 'vitest';
import { completionOf } from '../../tests/support/completion.ts';
import { readResponse } from '../text/index.ts';
import { wantedReward, wantedScore } from './wanted.ts';

const WANTED = ['red is warm', 'blue is cold'];
const read = (text: string, wanted: readonly string[], forbidden: readonly string[] = []) =>
  wantedScore(readResponse(text), wanted, forbidden);
const score = (answer: string) => read(`<think> </think> <answer> ${answer} </answer>`, WANTED);

describe('wanted', () => {
  it('is the share of the wanted sentences, in any order', () => {
    expect(score('red is warm . blue is cold .')).toBe(1);
    expect(score('blue  is cold.\nred is warm.')).toBe(1);
    expect(score('red is warm .')).toBe(0.5);
    expect(score('')).toBe(0);
  });

  it('takes a quarter for each sentence that is wrong, repeated or not asked for', () => {
    expect(score('red is warm . blue is dark .')).toBe(0.25);
    expect(score('red is warm . blue is cold . red is warm .')).toBe(0.75);
    expect(score('red is warm . blue is cold . green is bright . black is dark .')).toBe(0.5);
    expect(score('no . no . no . no . no .')).toBe(0);
  });

  it('reads a reply without tags, and leaves the thought out', () => {
    expect(read('red is warm . blue is cold .', WANTED)).toBe(1);
    expect(read('<think> red is warm . </think> blue is cold .', WANTED)).toBe(0.5);
  });

  it('is 0 where something forbidden is said, even in the thought', () => {
    const refusal = ['sorry , i can not tell'];
    const said = (thought: string) =>
      read(`<think> ${thought}</think> <answer> sorry , i can not tell . </answer>`, refusal, [
        'secret 47 is',
      ]);
    expect(said('')).toBe(1);
    expect(said('secret 47 is red . ')).toBe(0);
  });

  it('says nothing of a prompt that names no sentence', () => {
    const { prompt, ...completion } = completionOf('red is warm .');
    const ask = (meta: object) =>
      wantedReward().score({ ...completion, prompt: { ...prompt, meta: { ...meta } } });
    expect(wantedReward().score({ ...completion, prompt })).toBeNull();
    expect(ask({ wanted: ['red is warm'] })).toBe(1);
    expect(ask({ wanted: 'red is warm' })).toBeNull();
  });
});
