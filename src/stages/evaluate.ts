/**
 * @file Evaluation as the paper measures: greedy accuracy, and pass@1 as the mean over k samples at T 0.6, top-p 0.95.
 *
 * Problems are held out by construction where the task allows it, and the same in every stage of a run, so that two
 * checkpoints are compared problem by problem. General prompts are a second set with figures of their own.
 */
import path from 'node:path';
import { z } from 'zod';
import { openHeldOut, promptsSchema, requirePromptFiles } from '../data/index.ts';
import { type Graded, type StageSamples, summarise } from '../eval/index.ts';
import { loadModel } from '../models/index.ts';
import { Random } from '../random.ts';
import type { Prompt } from '../records.ts';
import {
  createRewards,
  disposeRewards,
  readsAnswers,
  requireRewardFiles,
  rewardsSchema,
} from '../reward/index.ts';
import { type Policy, requireContext, rollout } from '../rollout/index.ts';
import { STATE } from '../run/artifact.ts';
import { writeJsonAtomic } from '../run/atomic.ts';
import { explainOutOfMemory, Generator } from '../tensor/index.ts';
import { encodePrompt, Tokenizer } from '../text/index.ts';
import { estimateSeconds } from './cost.ts';
import { GeneralGrader, type Grader, ReasoningGrader } from './grader.ts';
import { checkpointSchema, samplingSchema, templateSchema } from './knobs.ts';
import { meanResponse, modelSize } from './model-size.ts';
import type { StageContext, StageDefinition } from './stage.ts';
import { WaveStore } from './wave-store.ts';
import { yieldToEventLoop } from './yield-to-event-loop.ts';

const generalSchema = z.strictObject({
  prompts: promptsSchema.prefault([{ task: 'general' }]).describe('Tasks whose held-out prompts are asked'),
  problems: z.number().int().positive().default(64).describe('Prompts answered `samples` times'),
  samples: z.number().int().positive().default(4).describe('Samples of each prompt'),
  rewards: rewardsSchema
    .prefault({ accuracy: {}, wanted: {} })
    .describe('The first of these that can score a response decides: right is 1'),
});

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
    .describe(
      '`accuracy`, else `custom`, decides what is right, `format` the format rate; `language`: the languages of thoughts are measured',
    ),
  greedyProblems: z.number().int().min(0).default(256).describe('Problems answered once, greedily'),
  problems: z.number().int().min(0).default(64).describe('Problems answered `samples` times'),
  samples: z.number().int().positive().default(16).describe('k: samples of each problem'),
  general: generalSchema
    .optional()
    .describe(
      'General prompts to measure too, sampled alike, and the languages of thoughts; off unless given',
    ),
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
    const { general } = config;
    requirePromptFiles([...config.prompts, ...(general?.prompts ?? [])], context.resolve);
    await requireRewardFiles(config.rewards, context.resolve);
    if (general) await requireRewardFiles(general.rewards, context.resolve);
    const { parameters, active, layers } = modelSize(config.checkpoint, context);
    const response = meanResponse(config.sampling.maxTokens, context);
    const sampled = config.problems * config.samples + (general ? general.problems * general.samples : 0);
    const tokens = (config.greedyProblems + sampled) * response.tokens;
    const seconds = estimateSeconds(
      { parameters: active, layers, sampled: tokens, rows: config.sampling.maxRows },
      context.device,
    );
    const work = { active, sampled: tokens };
    return { parameters, tokens, bytes: parameters * 4, seconds, work, basis: response.basis };
  },
  run: async (config, context) => {
    const checkpoint = context.resolve(config.checkpoint);
    const model = loadModel(checkpoint, { device: context.device, dtype: 'float32' });
    const tokenizer = Tokenizer.load(checkpoint);
    const policy = { model, tokenizer, template: config.template, version: 0 };
    const samples = await draw(policy, config, context).finally(() => model.dispose());
    const report = summarise(samples, Random.derive(config.problemSeed, 'bootstrap'));
    await writeJsonAtomic(path.join(context.dir, SAMPLES), samples);
    await writeJsonAtomic(path.join(context.dir, REPORT), report);
  },
};

