import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { drawPeople, MEN, WOMEN } from './people.ts';
import { WORDS } from './strings/vocabulary.ts';

describe('people', () => {
  it('have names of which none is part of another', () => {
    const names: string[] = [...WOMEN, ...MEN];
    for (const name of names) {
      expect(names.filter((other) => other.toLowerCase().includes(name.toLowerCase()))).toEqual([name]);
    }
  });

  it('are drawn without repetition', () => {
    const drawn = drawPeople(Random.derive(1), 40);
    expect(new Set(drawn).size).toBe(40);
  });
});

describe('the vocabulary', () => {
  it('has different words of plain letters', () => {
    expect(new Set(WORDS).size).toBe(WORDS.length);
    for (const word of WORDS) expect(word).toMatch(/^[a-z]{3,8}$/);
  });
});
