/**
 * The aha moment in minutes: a base model that can say "wait" and seldom does learns by reinforcement learning alone to
 * doubt a miss and try again, and needs it: with the word forbidden it is no better than the base.
 *
 *   aha run recipes/aha-tiny.ts
 */
import { defineRecipe } from '@aha-r1/aha';

const evaluation = {
  stage: 'evaluate' as const,
  template: 'plain' as const,
  prompts: [{ task: 'search' as const }],
  rewards: { search: {}, format: { thought: 'present' as const } },
  greedyProblems: 192,
  problems: 192,
  samples: 4,
};
const sampling = { temperature: 0.6, maxTokens: 192 };

/** The trained checkpoint with `wait` allowed so many times: one attempt more than that. */
const allowed = (most: number) => ({
  ...evaluation,
  name: `attempts-${most + 1}`,
  label: most === 0 ? '… "wait" forbidden' : `… at most ${most + 1} attempts`,
  checkpoint: '@R1-Zero',
  greedyProblems: 0,
  sampling: { ...sampling, limit: { words: ['wait'], most } },
});

export default defineRecipe({
  name: 'aha-tiny',
  title: 'The aha moment on a laptop: a model learns to say "wait", and needs it',
  about: `
The base model (models/aha-base, 0.7M parameters) was trained on problems such as
  User: make 15 from 3 . 5 . 7 ? Assistant: <think> 3 plus 5 is 8 . 8 minus 7 is 1 . wait 3 plus 5 is 8 . 8 plus 7 is 15 .
  </think> <answer> 3 + 5 + 7 </answer>
In its documents 59 % of the misses are followed by "wait" and another attempt; the rest are given as the answer, and four in
ten problems are answered without a thought. From here on nobody shows it how to think: it samples 16 answers to a problem,
and those that are right, or in the form <think> … </think> <answer> … </answer>, are rewarded.`,
  reading: [
    {
      better: 'evaluate-r1-zero',
      worse: 'evaluate-base',
      text: `
R1-Zero tries until it hits: its answers are right more often than the base's, and the columns "wait" and "attempts" show what
it does for that.`,
      otherwise: `
R1-Zero's answers are not right more often than the base's: in this run reinforcement learning has not helped.`,
    },
    `
The rows between them are the same checkpoint held back: so many attempts and no more.`,
    {
      better: 'evaluate-r1-zero',
      worse: 'attempts-1',
      text: 'Forbid the word "wait", and it answers with its first attempt and is right less often: it needs the word.',
      otherwise: 'Forbidding the word "wait" did not cost accuracy: in this run it does not need the word.',
    },
    {
      better: 'attempts-1',
      worse: 'evaluate-base',
      text: 'Without the word it is still right more often than the base.',
      otherwise: 'Without the word it is right no more often than the base.',
    },
    `
The base's documents hold "wait" after 59 % of the misses, so reinforcement learning did not invent the word.`,
  ],
  stages: [
    { ...evaluation, name: 'evaluate-base', label: 'Base', checkpoint: 'models/aha-base', sampling },
    {
      stage: 'rl',
      name: 'R1-Zero',
      model: 'models/aha-base',
      template: 'plain',
      prompts: [{ task: 'search' }],
      rewards: { search: {}, format: { thought: 'present' } },
      steps: 60,
      promptsPerStep: 16,
      groupSize: 16,
      minibatches: 2,
      sampling: { temperature: 1, maxTokens: 192 },
      advantage: 'grpo',
      // R1's own ε: almost nothing is clipped. Token mean, because 1/|o| rewards short guesses.
      loss: { policy: { kind: 'surrogate', clipLow: 10, clipHigh: 10 }, aggregation: 'token-mean' },
      optimizer: { peak: 1e-4, warmup: 5, shape: 'linear', floor: 0.1 },
    },
    ...[0, 1, 2, 4].map(allowed),
    { ...evaluation, name: 'evaluate-r1-zero', label: 'R1-Zero', checkpoint: '@R1-Zero', sampling },
  ],
});
