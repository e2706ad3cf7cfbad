import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest, suggestion } from './did-you-mean.ts';

describe('editDistance', () => {
  it.each([
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
    ['flaw', 'lawn', 2],
    ['same', 'same', 0],
  ])('of %s and %s is %i', (a, b, distance) => expect(editDistance(a, b)).toBe(distance));

  it('is a metric', () => {
    const word = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
        expect(editDistance(a, b) === 0).toBe(a === b);
      }),
    );
  });
});

describe('nearest', () => {
  const keys = ['steps', 'seed', 'learningRate', 'groupSize'];
  it.each([
    ['step', 'steps'],
    ['stepz', 'steps'],
    ['learningrate', 'learningRate'],
    ['group', 'groupSize'],
    ['zzz', null],
  ])('to %s is %s', (name, expected) => expect(nearest(name, keys)).toBe(expected));
});

describe('suggestion', () => {
  it('names the nearest, else everything there is', () => {
    expect(suggestion('stepz', ['steps', 'seed'])).toBe('did you mean "steps"?');
    expect(suggestion('quux', ['a', 'b'])).toBe('there is "a", "b"');
    expect(suggestion('quux', [])).toBe('there is none');
  });
});
