/**
 * @file Evaluation as the paper measures: greedy accuracy, and pass@1 as the mean over k samples at T 0.6, top-p 0.95.
 *
 * Problems are held out by construction where the task allows it, and the same in every stage of a run, so that two
 * checkpoints are compared problem by problem.
 */
import path from 'node:path';
import { z } from 'zod';
import { openHeldOut, promptsSchema, requirePromptFiles } from '../data/index.ts';
import { type Graded, type StageSamples, summarise } from '../eval/index.ts';
import { loadModel, modelSizes, readConfig } from '../models/index.ts';
import { Random } from '../random.ts';
import type { Completion, Prompt } from '../records.ts';
import { createRewards, rewardsSchema, scoreAll, type WeightedReward } from '../reward/index.ts';
import { type Policy, rollout } from '../rollout/index.ts';
import { writeJsonAtomic } from '../run/atomic.ts';
import { explainOutOfMemory, Generator } from '../tensor/index.ts';
import { parseResponse, Tokenizer } from '../text/index.ts';
import { breathe } from './breathe.ts';
import { estimateSeconds } from './cost.ts';
import { checkpointSchema, samplingSchema, templateSchema } from './knobs.ts';
import type { StageContext, StageDefinition } from './stage.ts';

const schema = z.strictObject({
  stage: z.literal('evaluate'),
  name: z.string(),
  checkpoint: checkpointSchema,
  label: z.string().optional().describe('Name in report and table; the stage name unless given'),
  prompts: promptsSchema.describe('Tasks whose held-out problems are asked'),
  problemSeed: z
    .number()
    .int()
    .default(0)
    .describe('Which held-out problems; the same in stages to be compared'),
  template: templateSchema.default('r1-zero'),
  rewards: rewardsSchema
    .prefault({ accuracy: {}, format: {} })
    .describe('`accuracy` decides what is right, `format` the format rate'),
  greedyProblems: z.number().int().min(0).default(256).describe('Problems answered once, greedily'),
  problems: z.number().int().min(0).default(64).describe('Problems answered `samples` times'),
  samples: z.number().int().positive().default(16).describe('k: samples of each problem'),
  sampling: samplingSchema.prefault({ temperature: 0.6, topP: 0.95 }),
});

type EvaluateConfig = z.output<typeof schema>;

/** Files of the artifact. */
export const REPORT = 'report.json';
export const SAMPLES = 'samples.json';

export const evaluate: StageDefinition<typeof schema> = {
  kind: 'evaluate',
  schema,
  estimate: async (config, context) => {
    requirePromptFiles(config.prompts, context.resolve);
    const model = readConfig(context.resolve(config.checkpoint));
    const { parameters } = modelSizes(model);
    const tokens =
      (config.greedyProblems + config.problems * config.samples) * (config.sampling.maxTokens / 2);
    const seconds = estimateSeconds(
      { parameters, layers: model.layers, sampled: tokens, rows: config.sampling.maxRows },
      context.device,
    );
    return { parameters, tokens, bytes: parameters * 4, seconds, basis: 'responses half as long as allowed' };
  },
  run: async (config, context) => {
    const samples = await draw(config, context);
    const report = summarise(samples, Random.derive(config.problemSeed, 'bootstrap'));
    await writeJsonAtomic(path.join(context.dir, SAMPLES), samples);
    await writeJsonAtomic(path.join(context.dir, REPORT), report);
  },
};