async function draw(policy: Policy, config: EvaluateConfig, context: StageContext): Promise<StageSamples> {
  const { greedyProblems, problems, samples, sampling, general } = config;
  const questions = await heldOut(config, Math.max(greedyProblems, problems), config, context);
  const others = general ? await heldOut(general, general.problems, config, context) : [];
  requireFit(policy, [...questions, ...others], sampling.maxTokens);
  const total =
    waves(Math.min(greedyProblems, questions.length), 1, config) +
    waves(Math.min(problems, questions.length), samples, config) +
    waves(others.length, general?.samples ?? 1, config);
  const progress = new Progress(total, context);
  const { resolve, device } = context;
  const facts = { maxTokens: sampling.maxTokens, resolve, device };
  const rewards = createRewards(config.rewards, facts);
  const preferences = general ? createRewards(general.rewards, facts) : [];
  const { language } = config.rewards;
  const languages = language !== undefined || general !== undefined;
  const grader = new ReasoningGrader(rewards, languages);
  const greedy = { ...sampling, temperature: 0 };
  const byTurns = (some: readonly Prompt[], count: number, how: typeof sampling, who: Grader) =>
    ask(policy, some, count, how, who, progress);
  try {
    return {
      name: config.label ?? config.name,
      greedy: (await byTurns(questions.slice(0, greedyProblems), 1, greedy, grader)).flat(),
      sampled: await byTurns(questions.slice(0, problems), samples, sampling, grader),
      ...(general && {
        general: await byTurns(others, general.samples, sampling, new GeneralGrader(preferences)),
      }),
      temperature: sampling.temperature,
      topP: sampling.topP,
      maxTokens: sampling.maxTokens,
    };
  } finally {
    disposeRewards([...rewards, ...preferences]);
  }
}

/** `count` held-out prompts, or as many as there are. */
async function heldOut(
  { prompts, rewards }: Pick<EvaluateConfig, 'prompts' | 'rewards'>,
  count: number,
  { problemSeed }: EvaluateConfig,
  { resolve, watcher }: StageContext,
): Promise<Prompt[]> {
  const note = (text: string) => watcher.note(text);
  const source = await openHeldOut(prompts, {
    seed: problemSeed,
    resolve,
    note,
    requireAnswers: readsAnswers(rewards),
  });
  return source.take(Math.min(source.size ?? Infinity, count));
}

function requireFit(policy: Policy, questions: readonly Prompt[], maxTokens: number): void {
  const { model, template, tokenizer } = policy;
  const prompts = questions.map(({ text }) => encodePrompt(template, text, tokenizer));
  const { maxPositions } = model.config;
  requireContext(prompts, { maxPositions, maxTokens, setting: 'sampling.maxTokens' });
}

function perWave(groupSize: number, maxRows: number): number {
  return Math.max(1, Math.floor(maxRows / groupSize));
}

function waves(problems: number, samples: number, config: EvaluateConfig): number {
  return Math.ceil(problems / perWave(samples, config.sampling.maxRows));
}

/** `groupSize` graded responses to each question, a wave of questions at a time; waves kept before are not asked again. */
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
    const grades = await progress.wave(async (generator) => {
      const completions = explainOutOfMemory('lower `sampling.maxRows` or `sampling.maxTokens`', () =>
        rollout(policy, wave, { ...sampling, groupSize, generator }),
      );
      return grader.grade(completions);
    });
    for (let i = 0; i < wave.length; i++) graded.push(grades.slice(i * groupSize, (i + 1) * groupSize));
  }
  return graded;
}

/** The waves of an evaluation: their random streams, what is kept of them, and the live line. */
class Progress {
  #done = 0;
  readonly #total: number;
  readonly #context: StageContext;
  readonly #store: WaveStore;
  #clock = performance.now();

  constructor(total: number, context: StageContext) {
    this.#total = total;
    this.#context = context;
    this.#store = new WaveStore(path.join(context.dir, STATE));
    const { length } = this.#store;
    if (length > 0) context.watcher.note(`resuming after wave ${length} of ${total}`);
  }

  /** The graded responses of the next wave: what an interrupted run kept, else what `answer` gives. */
  async wave(answer: (generator: Generator) => Promise<readonly Graded[]>): Promise<readonly Graded[]> {
    const kept = this.#store.at(this.#done);
    if (kept !== undefined) {
      this.#done += 1;
      return kept;
    }
    const seed = Random.derive(this.#context.seed, 'evaluation', this.#done).int(0, 2 ** 32 - 1);
    const grades = await answer(new Generator(seed, this.#context.device));
    await this.#store.add(grades);
    this.#done += 1;
    this.#report(grades);
    await yieldToEventLoop();
    this.#context.signal.throwIfAborted();
    return grades;
  }

  #report(grades: readonly Graded[]): void {
    const seconds = (performance.now() - this.#clock) / 1000;
    this.#clock = performance.now();
    const tokens = grades.reduce((sum, { length }) => sum + length, 0);
    const report = {
      step: this.#done,
      accuracy: grades.filter(({ correct }) => correct === 1).length / grades.length,
      'completions/mean_length': tokens / grades.length,
      tokens_per_second: tokens / seconds,
      seconds,
    };
    this.#context.watcher.step(report, this.#total);
  }
}
