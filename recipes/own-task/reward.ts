import type { Completion } from '@aha-r1/aha';

/** A right answer is worth 1, less 0.01 for each word before it: short thoughts pay. */
export default function reward({ prompt, text }: Completion): number {
  const [before = '', answer = ''] = text.split('<answer>');
  if (answer.replace('</answer>', '').trim() !== prompt.answer) return 0;
  return 1 - 0.01 * before.trim().split(/\s+/).length;
}
