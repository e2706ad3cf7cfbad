/** The settings that the studies of the search world share: those of ../aha-tiny.ts. */

export const BASE = 'models/aha-base';

export const prompts = [{ task: 'search' as const }];
const template = 'plain' as const;
export const rewards = { search: {}, format: { thought: 'present' as const } };
export const exploring = { temperature: 1, maxTokens: 192 };
export const decay = (peak: number) => ({ peak, warmup: 5, shape: 'linear' as const, floor: 0.1 });
export const cosine = (peak: number) => ({ peak, warmup: 10, shape: 'cosine' as const, floor: 0.1 });

/** The 192 held-out problems, greedily and four times at T 0.6. */
export const evaluation = (label: string, checkpoint: string, samples = 4) => ({
  stage: 'evaluate' as const,
  name: `evaluate-${label.replaceAll(/[^A-Za-z0-9]+/g, '-').toLowerCase()}`,
  label,
  checkpoint,
  template,
  prompts,
  rewards,
  greedyProblems: 192,
  problems: 192,
  samples,
  sampling: { temperature: 0.6, maxTokens: 192 },
});

/** GRPO: 60 rollouts of 16 problems × 16 responses. */
export const reinforcement = {
  stage: 'rl' as const,
  model: BASE,
  template,
  prompts,
  rewards,
  steps: 60,
  promptsPerStep: 16,
  groupSize: 16,
  minibatches: 2,
  sampling: exploring,
  advantage: 'grpo' as const,
  loss: {
    policy: { kind: 'surrogate' as const, clipLow: 10, clipHigh: 10 },
    aggregation: 'token-mean' as const,
  },
  optimizer: decay(1e-4),
};

/** Pre-training as in ../aha-base.ts, with other proportions in its documents or another width. */
export const pretraining = (name: string, documents: object, hidden = 128) => ({
  stage: 'pretrain' as const,
  name,
  model: {
    model_type: 'llama',
    vocab_size: 96,
    hidden_size: hidden,
    intermediate_size: (hidden * 43) / 16,
    num_hidden_layers: 4,
    num_attention_heads: 4,
    num_key_value_heads: 1,
    max_position_embeddings: 256,
    rms_norm_eps: 1e-6,
    rope_theta: 10_000,
    tie_word_embeddings: false,
  },
  data: [{ source: 'search-world' as const, ...documents }],
  steps: 2500,
  rowLength: 256,
  rowsPerStep: 64,
  optimizer: { peak: 1.5e-3, warmup: 100, shape: 'cosine' as const, floor: 0.1 },
});
