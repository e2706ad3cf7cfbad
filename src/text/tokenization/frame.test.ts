import { expect, it } from 'vitest';
import { frameOf } from './frame.ts';

const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
const template = {
  type: 'TemplateProcessing',
  single: [special('<s>'), { Sequence: { id: 'A', type_id: 0 } }, special('</s>')],
  special_tokens: { '<s>': { ids: [1, 7] }, '</s>': { ids: [2] } },
};

it.each([
  [{ type: 'ByteLevel' }, [[], []]],
  [{ type: 'BertProcessing', cls: ['[CLS]', 3], sep: ['[SEP]', 4] }, [[3], [4]]],
  [template, [[1, 7], [2]]],
  [
    { type: 'Sequence', processors: [{ type: 'RobertaProcessing', cls: ['<', 8], sep: ['>', 9] }, template] },
    [
      [1, 7, 8],
      [9, 2],
    ],
  ],
])('reads %j', (json, frame) => {
  expect(frameOf(json as never)).toEqual(frame);
});

it.each([
  [{ type: 'Odd' }, 'post_processor "Odd" is not supported'],
  [{ type: 'BertProcessing', cls: ['x', 1] }, 'post_processor BertProcessing: sep is undefined'],
  [{ ...template, special_tokens: {} }, 'special_tokens has no ids of "<s>"'],
  [{ ...template, single: [] }, 'single has 0 sequences'],
])('refuses %j', (json, message) => {
  expect(() => frameOf(json as never)).toThrow(message);
});
