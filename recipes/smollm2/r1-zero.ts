/**
 * R1-Zero on SmolLM2-135M-Instruct: reinforcement learning from rewards alone on word problems of two steps, in the checkpoint's
 * chat format. docs/real-model.md tells what came of it.
 *
 *   aha run recipes/smollm2/r1-zero.ts
 *
 * The checkpoint is fetched from the Hugging Face hub. For a folder or a GGUF file of it, or another model:
 *
 *   SMOLLM2=<path or name> aha run recipes/smollm2/r1-zero.ts
 */
import { defineRecipe } from '@aha-r1/aha';
import { dataFolder } from './data.ts';
import { MODEL } from './model.ts';

const folder = dataFolder();
const problems = (file: string) => ({ task: 'file' as const, path: `${folder}/${file}` });

/** R1-Zero's two rewards, equally weighted. An empty thought would earn the form without thinking. */
const rewards = { accuracy: {}, format: { thought: 'present' as const } };

/** At temperature 1 one response in five of the base has the form. Ten steps are enough for nearly all to have it. */
const exploring = { temperature: 1, maxTokens: 80 };

/** As in the paper's evaluations. */
const measured = { temperature: 0.6, topP: 0.95, maxTokens: 128 };

/** Problems as in training, and two harder kinds that are not trained on. */
const evaluation = (label: string, checkpoint: string) =>
  [
    ['plain', 'zero-test.jsonl'],
    ['all of 2 steps', 'zero-test-2.jsonl'],
    ['all of 3 steps', 'zero-test-3.jsonl'],
  ].map(([of, file]) => ({
    stage: 'evaluate' as const,
    name: `${label} ${of}`.toLowerCase().replaceAll(' ', '-'),
    label: `${label}, ${of}`,
    checkpoint,
    template: 'chat' as const,
    prompts: [problems(file!)],
    rewards,
    greedyProblems: 256,
    problems: 256,
    samples: 8,
    sampling: measured,
  }));

export default defineRecipe({
  name: 'smollm2-r1-zero',
  title: 'R1-Zero on SmolLM2-135M-Instruct',
  stages: [
    ...evaluation('Base', MODEL),
    {
      stage: 'rl',
      name: 'R1-Zero',
      model: MODEL,
      template: 'chat',
      prompts: [problems('zero-train.jsonl')],
      rewards,
      steps: 100,
      promptsPerStep: 16,
      groupSize: 16,
      sampling: exploring,
      advantage: 'grpo',
      loss: { policy: { kind: 'surrogate', clipLow: 0.2, clipHigh: 0.28 }, aggregation: 'token-mean' },
      optimizer: { peak: 2e-5, warmup: 5, shape: 'constant' },
      checkpointEvery: 50,
      validate: { every: 20, prompts: [problems('zero-validation.jsonl')], problems: 64, samples: 4 },
      keep: { best: 1, metric: 'validation/accuracy', artifact: 'best' },
    },
    ...evaluation('R1-Zero', '@R1-Zero'),
  ],
});
