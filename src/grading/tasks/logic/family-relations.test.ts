import { describe, expect, it } from 'vitest';
import { familyRelations } from './family-relations.ts';

const fact = (parent: string, child: string, childIsWoman: boolean) => ({
  parent,
  parentIsWoman: true,
  child,
  childIsWoman,
  fromChild: true,
});
/** Ada ─ Bea, Carl; Bea ─ Dora; Carl ─ Erik ─ Flora. */
const facts = [
  fact('Ada', 'Bea', true),
  fact('Ada', 'Carl', false),
  fact('Bea', 'Dora', true),
  fact('Carl', 'Erik', false),
  fact('Erik', 'Flora', true),
  { ...fact('Ada', 'Georg', false), fromChild: false },
];

const relation = (asking: string, other: string) =>
  familyRelations.solve({ text: '', answer: '', meta: { facts, asking, other } });

describe('family-relations', () => {
  it.each([
    ['Bea', 'Carl', 'sister'],
    ['Carl', 'Bea', 'brother'],
    ['Bea', 'Erik', 'aunt'],
    ['Carl', 'Dora', 'uncle'],
    ['Erik', 'Bea', 'nephew'],
    ['Dora', 'Erik', 'cousin'],
    ['Ada', 'Dora', 'grandmother'],
    ['Ada', 'Flora', 'great-grandmother'],
    ['Flora', 'Ada', 'great-granddaughter'],
    ['Bea', 'Flora', 'great-aunt'],
  ])('%s is to %s the %s', (asking, other, word) => {
    expect(relation(asking, other)).toEqual([word]);
  });

  it('says nothing of strangers', () => {
    expect(relation('Bea', 'Max')).toEqual([]);
  });

  it('takes one word in any case', () => {
    const problem = { text: '', answer: 'great-aunt', meta: {} };
    for (const fine of ['great-aunt', 'Great-Aunt.', 'great aunt', 'greataunt']) {
      expect(familyRelations.score(fine, problem)).toBe(1);
    }
    for (const wrong of ['aunt', 'great-uncle', 'aunt great', 'great-aunt or aunt']) {
      expect(familyRelations.score(wrong, problem)).toBe(0);
    }
  });
});
