/**
 * How R1-Zero is asked: the checkpoint has never seen R1's tags, so a system prompt names the form, and solved examples show
 * it. It learns from rewards alone; without an example no response has the form, and there is nothing to reward.
 */
const FORM =
  'You solve word problems. First think step by step between <think> and </think>. ' +
  'Then give only the number between <answer> and </answer>.';

const EXAMPLES = [
  [
    'Paula has 8 nuts at first. Paula buys 9 more nuts. Paula gives 6 nuts to Ivan. How many nuts does Paula have now? Answer with a whole number.',
    '<think> Paula starts with 8 nuts. She buys 9 more: 8 + 9 = 17. She gives 6 away: 17 - 6 = 11. </think> <answer> 11 </answer>',
  ],
  [
    'Otto has 10 shells to begin with. On the way home Otto loses 7 shells. Bea gives Otto 4 shells. How many shells does Otto have now? Answer with a whole number.',
    '<think> Otto starts with 10 shells. He loses 7: 10 - 7 = 3. Bea gives him 4: 3 + 4 = 7. </think> <answer> 7 </answer>',
  ],
] as const;

interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** A problem after the form and its examples; the other columns stay. */
export function askedWithExamples<Row extends { readonly prompt: string }>({ prompt, ...rest }: Row): object {
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
