/**
 * Does reinforcement learning widen what a model can solve, or make it likely? pass@k of the base model and of R1-Zero with
 * 128 samples of a problem, at the temperature of training.
 *
 *   aha run recipes/aha/pass-at-k.ts
 */
import { defineRecipe } from '@aha-r1/aha';
import { BASE, evaluation, exploring, reinforcement } from './settings.ts';

const many = (label: string, checkpoint: string) => ({
  ...evaluation(label, checkpoint, 128),
  sampling: exploring,
});

export default defineRecipe({
  name: 'aha-pass-at-k',
  title: 'pass@k of the base model and of R1-Zero',
  stages: [many('Base', BASE), { ...reinforcement, name: 'R1-Zero' }, many('R1-Zero', '@R1-Zero')],
});
