/**
 * @file Instruction reward (IFEval, 2311.07911): whether the answer follows every verifiable instruction of its prompt.
 *
 * The instructions are in `prompt.meta.instructions`, `[{id, arguments}]`; null where a prompt has none. The thought is
 * left out; a reply whose thought is not closed follows none.
 */
import { z } from 'zod';
import { followed, type Instruction } from '../../grading/verify/instructions/index.ts';
import type { Completion, Json } from '../../records.ts';
import { defineReward } from './definition.ts';
import type { Reward } from './reward.ts';

/** Settings of the reward `instructions`. */
export const instructionsSchema = z.strictObject({
  strictness: z
    .enum(['strict', 'loose'])
    .default('strict')
    .describe('`loose` also accepts the answer without its first line, its last line, or asterisks'),
  partial: z
    .boolean()
    .default(false)
    .describe('Pay the share of instructions followed; otherwise 1 only for all of them'),
});

const metaSchema = z.array(z.object({ id: z.string(), arguments: z.record(z.string(), z.json()) })).min(1);

function instructionsIn(meta: { readonly [key: string]: Json } | undefined): readonly Instruction[] | null {
  return meta?.instructions === undefined ? null : metaSchema.parse(meta.instructions);
}

/** The instruction reward. Throws for a prompt whose instructions are none that can be verified. */
export function instructionsReward(options: z.output<typeof instructionsSchema>): Reward {
  const { strictness, partial } = options;
  return {
    name: 'instructions',
    answers: null,
    score({ prompt, response }: Completion) {
      const instructions = instructionsIn(prompt.meta);
      if (instructions === null) return null;
      const verdicts = followed(response.said ?? '', instructions, strictness);
      const share = verdicts.filter(Boolean).length / verdicts.length;
      return partial || share === 1 ? share : 0;
    },
  };
}

export const instructions = defineReward({
  name: 'instructions',
  about: '1 when the answer follows every verifiable instruction of its prompt, else 0',
  says: 'right',
  schema: instructionsSchema,
  needs: () => ({
    what: 'verifiable instructions',
    remedy: 'Use prompts of the benchmark ifeval.',
    has: ({ meta }) => instructionsIn(meta) !== null,
  }),
  create: instructionsReward,
});
