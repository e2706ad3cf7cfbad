import { describe, expect, it } from 'vitest';
import { representatives } from './equivalence.ts';

const byValue = (a: string, b: string) => Number(a) === Number(b);

describe('representatives', () => {
  it('replaces an answer by the first that means the same', async () => {
    const answers = ['0.5', '2', null, '.5', ' 2.0 ', '0.50', '3', null];
    expect(await representatives(answers, byValue)).toEqual(['0.5', '2', null, '0.5', '2', '0.5', '3', null]);
  });

  it('waits for a verifier, and does not ask it about equal texts', async () => {
    const asked: string[] = [];
    const same = async (a: string, b: string) => {
      asked.push(`${a} ${b}`);
      return byValue(a, b);
    };
    expect(await representatives(['1', '1', ' 1', '1.0', '1.0', '2'], same)).toEqual([
      '1',
      '1',
      '1',
      '1',
      '1',
      '2',
    ]);
    expect(asked).toEqual(['1 1.0', '1 2']);
  });
});
