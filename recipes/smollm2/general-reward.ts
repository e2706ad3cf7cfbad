import type { Completion } from '@aha-r1/aha';

/** 1 for an answer that contains all texts in the row's column `must`, in any case of letters, else 0. */
export default function reward({ prompt, response }: Completion): number {
  const answer = (response.answer ?? '').toLowerCase();
  const { must } = prompt.columns as { must: string[] };
  return must.every((text) => answer.includes(text.toLowerCase())) ? 1 : 0;
}
