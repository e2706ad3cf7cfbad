/**
 * @file Cost of training a stage: time by phase, and memory. One row a stage of reinforcement learning, for comparing
 * algorithms on the same rollouts.
 */
import { printable } from '../../text/index.ts';
import { layTable } from './table.ts';

/** What one stage took, in `report.json`. Seconds and bytes. */
export interface TrainingReport {
  readonly name: string;
  readonly steps: number;
  /** Of all steps; those of sampling, scoring, and the update. */
  readonly seconds: number;
  readonly secondsRollout: number;
  readonly secondsReward: number;
  readonly secondsUpdate: number;
  /** Weights, gradients and moments of every model that is held from step to step; the critic's part. */
  readonly modelBytes: number;
  readonly criticBytes: number;
  /** Most at the end of a step: of the process, and what tensors held on the GPU within it, where there is one. */
  readonly peakResidentBytes: number;
  readonly peakCudaBytes?: number;
  /** Where the stage validated: how the metric went, and where it was highest. */
  readonly validation?: ValidationReport;
}

/** The accuracy of a stage's validations, or their reward where no reward says what is right. */
export interface ValidationReport {
  readonly metric: string;
  readonly first: number;
  readonly last: number;
  readonly best: number;
  /** Steps taken when it was highest, the first time. */
  readonly bestStep: number;
}

/** Numbers of a step under their names in metrics.jsonl. */
type Step = { readonly [metric: string]: number };

/** Adds up a stage's steps; null where it is none of reinforcement learning. */
export function trainingReport(name: string, lines: readonly Step[]): TrainingReport | null {
  // A validation before the first step is a line too.
  const steps = lines.filter((line) => line['seconds/update'] !== undefined);
  if (steps.length === 0) return null;
  const validation = validationReport(lines);
  const values = (metric: string): number[] => steps.map((step) => step[metric] ?? 0);
  const sum = (metric: string): number => values(metric).reduce((total, value) => total + value, 0);
  const most = (metric: string): number => Math.max(...values(metric));
  const cuda = most('memory/cuda_peak_bytes');
  return {
    name,
    steps: steps.length,
    seconds: sum('seconds'),
    secondsRollout: sum('seconds/rollout'),
    secondsReward: sum('seconds/reward'),
    secondsUpdate: sum('seconds/update'),
    modelBytes: most('memory/models_bytes'),
    criticBytes: most('memory/critic_bytes'),
    peakResidentBytes: most('memory/resident_bytes'),
    ...(cuda > 0 && { peakCudaBytes: cuda }),
    ...(validation && { validation }),
  };
}

function validationReport(lines: readonly Step[]): ValidationReport | null {
  const measured = (metric: string) => lines.filter((line) => Number.isFinite(line[metric]));
  const metric = ['validation/accuracy', 'validation/reward'].find((one) => measured(one).length > 0);
  if (metric === undefined) return null;
  const found = measured(metric);
  const best = found.reduce((one, other) => (other[metric]! > one[metric]! ? other : one));
  return {
    metric,
    first: found[0]![metric]!,
    last: found.at(-1)![metric]!,
    best: best[metric]!,
    bestStep: best.step!,
  };
}

const COLUMNS: readonly (readonly [head: string, cell: (stage: TrainingReport) => string])[] = [
  ['training', ({ name }) => printable(name)],
  ['steps', ({ steps }) => String(steps)],
  ['minutes', ({ seconds }) => minutes(seconds)],
  ['rollout', ({ secondsRollout }) => minutes(secondsRollout)],
  ['update', ({ secondsUpdate }) => minutes(secondsUpdate)],
  ['models MB', ({ modelBytes }) => megabytes(modelBytes)],
  ['critic MB', ({ criticBytes }) => megabytes(criticBytes)],
  ['peak MB', ({ peakResidentBytes, peakCudaBytes }) => megabytes(peakCudaBytes ?? peakResidentBytes)],
];

/** Columns of stages that validated. */
const VALIDATED: typeof COLUMNS = [
  ['validation', ({ validation }) => (validation ? validation.metric.replace('validation/', '') : '')],
  ['first', ({ validation }) => figure(validation?.first)],
  ['last', ({ validation }) => figure(validation?.last)],
  ['best', ({ validation }) => figure(validation?.best)],
  ['at step', ({ validation }) => (validation ? String(validation.bestStep) : '')],
];

function figure(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(3);
}

/**
 * The stages as a plain table: minutes, and MB (10⁶ bytes) of the models' state, the critic's part, and the peak;
 * where one validated, how its metric went.
 * @param width - columns of the terminal: a wider table becomes a list
 */
export function trainingTable(stages: readonly TrainingReport[], width = Infinity): string {
  const columns = stages.some(({ validation }) => validation) ? [...COLUMNS, ...VALIDATED] : COLUMNS;
  const rows = stages.map((stage) => columns.map(([, cell]) => cell(stage)));
  return layTable([columns.map(([head]) => head), ...rows], 'plain', width);
}

function minutes(seconds: number): string {
  return (seconds / 60).toFixed(1);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
