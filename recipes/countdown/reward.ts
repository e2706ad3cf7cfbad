import { type Completion, findFamily } from '@aha-r1/aha';

const { score } = findFamily('countdown')!;

/** 1 for an expression that reaches the target of the row with each of its numbers used exactly once, else 0. */
export default function reward({ prompt, response }: Completion): number {
  const { nums, target } = prompt.columns as { nums: number[]; target: number };
  const [expression = ''] = (response.answer ?? '').split('=');
  const used = expression.match(/\d+/g) ?? [];
  if (inOrder(used.map(Number)) !== inOrder(nums)) return 0;
  // The scorer of the generated task reads the expression and computes it exactly; nothing is run as code.
  return score(expression, { text: prompt.text, answer: '', meta: { numbers: nums, target } });
}

function inOrder(numbers: readonly number[]): string {
  return numbers.toSorted((a, b) => a - b).join();
}
