/**
 * DeepSeek-R1 as published: every stage with the paper's own numbers, and what it would cost. Sections (§), tables and
 * figures are those of arXiv 2501.12948v2, which is the article in Nature with its supplement.
 *
 *   aha run recipes/deepseek-r1.ts --dry-run
 *   aha run recipes/deepseek-r1.ts --dry-run --nodes 64 --gpus 8     # a plan: layout, memory, traffic, time, cost
 *
 * It cannot be run: the model has 671B parameters, more than one device holds, and the data is not published. Models and
 * data are named by paths where they would lie; `assume` states their sizes for the estimate, and where the config.json of
 * each model is for a plan. What the paper does not say is marked "our choice". Leaves out the evaluations between stages.
 *
 * A `step` of the stage `rl` is one rollout and its optimiser steps. The paper counts optimiser steps of 512 responses,
 * 16 to a rollout (§2.1): its 10,400 steps are 650 here.
 */
import { defineRecipe } from '@aha-r1/aha';

const BASE = 'models/DeepSeek-V3-Base';

/** DeepSeek-V3 behind an endpoint: it rewrites traces and judges answers. */
const V3 = { baseUrl: 'http://localhost:8000/v1', model: 'DeepSeek-V3' };

/**
 * §B.3.1, Table 4: 26K mathematics, 17K programs, 22K sciences, 15K logic. Programs are graded by their tests; sciences
 * are multiple choice, the letter being the answer. Drawn in proportion to their number: our choice.
 */
const reasoning = [
  { task: 'file' as const, name: 'math', path: 'data/rl/math.jsonl', weight: 26 },
  { task: 'benchmark' as const, name: 'livecodebench', path: 'data/rl/code.jsonl', weight: 17 },
  { task: 'file' as const, name: 'stem', path: 'data/rl/stem.jsonl', weight: 22 },
  { task: 'file' as const, name: 'logic', path: 'data/rl/logic.jsonl', weight: 15 },
];

/** §2.2: accuracy, by comparing answers or running tests, plus format, with equal weight. */
const rules = { accuracy: { verifier: 'math' as const }, code: {}, format: {} };

/** What the RL stages share (§2.1, §3.2.1). */
const rl = {
  stage: 'rl' as const,
  // 32 questions with 16 responses each make an optimiser step of 512; 8,192 responses are sampled at once and used for
  // 16 steps, each once.
  promptsPerStep: 512,
  groupSize: 16,
  minibatches: 16,
  advantage: 'grpo' as const,
  loss: {
    // ε 10: next to nothing is clipped (§3.2.1). Stated for R1; for R1-Zero our choice.
    policy: { kind: 'surrogate' as const, clipLow: 10, clipHigh: 10 },
    // Equation 1 is by response; 1/|o| for each of its tokens is DeepSeekMath's (arXiv 2402.03300): our choice.
    aggregation: 'seq-mean-token-mean' as const,
    // β 0.001, and the reference replaced by the policy every 400 steps.
    kl: { coefficient: 0.001, estimator: 'k3' as const, referenceEvery: 400 },
  },
  // 3e-6. Optimiser, warm-up and weight decay are not published; AdamW without either is our choice.
  optimizer: { peak: 3e-6, shape: 'constant' as const },
  // Saved every 10 rollouts: our choice.
  checkpointEvery: 10,
};

/** §B.4.2, both fine-tunings: 2 to 3 epochs, 5e-5 falling to 5e-6 as a cosine, batch 128, context 32,768. */
const sft = {
  stage: 'sft' as const,
  template: 'chat' as const,
  // Two, as the first version of the paper says of the second fine-tuning.
  epochs: 2,
  batchSize: 128,
  maxLength: 32_768,
  // Warm-up is not published; none is our choice.
  optimizer: { peak: 5e-5, shape: 'cosine' as const, floor: 0.1 },
};

/** §B.3.3, Table 5: 600K traces of reasoning and 200K other examples. */
const SFT_DATA = [
  { source: 'jsonl' as const, path: '@reasoning-data/data.jsonl' },
  { source: 'jsonl' as const, path: 'data/sft/general.jsonl' },
];

/** §3.1, both reward models: batch 256, learning rate 6e-6, one epoch, at most 8,192 tokens. */
const rewardModel = {
  stage: 'reward-model' as const,
  model: '@Dev3',
  template: 'chat' as const,
  epochs: 1,
  batchSize: 256,
  maxLength: 8192,
  optimizer: { peak: 6e-6 },
};

/** §B.4.3, Table 6: SFT alone on the same 800K, 2 to 3 epochs (two: our choice), batch 64, a cosine to a tenth. */
const student = (name: string, model: string, peak: number) => ({
  ...sft,
  batchSize: 64,
  name: `Distill-${name}`,
  model: `models/${model}`,
  data: SFT_DATA,
  optimizer: { ...sft.optimizer, peak },
});

