/**
 * @file Cost of a recipe on the cluster it states, in GPU-hours, beside what others published.
 *
 * 2 N operations a token forward and 4 N backward, N the parameters a token passes through (Kaplan et al. 2020, §2.1).
 * A rollout takes as long as its tokens take all GPUs, and no less than its longest response. Leaves out attention over
 * long contexts, prompts, checkpoints, and the time in which GPUs wait or change from one kind of work to another.
 */

import { bytesInWords } from '../../bytes.ts';
import type { Estimate, Work } from '../../run/stage.ts';
import { table } from '../terminal/text-table.ts';
import type { Assumptions, Cluster } from './assumptions.ts';
import { compact, type StageEstimate } from './estimate-table.ts';

const HOUR = 3600;

/** Floating-point operations of the work. */
export function operations({ active, trained = 0, read = 0, sampled = 0 }: Work): number {
  return active * (6 * trained + 2 * read + 2 * sampled);
}

/** GPU-hours of the work on the cluster. */
export function gpuHours(work: Work, cluster: Cluster): number {
  const { active, trained = 0, read = 0, sampled = 0, rollouts } = work;
  const training = (active * (6 * trained + 2 * read)) / cluster.trainingFlops;
  const bulk = (active * 2 * sampled) / cluster.samplingFlops;
  const waiting = rollouts
    ? (rollouts.count * rollouts.longest * cluster.count) / cluster.tokensPerSecond
    : 0;
  return (training + Math.max(bulk, waiting)) / HOUR;
}

/** The stages with their work, and below what was published of them. */
export function clusterTable(rows: readonly StageEstimate[], assume: Assumptions, cluster: Cluster): string {
  const hours = new Map(
    rows.flatMap(({ name, estimate: { work } }) => (work ? [[name, gpuHours(work, cluster)] as const] : [])),
  );
  const stages = table(
    [
      [
        'stage',
        'kind',
        'parameters',
        'active',
        'sampled',
        'trained',
        'memory',
        'a GPU',
        'FLOPs',
        'GPU-hours',
      ],
      ...rows.map(({ name, stage, estimate }) => [name, stage, ...cells(estimate, cluster, hours.get(name))]),
    ],
    [0, 1],
  );
  const compared = assume.published.length === 0 ? [] : [publishedTable(assume, cluster, hours)];
  return [stages, ...compared, assumptions(cluster)].join('\n\n');
}

function cells(
  { parameters, bytes, work, basis }: Estimate,
  cluster: Cluster,
  hours: number | undefined,
): string[] {
  if (work === undefined || hours === undefined) return ['', '', '', '', '', '', '', basis ?? ''];
  const tokens = (count: number | undefined) => (count ? compact(count) : '');
  return [
    parameters === undefined ? '' : compact(parameters),
    compact(work.active),
    tokens(work.sampled),
    tokens(work.trained),
    bytes === undefined ? '' : bytesInWords(bytes),
    bytes === undefined ? '' : bytesInWords(bytes / cluster.count),
    operations(work).toExponential(1).replace('+', ''),
    compact(hours),
  ];
}

function publishedTable(
  { published }: Assumptions,
  cluster: Cluster,
  hours: ReadonlyMap<string, number>,
): string {
  const here = published.map(({ stages }) => stages.reduce((sum, name) => sum + (hours.get(name) ?? 0), 0));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const totals = [sum(here), sum(published.map((one) => one.gpuHours))];
  const dollars = (value: number) => `$${compact(value * cluster.dollarsPerHour!)}`;
  return table(
    [
      ['GPU-hours', 'estimate', 'published', 'stages'],
      ...published.map((one, i) => [
        one.what,
        compact(here[i]!),
        compact(one.gpuHours),
        one.stages.join(', '),
      ]),
      ['total', ...totals.map(compact), ''],
      ...(cluster.dollarsPerHour === undefined
        ? []
        : [[`at $${cluster.dollarsPerHour} an hour`, ...totals.map(dollars), '']]),
    ],
    [0, 3],
  );
}

function assumptions({ gpu, count, trainingFlops, samplingFlops, tokensPerSecond, basis }: Cluster): string {
  const tera = (rate: number) => `${Math.round(rate / 1e12)} TFLOP/s`;
  return [
    `On ${count} ${gpu}: ${tera(trainingFlops)} a GPU in training, ${tera(samplingFlops)} in sampling, ${tokensPerSecond} tokens/s`,
    'of one response. 6 N operations a trained token, 2 N a token read or sampled, N the active parameters. A rollout',
    'lasts at least as long as its longest response. Memory: as this engine holds it in the precision of',
    'the stage, activations not counted. Sizes and lengths are those the recipe states.',
    ...(basis === undefined ? [] : [basis.trim()]),
  ].join('\n');
}
