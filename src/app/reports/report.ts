/**
 * @file The report at the end of a run: report.json, the same as Markdown and as a page, curves, and for the terminal the
 * table and completions before and after.
 *
 * Made of what the stages left in the run directory, so it can be made again at any time.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readEvaluation, stageSamples } from '../../evaluation/index.ts';
import {
  buildReport,
  type Comparison,
  compareStages,
  type Hardware,
  type RunReport,
  resultTable,
  type StageReport,
  type StageSamples,
  sideBySide,
  trainingReport,
  trainingTable,
} from '../../evaluation/statistics/index.ts';
import { Random } from '../../random.ts';
import type { StepReport } from '../../records.ts';
import { rewardsSaying } from '../../rl/reward/index.ts';
import { writeFileAtomic, writeJsonAtomic } from '../../run/atomic.ts';
import { type Metrics, readMetrics, series } from '../../run/metrics.ts';
import { REPORT } from '../../stages/evaluate/evaluate.ts';
import { type RejectStats, STATS, statsTable } from '../../stages/reject/result.ts';
import { inWords, type RewardModelReport } from '../../stages/reward-model/report.ts';
import type { ResolvedRecipe, ResolvedStage } from '../recipes/index.ts';
import { origin, trainingCost } from '../recipes/index.ts';
import { linePlot } from '../terminal/plot.ts';
import { doubts } from '../terminal/step-line.ts';
import { reportPage } from './html/page.ts';
import { reportMarkdown } from './report-markdown.ts';

export interface ReportOptions {
  readonly recipe: ResolvedRecipe;
  /** The run directory. */
  readonly dir: string;
  readonly hardware: Hardware;
  /** Wall-clock seconds of the run. */
  readonly seconds: number;
  /** When the run ended (default: now). */
  readonly date?: Date;
  /** Columns of the terminal; infinite where there is none. */
  readonly width: number;
  readonly colours: boolean;
  /** Told of damaged lines among the samples. */
  readonly warn: (id: string, text: string) => void;
}

/** What is shown at the end of a run. */
export interface FinalReport {
  readonly report: RunReport;
  /** Files written, relative to the run directory. */
  readonly files: readonly string[];
  /** Completions before and after, and the tables. */
  readonly text: string;
  /** What report.md says. */
  readonly markdown: string;
}

/** Columns of the completions before and after: at most, and where there is no terminal. */
const WIDEST_PAIR = 120;
const UNASKED_PAIR = 100;

/** Files beside report.json. */
const MARKDOWN = 'report.md';
const PAGE = 'report.html';

/** Writes the reports and the curves; null where no evaluation is finished. */
export async function writeReport(options: ReportOptions): Promise<FinalReport | null> {
  const { recipe, dir, warn } = options;
  const evaluations = recipe.stages.filter(
    ({ stage, name }) => stage === 'evaluate' && existsSync(path.join(dir, name, REPORT)),
  );
  if (evaluations.length === 0) return null;
  const metrics = await readMetrics(path.join(dir, 'metrics.jsonl')).catch((): Metrics => new Map());
  const samples = await Promise.all(
    evaluations.map(async ({ name }) => stageSamples(await readEvaluation(path.join(dir, name), warn))),
  );
  const report = runReport(evaluations, samples, metrics, options);
  const markdown = reportMarkdown(report);
  const page = reportPage({ recipe, report, samples, metrics, notes: notesOf(options) });
  await writeJsonAtomic(path.join(dir, REPORT), report);
  await writeFileAtomic(path.join(dir, MARKDOWN), markdown);
  await writeFileAtomic(path.join(dir, PAGE), page);
  const curves = await writeCurves(options, metrics);
  const parts = [
    showBeforeAfter(evaluations, samples, options),
    resultTable(report.stages, 'plain', options.width),
    report.training.length > 0 ? trainingTable(report.training, options.width) : '',
  ];
  const text = parts.filter(Boolean).join('\n\n');
  return { report, files: [REPORT, MARKDOWN, PAGE, ...curves], markdown, text };
}

function runReport(
  evaluations: readonly ResolvedStage[],
  samples: readonly StageSamples[],
  metrics: Metrics,
  { recipe, dir, hardware, seconds, date = new Date() }: ReportOptions,
): RunReport {
  const stages = evaluations.map((evaluation) => ({
    ...readJson<StageReport>(path.join(dir, evaluation.name, REPORT)),
    ...trainingCost(checkpointOf(evaluation), recipe, metrics),
  }));
  const training = recipe.stages
    .map(({ name }) => trainingReport(name, metrics.get(name) ?? []))
    .filter((one) => one !== null);
  const facts = { recipe: recipe.name, seed: recipe.seed, date, hardware, seconds };
  const rewardModels = readAll<RewardModelReport>({ recipe, dir }, 'reward-model', REPORT).map(
    ([name, { accuracy, accuracyInterval, heldOut }]) => ({ name, accuracy, accuracyInterval, heldOut }),
  );
  return buildReport(facts, stages, compareAll(samples, recipe.seed), training, rewardModels);
}

