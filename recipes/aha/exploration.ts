/**
 * What exploration does to self-correction: the temperature of the rollouts, and the size of a group at the same number of
 * responses.
 *
 *   aha run recipes/aha/exploration.ts
 */
import { defineRecipe } from '@aha-r1/aha';
import { BASE, evaluation, exploring, reinforcement } from './settings.ts';

const arms = [
  { ...reinforcement, name: 'demo' },
  ...[0.6, 1.2].map((temperature) => ({
    ...reinforcement,
    name: `temperature-${temperature * 10}`,
    sampling: { ...exploring, temperature },
  })),
  ...[4, 64].map((groupSize) => ({
    ...reinforcement,
    name: `groups-of-${groupSize}`,
    groupSize,
    promptsPerStep: 256 / groupSize,
  })),
];

export default defineRecipe({
  name: 'aha-exploration',
  title: 'Self-correction against temperature and group size',
  stages: [evaluation('Base', BASE), ...arms.flatMap((one) => [one, evaluation(one.name, `@${one.name}`)])],
});
