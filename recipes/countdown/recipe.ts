/**
 * Countdown from a file of your own: R1-Zero on the numbers round, scored by a script that reads columns of the row.
 *
 * train.jsonl and test.jsonl have the columns of Jiayi-Pan/Countdown-Tasks-3to4 on the Hugging Face hub: `nums` and
 * `target`. Their rows are from our generator, as the task `generated` with the family `countdown`; put other rows of the
 * same columns in their place. Put a base checkpoint where MODEL points, or name another:
 *
 *   aha run recipes/countdown/recipe.ts --set train.model=/models/Qwen2.5-1.5B --set before.checkpoint=/models/Qwen2.5-1.5B
 *
 * Weights, gradients and moments of 1.5B parameters take 25 GB in float32; activations come on top (docs/hardware.md).
 */
import { defineRecipe } from '@aha-r1/aha';

const MODEL = 'models/Qwen2.5-1.5B';

/** The question is made of columns. The file has no column `answer`, because a problem has many right answers. */
const problems = (path: string) => ({
  task: 'file' as const,
  name: 'countdown',
  path,
  promptTemplate:
    'Make {target} from the numbers {nums}: use each of them exactly once, with +, -, *, / and parentheses. ' +
    'Answer with the expression alone, such as (9 - 2) * 6',
});

/** A right answer is worth 1, and the form 0.1. */
const rewards = { custom: { file: 'reward.ts' }, format: { weight: 0.1 } };

const check = {
  stage: 'evaluate' as const,
  template: 'r1-zero' as const,
  prompts: [problems('test.jsonl')],
  rewards,
  greedyProblems: 64,
  problems: 64,
  samples: 4,
  sampling: { temperature: 0.6, topP: 0.95, maxTokens: 1024 },
};

export default defineRecipe({
  name: 'countdown',
  title: 'Countdown from a file',
  stages: [
    { ...check, name: 'before', checkpoint: MODEL },
    {
      stage: 'rl',
      name: 'train',
      model: MODEL,
      template: 'r1-zero',
      prompts: [problems('train.jsonl')],
      rewards,
      steps: 200,
      promptsPerStep: 32,
      groupSize: 16,
      minibatches: 4,
      sampling: { temperature: 1, maxTokens: 1024 },
      tokensPerMicroBatch: 4096,
      optimizer: { peak: 1e-6, warmup: 10, shape: 'constant' },
    },
    { ...check, name: 'after', checkpoint: '@train' },
  ],
  // For the dry run of a machine without the checkpoint.
  assume: { models: { [MODEL]: { parameters: 1.54e9, layers: 28 } } },
});
