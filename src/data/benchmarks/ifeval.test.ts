import { describe, expect, it } from 'vitest';
import type { Json } from '../../records.ts';
import { ifeval } from './ifeval.ts';
import { FIXTURES, rowsOf } from './testing.ts';

const [row] = FIXTURES.ifeval!;
const read = (fields: { [column: string]: Json }) => ifeval.read(rowsOf({ ...row, ...fields })[0]!, 0);

describe('IFEval', () => {
  it('reads instructions with the arguments meant for them', () => {
    expect(read({}).meta).toEqual({
      instructions: [
        { id: 'punctuation:no_comma', arguments: {} },
        { id: 'length_constraints:number_words', arguments: { num_words: 5, relation: 'at least' } },
      ],
    });
  });

  it.each([
    [{ kwargs: [{}] }, /"kwargs" is not a list with one object for each of the 2 instructions/],
    [{ kwargs: [{}, 3] }, /"kwargs" is not a list with one object/],
    [{ kwargs: [{}, {}] }, /length_constraints:number_words: .*num_words/],
    [{ instruction_id_list: [], kwargs: [] }, /each of the 0 instructions/],
    [{ instruction_id_list: ['a:b', 'punctuation:no_comma'] }, /no instruction is named "a:b"/],
    [{ instruction_id_list: 'punctuation' }, /"instruction_id_list" is not JSON/],
  ])('refuses %j', (fields, message) => {
    expect(() => read(fields)).toThrow(message);
  });
});
