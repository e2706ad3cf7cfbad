/**
 * Does reinforcement learning invent self-correction or amplify it? The same training of four base models, whose documents
 * say "wait" after none of their misses, after 3 %, 22 % and 59 % of them.
 *
 *   aha run recipes/aha/amplify.ts     # about ten minutes on one GPU: it pre-trains three of the four
 */
import { defineRecipe } from '@aha-r1/aha';
import { BASE, evaluation, pretraining, reinforcement } from './settings.ts';

/** Share of thoughts that end with their first attempt, hit or miss; 0.58 in models/aha-base. */
const impatience = { never: 1, seldom: 0.99, rarely: 0.9 };

const bases = Object.entries(impatience).map(([name, impatientShare]) =>
  pretraining(name, { impatientShare, stopRate: 1 }),
);

const arm = (name: string, model: string) => [
  evaluation(`Base ${name}`, model),
  { ...reinforcement, name: `R1-Zero-${name}`, model },
  evaluation(`R1-Zero ${name}`, `@R1-Zero-${name}`),
];

export default defineRecipe({
  name: 'aha-amplify',
  title: 'Self-correction: invented or amplified?',
  // As the checkpoints in models/ were made, on a GPU too.
  precision: 'fp32',
  stages: [...bases, ...bases.flatMap(({ name }) => arm(name, `@${name}`)), ...arm('often', BASE)],
});
