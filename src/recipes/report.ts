/**
 * @file The report at the end of a run: report.json, the table, curves, and completions before and after.
 *
 * Made of what the stages left in the run directory, so it can be made again at any time.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  buildReport,
  compareStages,
  type Hardware,
  type RunReport,
  resultTable,
  type StageReport,
  type StageSamples,
  sideBySide,
} from '../eval/index.ts';
import { Random } from '../random.ts';
import type { StepReport } from '../records.ts';
import { writeFileAtomic, writeJsonAtomic } from '../run/atomic.ts';
import { type Metrics, readMetrics, series } from '../run/metrics.ts';
import { linePlot } from '../run/plot.ts';
import { REPORT, SAMPLES } from '../stages/evaluate.ts';
import type { ResolvedRecipe } from './recipe.ts';

export interface ReportOptions {
  readonly recipe: ResolvedRecipe;
  /** The run directory. */
  readonly dir: string;
  readonly hardware: Hardware;
  /** Wall-clock seconds of the run. */
  readonly seconds: number;
  /** Columns of the terminal. */
  readonly width: number;
  readonly colours: boolean;
}

/** What is shown at the end of a run. */
export interface FinalReport {
  readonly report: RunReport;
  /** Files written, relative to the run directory. */
  readonly files: readonly string[];
  /** Completions before and after, and the table. */
  readonly text: string;
}

/** Writes report.json and curves.svg; null where the recipe has no evaluation. */
export async function writeReport(options: ReportOptions): Promise<FinalReport | null> {
  const { recipe, dir } = options;
  const evaluations = recipe.stages.filter(
    ({ stage, name }) => stage === 'evaluate' && existsSync(path.join(dir, name, REPORT)),
  );
  if (evaluations.length === 0) return null;
  const reports = evaluations.map(({ name }) => readJson<StageReport>(path.join(dir, name, REPORT)));
  const samples = evaluations.map(({ name }) => readJson<StageSamples>(path.join(dir, name, SAMPLES)));
  const first = samples[0]!;
  const comparisons = samples
    .slice(1)
    .map((after) => compareStages(first, after, Random.derive(recipe.seed, 'comparison', after.name)));
  const report = buildReport(
    {
      recipe: recipe.name,
      seed: recipe.seed,
      date: new Date(),
      hardware: options.hardware,
      seconds: options.seconds,
    },
    reports,
    comparisons,
  );
  await writeJsonAtomic(path.join(dir, REPORT), report);
  const files = [REPORT, ...(await writeCurves(options))];
  const beforeAfter = samples.length > 1 ? showBeforeAfter(first, samples.at(-1)!, options) : '';
  return { report, files, text: [beforeAfter, resultTable(reports)].filter(Boolean).join('\n\n') };
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

function showBeforeAfter(before: StageSamples, after: StageSamples, options: ReportOptions): string {
  const questions = new Map(before.greedy.map(({ promptId, question }) => [promptId, question ?? promptId]));
  return sideBySide(before.greedy, after.greedy, options.width, {
    names: [before.name, after.name],
    questions,
    colours: options.colours,
  });
}

/** One SVG for each stage that trained: what it was rewarded for and how long it thought, or its loss. */
async function writeCurves({ recipe, dir }: ReportOptions): Promise<string[]> {
  const metrics = await readMetrics(path.join(dir, 'metrics.jsonl')).catch((): Metrics => new Map());
  const files: string[] = [];
  for (const { name } of recipe.stages) {
    const steps = metrics.get(name) ?? [];
    const plot =
      steps.length < 2 ? null : 'reward' in steps[0]! ? rewardCurves(name, steps) : lossCurve(name, steps);
    if (plot === null) continue;
    const file = path.join(name, 'curves.svg');
    await writeFileAtomic(path.join(dir, file), plot);
    files.push(file);
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
        { name: 'accuracy', points: series(steps, 'rewards/accuracy/mean') },
        { name: 'format', points: series(steps, 'rewards/format/mean') },
      ].filter(({ points }) => points.length > 0),
    },
    right: {
      label: 'response tokens',
      include: [0],
      series: [{ name: 'length', points: series(steps, 'completions/mean_length') }],
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
