/**
 * How R1-Zero is asked: the checkpoint has never seen R1's tags, so a system prompt names the form, and solved examples show
 * it. It learns from rewards alone; without an example no response has the form, and there is nothing to reward.
 */
import type { WordProblem } from './problems.ts';

const FORM =
  'You solve word problems. First think step by step between <think> and </think>. ' +
  'Then give only the number between <answer> and </answer>.';

const EXAMPLES = [
  [
    'Paula has 12 nuts at first. Paula buys 9 more nuts. Paula gives 6 nuts to Ivan. How many nuts does Paula have now? Answer with a whole number.',
    '<think> Paula starts with 12 nuts. She buys 9 more: 12 + 9 = 21. She gives 6 away: 21 - 6 = 15. </think> <answer> 15 </answer>',
  ],
  [
    'Otto has 4 shells to begin with. Otto buys 3 boxes with 5 shells in each. Otto then sells everything for 2 dollars each. How many dollars does that bring? Answer with a whole number.',
    '<think> Otto starts with 4 shells. The boxes hold 3 * 5 = 15 shells: 4 + 15 = 19. Each brings 2 dollars: 19 * 2 = 38. </think> <answer> 38 </answer>',
  ],
] as const;

interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** A problem after the form and its examples. */
export function askedWithExample({ prompt, ...rest }: WordProblem): object {
  const messages: Message[] = [
    { role: 'system', content: FORM },
    ...EXAMPLES.flatMap(([user, assistant]): Message[] => [
      { role: 'user', content: user },
      { role: 'assistant', content: assistant },
    ]),
    { role: 'user', content: prompt },
  ];
  return { prompt: messages, ...rest };
}