function checkpointOf({ config }: ResolvedStage): unknown {
  return (config as { readonly checkpoint?: unknown }).checkpoint;
}

/** Every two checkpoints, the earlier one first. */
function compareAll(samples: readonly StageSamples[], seed: number): Comparison[] {
  return samples.flatMap((before, i) =>
    samples.slice(i + 1).map((after) => {
      const names = i === 0 ? [after.name] : [before.name, after.name];
      return compareStages(before, after, Random.derive(seed, 'comparison', ...names));
    }),
  );
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

/** A file of every finished stage of one kind, by the stage's name. */
function readAll<T>(
  { recipe, dir }: Pick<ReportOptions, 'recipe' | 'dir'>,
  kind: string,
  file: string,
): (readonly [name: string, content: T])[] {
  return recipe.stages
    .filter(({ stage, name }) => stage === kind && existsSync(path.join(dir, name, file)))
    .map(({ name }) => [name, readJson<T>(path.join(dir, name, file))] as const);
}

/** What rejection sampling kept and dropped, and how good reward models are, by stage. */
function notesOf(options: ReportOptions): Map<string, string> {
  const rejected = readAll<RejectStats>(options, 'reject', STATS);
  const models = readAll<RewardModelReport>(options, 'reward-model', REPORT);
  return new Map([
    ...rejected.map(([name, stats]) => [name, statsTable(stats)] as const),
    ...models.map(([name, model]) => [name, inWords(model) ?? 'no judgements were held out'] as const),
  ]);
}

/** The first checkpoint beside the last that was trained from the same weights: a student is no later state of it. */
function showBeforeAfter(
  evaluations: readonly ResolvedStage[],
  samples: readonly StageSamples[],
  { recipe, width, colours }: ReportOptions,
): string {
  const origins = evaluations.map((evaluation) => origin(checkpointOf(evaluation), recipe));
  const last = origins.lastIndexOf(origins[0]);
  const [before, after] = [samples[0]!, samples[last]!];
  if (last === 0) return '';
  const columns = Number.isFinite(width) ? Math.min(width, WIDEST_PAIR) : UNASKED_PAIR;
  const questions = new Map(before.greedy.map(({ promptId, question }) => [promptId, question ?? promptId]));
  const names = [before.name, after.name] as const;
  return sideBySide(before.greedy, after.greedy, columns, { names, questions, colours });
}

/** One SVG for each stage that trained: what it was rewarded for and how long it thought, or its loss. */
async function writeCurves({ recipe, dir }: ReportOptions, metrics: Metrics): Promise<string[]> {
  const files: string[] = [];
  for (const { name } of recipe.stages) {
    const steps = metrics.get(name) ?? [];
    if (steps.length < 2) continue;
    const has = (metric: string): boolean => steps.some((step) => metric in step);
    const plot = has('reward') ? rewardCurves(name, steps) : has('loss') ? lossCurve(name, steps) : null;
    if (plot === null) continue;
    const file = path.join(name, 'curves.svg');
    await writeFileAtomic(path.join(dir, file), plot);
    files.push(file);
    if (steps.some(doubts)) {
      const second = path.join(name, 'reflection.svg');
      await writeFileAtomic(path.join(dir, second), reflectionCurves(name, steps));
      files.push(second);
    }
  }
  return files;
}

function rewardCurves(name: string, steps: readonly StepReport[]): string {
  return linePlot({
    title: `${name}: accuracy and response length`,
    xLabel: 'step',
    smooth: 5,
    left: {
      label: 'share of completions',
      include: [0, 1],
      series: [
        ...[...rewardsSaying('right'), 'format'].map((reward) => [reward, `rewards/${reward}/mean`] as const),
        ['validation: accuracy', 'validation/accuracy'] as const,
      ]
        .map(([curve, metric]) => ({ name: curve, points: series(steps, metric) }))
        .filter(({ points }) => points.length > 0),
    },
    right: {
      label: 'response tokens',
      include: [0],
      series: [{ name: 'length', points: series(steps, 'completions/mean_length') }],
    },
  });
}

function reflectionCurves(name: string, steps: readonly StepReport[]): string {
  return linePlot({
    title: `${name}: self-reflection and accuracy`,
    xLabel: 'step',
    smooth: 5,
    left: {
      label: 'share of completions',
      include: [0, 1],
      series: [
        ...rewardsSaying('right').map((reward) => [reward, `rewards/${reward}/mean`] as const),
        ['answer corrected', 'reflection/to_right'] as const,
      ]
        .map(([curve, metric]) => ({ name: curve, points: series(steps, metric) }))
        .filter(({ points }) => points.length > 0),
    },
    right: {
      label: 'in a response',
      include: [0],
      series: [
        { name: 'attempts', points: series(steps, 'reflection/attempts') },
        { name: '“wait”', points: series(steps, 'reflection/wait') },
      ],
    },
  });
}

function lossCurve(name: string, steps: readonly StepReport[]): string {
  return linePlot({
    title: `${name}: loss`,
    xLabel: 'step',
    smooth: 20,
    left: { label: 'cross-entropy, nats', series: [{ name: 'loss', points: series(steps, 'loss') }] },
  });
}
