/**
 * DeepSeek-R1's whole recipe on the search world: R1-Zero, cold start, reasoning RL, rejection sampling, fine-tuning of the
 * base model, RL, and distillation into a smaller model whose documents never said "wait".
 *
 *   aha run recipes/aha/whole-recipe.ts
 *
 * The world has one language and no general questions: no reward for language, no reward models.
 */
import { defineRecipe } from '@aha-r1/aha';
import { BASE, cosine, decay, evaluation, exploring, prompts, reinforcement, rewards } from './settings.ts';

const STUDENT = 'models/aha-student';

const template = 'plain' as const;
const decontaminate = { prompts, count: 194 };

/** Keeps what is right and in the form. */
const rejection = (name: string, model: string) => ({
  stage: 'reject' as const,
  name,
  model,
  template,
  prompts,
  promptCount: 1024,
  samples: 2,
  sampling: exploring,
  rewards,
  decontaminate,
});

const tuning = (name: string, model: string, path: string, epochs: number, peak: number) => ({
  stage: 'sft' as const,
  name,
  model,
  template,
  data: [{ source: 'jsonl' as const, path }],
  epochs,
  packing: { rowLength: 256, rowsPerStep: 8 },
  optimizer: cosine(peak),
});

export default defineRecipe({
  name: 'aha-whole-recipe',
  title: 'The whole R1 recipe on the search world',
  stages: [
    evaluation('Base', BASE),
    { ...reinforcement, name: 'R1-Zero' },
    evaluation('R1-Zero', '@R1-Zero'),

    // Cold start: R1-Zero's own thoughts on problems with more hits among their expressions, one a problem.
    {
      ...rejection('cold-start', '@R1-Zero'),
      prompts: [{ task: 'search', minHitShare: 0.16 }],
      promptCount: 256,
      keepPerPrompt: 1,
    },
    {
      stage: 'sft',
      name: 'Dev1',
      model: BASE,
      template,
      data: [{ source: 'jsonl', path: '@cold-start/data.jsonl', count: 150 }],
      epochs: 2,
      batchSize: 16,
      optimizer: cosine(2e-4),
    },
    evaluation('Dev1', '@Dev1'),

    { ...reinforcement, name: 'Dev2', model: '@Dev1' },
    evaluation('Dev2', '@Dev2'),

    rejection('reasoning-data', '@Dev2'),
    tuning('Dev3', BASE, '@reasoning-data/data.jsonl', 3, 6e-4),
    evaluation('Dev3', '@Dev3'),

    { ...reinforcement, name: 'R1', model: '@Dev3', optimizer: decay(7e-5) },
    evaluation('R1', '@R1'),

    // Distillation into a student that has never seen "wait"; beside it the student with reinforcement learning alone.
    { ...rejection('teacher-data', '@R1'), promptCount: 2560, samples: 4 },
    evaluation('Student', STUDENT),
    tuning('Distilled', STUDENT, '@teacher-data/data.jsonl', 4, 2e-3),
    evaluation('Distilled', '@Distilled'),
    { ...reinforcement, name: 'Distilled-RL', model: '@Distilled' },
    evaluation('Distilled, then RL', '@Distilled-RL'),
    { ...reinforcement, name: 'Student-RL', model: STUDENT },
    evaluation('Student, RL alone', '@Student-RL'),
  ],
});
