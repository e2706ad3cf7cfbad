/**
 * R1-Zero on SmolLM2-135M-Instruct: reinforcement learning from rewards alone on word problems of one to three steps, in the
 * checkpoint's chat format. docs/real-model.md tells what came of it.
 *
 *   aha run recipes/smollm2/r1-zero.ts
 *
 * The checkpoint is fetched from the Hugging Face hub. For a folder or a GGUF file of it, or another model:
 *
 *   SMOLLM2=<path or name> aha run recipes/smollm2/r1-zero.ts
 */
import path from 'node:path';
import { defineRecipe } from '@aha-r1/aha';
import { writeData } from './data.ts';
import { MODEL } from './model.ts';

writeData(path.join(import.meta.dirname, 'data'));

const problems = (file: string) => ({ task: 'file' as const, path: `data/${file}` });

/** R1-Zero's two rewards, equally weighted. An empty thought would earn the form without thinking. */
const rewards = { accuracy: {}, format: { thought: 'present' as const } };

/** At temperature 1 this small model is incoherent: none of its responses is right, and one in ten has the form. */
const exploring = { temperature: 0.7, maxTokens: 160 };

const evaluation = (label: string, checkpoint: string, steps: 2 | 3) => ({
  stage: 'evaluate' as const,
  name: `${label.toLowerCase()}-${steps}`,
  label: `${label}, ${steps} steps`,
  checkpoint,
  template: 'chat' as const,
  prompts: [problems(`zero-test-${steps}.jsonl`)],
  rewards,
  greedyProblems: 256,
  problems: 256,
  samples: 16,
  sampling: { temperature: 0.6, topP: 0.95, maxTokens: 160 },
});

export default defineRecipe({
  name: 'smollm2-r1-zero',
  title: 'R1-Zero on SmolLM2-135M-Instruct',
  stages: [
    evaluation('Base', MODEL, 2),
    evaluation('Base', MODEL, 3),
    {
      stage: 'rl',
      name: 'R1-Zero',
      model: MODEL,
      template: 'chat',
      prompts: [problems('zero-train.jsonl')],
      rewards,
      steps: 120,
      promptsPerStep: 32,
      groupSize: 16,
      minibatches: 2,
      sampling: exploring,
      advantage: 'grpo',
      loss: { policy: { kind: 'surrogate', clipLow: 0.2, clipHigh: 0.28 }, aggregation: 'token-mean' },
      lora: { rank: 8, alpha: 16 },
      optimizer: { peak: 2e-4, warmup: 5, shape: 'constant' },
      checkpointEvery: 20,
      validate: { every: 20, prompts: [problems('zero-validation.jsonl')], problems: 128, samples: 2 },
      keep: { best: 1, metric: 'validation/accuracy', artifact: 'best' },
    },
    evaluation('R1-Zero', '@R1-Zero', 2),
    evaluation('R1-Zero', '@R1-Zero', 3),
  ],
});
