/**
 * R1-Zero on SmolLM2-135M-Instruct: word problems of one to three steps, in the checkpoint's chat format, with a reward for the
 * right answer alone.
 *
 *   aha run recipes/smollm2/r1-zero.ts
 *
 * The checkpoint is fetched from the Hugging Face hub. For a folder or a GGUF file of it:
 *
 *   aha run recipes/smollm2/r1-zero.ts --set evaluate-base.checkpoint=<path> --set R1-Zero.model=<path>
 *
 * Sized for one GPU: a step of 512 responses took 2 to 5 s on an H200 that two other runs shared.
 */
import { defineRecipe } from 'aha';

const MODEL = 'hf:HuggingFaceTB/SmolLM2-135M-Instruct';

/** The model announces its answers ("The answer is 6."): without a tag or a box, the last number is the answer. */
const rewards = { accuracy: {} };

const problems = (path: string) => ({ task: 'file' as const, path });

const check = {
  stage: 'evaluate' as const,
  template: 'chat' as const,
  prompts: [problems('test-2.jsonl')],
  rewards,
  greedyProblems: 256,
  problems: 128,
  samples: 8,
  sampling: { temperature: 0.6, topP: 0.95, maxTokens: 200 },
};

export default defineRecipe({
  name: 'smollm2-r1-zero',
  title: 'R1-Zero on SmolLM2-135M-Instruct',
  stages: [
    { ...check, name: 'evaluate-base', label: 'Base', checkpoint: MODEL },
    {
      stage: 'rl',
      name: 'R1-Zero',
      model: MODEL,
      template: 'chat',
      prompts: [problems('train.jsonl')],
      rewards,
      steps: 100,
      promptsPerStep: 32,
      groupSize: 16,
      minibatches: 2,
      sampling: { temperature: 1, maxTokens: 200 },
      advantage: 'grpo',
      loss: { policy: { kind: 'surrogate', clipLow: 0.2, clipHigh: 0.28 }, aggregation: 'token-mean' },
      optimizer: { peak: 1e-5, warmup: 5, shape: 'constant' },
      checkpointEvery: 10,
    },
    { ...check, name: 'evaluate-r1-zero', label: 'R1-Zero', checkpoint: '@R1-Zero' },
    {
      ...check,
      name: 'three-steps',
      label: 'R1-Zero, 3 steps',
      checkpoint: '@R1-Zero',
      prompts: [problems('test-3.jsonl')],
    },
  ],
});
