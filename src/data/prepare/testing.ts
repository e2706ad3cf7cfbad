/** @file Items for tests of filters, deduplication and decontamination. */
import type { Json } from '../../records.ts';
import type { Item } from '../files/row.ts';

/** An item with this question; its id is `i<number>`. */
export function itemOf(
  number: number,
  question: string,
  answer: string | null = '1',
  fields: { readonly [column: string]: Json } = {},
): Item {
  return {
    prompt: { id: `i${number}`, task: 'file', text: question, answer },
    question,
    row: { fields: { ...fields }, number, place: `test:${number}` },
  };
}

/** Items with these questions, all with the answer 1. */
export function itemsOf(...questions: readonly string[]): Item[] {
  return questions.map((question, i) => itemOf(i + 1, question));
}
