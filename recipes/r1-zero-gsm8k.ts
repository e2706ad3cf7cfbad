/**
 * R1-Zero for a real base model: reinforcement learning on grade-school mathematics with rule-based rewards alone.
 *
 * Put a Hugging Face checkpoint folder (Qwen2.5-0.5B, say) and the files of GSM8K where the paths below point, or name
 * others on the command line:
 *
 *   aha run recipes/r1-zero-gsm8k.ts --set R1-Zero.model=/models/Qwen2.5-0.5B --set evaluate-base.checkpoint=/models/Qwen2.5-0.5B
 *
 * Sized for one GPU with 80 GB and a model of 0.5B parameters in float32.
 */
import { defineRecipe } from '@aha-r1/aha';

const MODEL = 'models/Qwen2.5-0.5B';
const TRAIN = 'data/gsm8k/train.jsonl';
const TEST = 'data/gsm8k/test.jsonl';

/** The answer inside <answer>, compared as mathematics; the question without a form of its own: the template asks for it. */
const rewards = { accuracy: { verifier: 'math' as const }, format: {} };

const evaluation = {
  stage: 'evaluate' as const,
  template: 'r1-zero' as const,
  prompts: [{ task: 'benchmark' as const, name: 'gsm8k' as const, path: TEST, wording: 'none' as const }],
  rewards,
  greedyProblems: 512,
  problems: 64,
  samples: 16,
  sampling: { temperature: 0.6, topP: 0.95, maxTokens: 1024 },
};

export default defineRecipe({
  name: 'r1-zero-gsm8k',
  title: 'R1-Zero on GSM8K',
  stages: [
    { ...evaluation, name: 'evaluate-base', label: 'Base', checkpoint: MODEL },
    {
      stage: 'rl',
      name: 'R1-Zero',
      model: MODEL,
      template: 'r1-zero',
      prompts: [
        {
          task: 'benchmark',
          name: 'gsm8k',
          path: TRAIN,
          wording: 'none',
          decontaminate: [{ benchmark: 'gsm8k', path: TEST }],
        },
      ],
      rewards,
      steps: 200,
      promptsPerStep: 32,
      groupSize: 16,
      minibatches: 4,
      sampling: { temperature: 1, maxTokens: 1024, maxRows: 512 },
      advantage: 'grpo',
      loss: { policy: { kind: 'surrogate', clipLow: 10, clipHigh: 10 }, aggregation: 'token-mean' },
      optimizer: { peak: 1e-6, warmup: 10, shape: 'constant' },
      checkpointEvery: 20,
    },
    { ...evaluation, name: 'evaluate-r1-zero', label: 'R1-Zero', checkpoint: '@R1-Zero' },
  ],
});
