/**
 * R1-Zero of r1-zero.ts with LoRA: an adapter of one million parameters in place of all weights, which are 135 million.
 *
 *   aha run recipes/smollm2/r1-zero-lora.ts
 *
 * Three of the seven kinds of layers are adapted: additions to all of them cost twice the time of training all weights.
 */
import { defineRecipe } from '@aha-r1/aha';
import zero from './r1-zero.ts';

export default defineRecipe({
  ...zero,
  name: 'smollm2-r1-zero-lora',
  title: 'R1-Zero on SmolLM2-135M-Instruct with LoRA',
  stages: zero.stages.map((stage) =>
    stage.stage === 'rl'
      ? {
          ...stage,
          lora: { rank: 8, alpha: 16, targets: ['q_proj', 'v_proj', 'down_proj'] },
          checkpointPrecision: 'bf16' as const,
          // Additions take a larger rate than weights.
          optimizer: { ...stage.optimizer, peak: 5e-4 },
        }
      : stage,
  ),
});