export default defineRecipe({
  name: 'deepseek-r1',
  title: 'DeepSeek-R1 as published',
  about: 'States the paper’s settings; it cannot be run here. Add --dry-run to see what it would take.',
  stages: [
    {
      ...rl,
      name: 'R1-Zero',
      model: BASE,
      template: 'r1-zero',
      prompts: reasoning,
      rewards: rules,
      // 8,200 of 10,400 steps with at most 32,768 tokens (§2.1): 512 rollouts of 16.
      steps: 512,
      sampling: { temperature: 1, maxTokens: 32_768, maxRows: 8192 },
    },
    {
      // §2.1: the longest response doubles once, at step 8,200, when score and length jump. A stage has one length, so the
      // rest is a stage of its own; what is lost between the two is the moments of the optimiser.
      ...rl,
      name: 'R1-Zero-long',
      model: '@R1-Zero',
      template: 'r1-zero',
      prompts: reasoning,
      rewards: rules,
      steps: 138,
      sampling: { temperature: 1, maxTokens: 65_536, maxRows: 8192 },
    },
    {
      // §B.3.2: several responses of R1-Zero at temperature 1 to each of "thousands" of prompts; right, readable ones
      // are kept and rewritten. People rewrote some and checked all; here a model rewrites all. The numbers of prompts
      // and of samples are our choice.
      stage: 'reject',
      name: 'cold-start-data',
      model: '@R1-Zero-long',
      template: 'r1-zero',
      prompts: reasoning,
      promptCount: 5000,
      samples: 4,
      keepPerPrompt: 1,
      rewards: rules,
      sampling: { temperature: 1, maxTokens: 32_768, maxRows: 8192 },
      // Repetition and mixed languages are filtered; the thresholds are our choice.
      filters: { repetition: {}, languageMix: 0.05 },
      rewrite: { endpoint: V3 },
    },
    {
      ...sft,
      name: 'Dev1',
      model: BASE,
      data: [{ source: 'jsonl', path: '@cold-start-data/data.jsonl' }],
    },
    {
      ...rl,
      name: 'Dev2',
      model: '@Dev1',
      template: 'chat',
      prompts: reasoning,
      // §3.2.1: the share of the thought's words in the target language is added.
      rewards: { ...rules, language: {} },
      // Its number of steps is not published: 3,200 are our choice.
      steps: 200,
      sampling: { temperature: 1, maxTokens: 32_768, maxRows: 8192 },
    },
    {
      // §B.3.3: several responses to a prompt, of which the right ones are kept, about 600K. 80K prompts are those of
      // Table 4; 16 responses, of which about half are kept, are our choice.
      stage: 'reject',
      name: 'reasoning-data',
      model: '@Dev2',
      template: 'chat',
      prompts: reasoning,
      promptCount: 80_000,
      samples: 16,
      rewards: rules,
      sampling: { temperature: 1, maxTokens: 32_768, maxRows: 8192 },
      // Mixed languages, long paragraphs and code blocks in the thought are filtered; thresholds are our choice.
      filters: { languageMix: 0.05, longParagraph: 4000, codeBlocks: 'drop' },
      // Prompts without a rule: V3 compares with the reference.
      judge: { endpoint: V3 },
    },
    // From the base again, not from Dev2.
    { ...sft, name: 'Dev3', model: BASE, data: SFT_DATA },
    {
      // §3.1: 66K pairs, each judged four times by V3 and of comparable lengths; the final answer alone is read. Starts
      // from Dev3: the paper says only that the architecture is R1's, so that is our choice.
      ...rewardModel,
      name: 'helpful',
      kind: 'pairwise',
      data: [{ source: 'jsonl', path: 'data/rm/helpful.jsonl' }],
      reads: 'answer',
      balanceLengths: true,
    },
    {
      // §3.1: 106K responses called safe or unsafe; the whole response is read.
      ...rewardModel,
      name: 'harmless',
      kind: 'pointwise',
      data: [{ source: 'jsonl', path: 'data/rm/safety.jsonl' }],
      reads: 'response',
    },
    {
      // §3.2.2: "most parameters from the first stage", temperature 0.7, 1,700 steps, which are 106 rollouts.
      ...rl,
      name: 'R1',
      model: '@Dev3',
      template: 'chat',
      prompts: [
        ...reasoning,
        // §B.3.1: 66K questions for helpfulness, 12K for harmlessness; in the last 400 steps, which are 25 rollouts:
        // with preference rewards for longer, the model learns to please them alone (§B.5).
        { task: 'file', name: 'helpful', path: 'data/rl/helpful.jsonl', weight: 66, fromStep: 81 },
        { task: 'file', name: 'harmless', path: 'data/rl/harmless.jsonl', weight: 12, fromStep: 81 },
      ],
      // Equations 8 to 10: rules for reasoning, a reward model and the format for the rest, language for both.
      rewards: {
        ...rules,
        language: {},
        helpful: { model: '@helpful', tasks: ['helpful'] },
        harmless: { model: '@harmless', tasks: ['harmless'] },
      },
      steps: 106,
      sampling: { temperature: 0.7, maxTokens: 32_768, maxRows: 8192 },
    },
    student('Qwen-1_5B', 'Qwen2.5-Math-1.5B', 1e-4),
    student('Qwen-7B', 'Qwen2.5-Math-7B', 8e-5),
    student('Qwen-14B', 'Qwen2.5-14B', 7e-5),
    student('Qwen-32B', 'Qwen2.5-32B', 6e-5),
    student('Llama-8B', 'Llama-3.1-8B', 5e-5),
    student('Llama-70B', 'Llama-3.3-70B-Instruct', 2e-5),
    {
      // The student that learns by RL alone (§B.4.1, §F.1): learning rate 2e-6, over 10K steps.
      ...rl,
      name: 'Qwen-32B-Zero',
      model: 'models/Qwen2.5-32B',
      template: 'r1-zero',
      prompts: reasoning,
      rewards: rules,
      steps: 625,
      sampling: { temperature: 1, maxTokens: 32_768, maxRows: 8192 },
      optimizer: { ...rl.optimizer, peak: 2e-6 },
    },
  ],
  assume: {
    models: {
      // DeepSeek-V3 (arXiv 2412.19437): a mixture of experts.
      [BASE]: { parameters: 671e9, active: 37e9, layers: 61, config: 'deepseek-r1/DeepSeek-V3-Base' },
      'models/Qwen2.5-Math-1.5B': { parameters: 1.54e9, layers: 28, config: 'deepseek-r1/Qwen2.5-Math-1.5B' },
      'models/Qwen2.5-Math-7B': { parameters: 7.61e9, layers: 28, config: 'deepseek-r1/Qwen2.5-Math-7B' },
      'models/Qwen2.5-14B': { parameters: 14.7e9, layers: 48, config: 'deepseek-r1/Qwen2.5-14B' },
      'models/Qwen2.5-32B': { parameters: 32.5e9, layers: 64, config: 'deepseek-r1/Qwen2.5-32B' },
      'models/Llama-3.1-8B': { parameters: 8.03e9, layers: 32, config: 'deepseek-r1/Llama-3.1-8B' },
      'models/Llama-3.3-70B-Instruct': {
        parameters: 70.6e9,
        layers: 80,
        config: 'deepseek-r1/Llama-3.3-70B-Instruct',
      },
    },
    data: {
      // §B.3.1 gives mean lengths of mathematics, sciences and logic; those of programs and
      // general questions are our choice.
      'data/rl/math.jsonl': { examples: 26_000, tokens: 122 },
      'data/rl/code.jsonl': { examples: 17_000, tokens: 400 },
      'data/rl/stem.jsonl': { examples: 22_000, tokens: 161 },
      'data/rl/logic.jsonl': { examples: 15_000, tokens: 420 },
      'data/rl/helpful.jsonl': { examples: 66_000, tokens: 100 },
      'data/rl/harmless.jsonl': { examples: 12_000, tokens: 100 },
      // Two responses, and one; their lengths are our choice.
      'data/rm/helpful.jsonl': { examples: 66_000, tokens: 3000 },
      'data/rm/safety.jsonl': { examples: 106_000, tokens: 1500 },
      // "Thousands", of the length of the traces in Table 5: our choice.
      '@cold-start-data/data.jsonl': { examples: 5000, tokens: 6500 },
      // Table 5: 626,933 traces of 6,472 tokens in the mean, and 177,812 other examples.
      '@reasoning-data/data.jsonl': { examples: 626_933, tokens: 6472 },
      'data/sft/general.jsonl': { examples: 177_812, tokens: 1420 },
    },
    responseTokens: {
      // The paper shows the length of R1-Zero's responses as a curve that grows; its means here are our choice.
      'R1-Zero': 6000,
      'R1-Zero-long': 14_000,
      'cold-start-data': 14_000,
      // As long as the traces that were kept of them, in Table 5.
      Dev2: 6500,
      'reasoning-data': 6500,
      R1: 6500,
      'Qwen-32B-Zero': 6000,
    },
    cluster: {
      // §B.4.4: 64 nodes of 8.
      gpu: 'H800',
      count: 512,
      trainingFlops: 343e12,
      samplingFlops: 137e12,
      tokensPerSecond: 50,
      dollarsPerHour: 2,
      basis: `
343 is what DeepSeek-V3's pre-training sustained: 14.8T tokens in 2.664M GPU-hours (arXiv 2412.19437). 137 is what its
service sustained: 14.8K tokens/s on 8 GPUs, with experts spread over many (DeepSeek's open-infra-index). 50 tokens/s
are our choice: the service gave each user 20 to 22; a rollout speculates (§B.1), and at its end few share the GPUs.`,
    },
    // §B.4.4, Table 7.
    published: [
      { what: 'R1-Zero', stages: ['R1-Zero', 'R1-Zero-long'], gpuHours: 101_000 },
      { what: 'SFT data', stages: ['cold-start-data', 'reasoning-data'], gpuHours: 5000 },
      { what: 'R1', stages: ['Dev1', 'Dev2', 'Dev3', 'helpful', 'harmless', 'R1'], gpuHours: 41_000 },
    ],
  },
});