async function draw(config: EvaluateConfig, context: StageContext): Promise<StageSamples> {
  const checkpoint = context.resolve(config.checkpoint);
  const policy: Policy = {
    model: loadModel(checkpoint, { device: context.device, dtype: 'float32' }),
    tokenizer: Tokenizer.load(checkpoint),
    template: config.template,
    version: 0,
  };
  const heldOut = openHeldOut(config.prompts, { seed: config.problemSeed, resolve: context.resolve });
  const available = heldOut.size ?? Infinity;
  const questions = heldOut.take(Math.min(available, Math.max(config.greedyProblems, config.problems)));
  const grader = new Grader(createRewards(config.rewards, { maxTokens: config.sampling.maxTokens }));
  const total = waves(config.greedyProblems, 1, config) + waves(config.problems, config.samples, config);
  const progress = new Progress(total, context);
  const { maxTokens } = config.sampling;

  const greedy = { ...config.sampling, temperature: 0 };
  const sampled = { ...config.sampling };
  return {
    name: config.label ?? config.name,
    greedy: (
      await ask(policy, questions.slice(0, config.greedyProblems), 1, greedy, grader, progress)
    ).flat(),
    sampled: await ask(
      policy,
      questions.slice(0, config.problems),
      config.samples,
      sampled,
      grader,
      progress,
    ),
    temperature: config.sampling.temperature,
    topP: config.sampling.topP,
    maxTokens,
  };
}

function perWave(groupSize: number, maxRows: number): number {
  return Math.max(1, Math.floor(maxRows / groupSize));
}

function waves(problems: number, samples: number, config: EvaluateConfig): number {
  return Math.ceil(problems / perWave(samples, config.sampling.maxRows));
}

/** `groupSize` graded responses to each question, a wave of questions at a time. */
async function ask(
  policy: Policy,
  questions: readonly Prompt[],
  groupSize: number,
  sampling: EvaluateConfig['sampling'],
  grader: Grader,
  progress: Progress,
): Promise<Graded[][]> {
  const graded: Graded[][] = [];
  const size = perWave(groupSize, sampling.maxRows);
  for (let start = 0; start < questions.length; start += size) {
    const wave = questions.slice(start, start + size);
    const generator = progress.generator();
    const completions = explainOutOfMemory('lower `sampling.maxRows` or `sampling.maxTokens`', () =>
      rollout(policy, wave, { ...sampling, groupSize, generator }),
    );
    const grades = await grader.grade(completions);
    for (let i = 0; i < wave.length; i++) graded.push(grades.slice(i * groupSize, (i + 1) * groupSize));
    await progress.wave(grades);
  }
  return graded;
}

/** Turns completions into graded responses by the rewards `accuracy` and `format`. */
class Grader {
  readonly #rewards: readonly WeightedReward[];

  constructor(rewards: readonly WeightedReward[]) {
    this.#rewards = rewards;
  }

  async grade(completions: readonly Completion[]): Promise<Graded[]> {
    const scored = await scoreAll(this.#rewards, completions);
    return scored.map(({ completion, parts }) => ({
      promptId: completion.prompt.id,
      question: completion.prompt.text,
      reference: completion.prompt.answer,
      correct: parts.accuracy ?? null,
      formatted: parts.format === 1,
      length: completion.tokens.length,
      finish: completion.finish,
      answer: parseResponse(completion.text).answer?.trim() ?? null,
      text: completion.text,
    }));
  }
}

/** The live line of an evaluation, and the random stream of each of its waves. */
class Progress {
  #done = 0;
  readonly #total: number;
  readonly #context: StageContext;
  #clock = performance.now();

  constructor(total: number, context: StageContext) {
    this.#total = total;
    this.#context = context;
  }

  generator(): Generator {
    const seed = Random.derive(this.#context.seed, 'evaluation', this.#done).int(0, 2 ** 32 - 1);
    return new Generator(seed, this.#context.device);
  }

  async wave(grades: readonly Graded[]): Promise<void> {
    const seconds = (performance.now() - this.#clock) / 1000;
    this.#clock = performance.now();
    const tokens = grades.reduce((sum, { length }) => sum + length, 0);
    this.#done += 1;
    const report = {
      step: this.#done,
      accuracy: grades.filter(({ correct }) => correct === 1).length / grades.length,
      'completions/mean_length': tokens / grades.length,
      tokens_per_second: tokens / seconds,
      seconds,
    };
    this.#context.watcher.step(report, this.#total);
    await breathe();
    this.#context.signal.throwIfAborted();
  }
}
