/** @file The plan of a recipe on many GPUs, as text: layout and memory, traffic, time and cost, and what is not known of it. */
import { bytesInWords } from '../../bytes.ts';
import {
  type GpuCluster,
  gpuCount,
  LARGEST_ERROR,
  type Layout,
  LINK,
  NETWORK,
  type NoPlan,
  type StagePlan,
  type StageSeconds,
  type Traffic,
  totalBytes,
  totalSeconds,
} from '../../stages/plan/index.ts';
import { type Assumptions, compact } from '../recipes/index.ts';
import { formatDuration } from '../terminal/step-line.ts';
import { table } from '../terminal/text-table.ts';
import type { PlannedRow } from './plan-recipe.ts';

const HOUR = 3600;

/** A stage that has a plan. */
interface Row {
  readonly name: string;
  readonly plan: StagePlan;
}

export interface PlanOptions {
  readonly cluster: GpuCluster;
  /** Dollars of a GPU for an hour; no money unless given. */
  readonly price?: number | undefined;
  readonly assume?: Assumptions | undefined;
}

export function planTables(rows: readonly PlannedRow[], options: PlanOptions): string {
  const planned = rows.flatMap(({ name, plan }) => ('reason' in plan ? [] : [{ name, plan }]));
  const without = rows.flatMap(({ name, plan }) => ('reason' in plan ? [{ name, plan }] : []));
  const { cluster } = options;
  return [
    ...trainingTables(planned, cluster),
    ...samplingTables(planned, cluster),
    ...(planned.length > 0 ? [timeTable(planned, options)] : []),
    ...publishedTable(planned, options),
    ...missing(without),
    reservations(cluster),
  ].join('\n\n');
}

/** GPU-hours of a stage. */
export function planHours({ seconds }: StagePlan, cluster: GpuCluster): number {
  return (totalSeconds(seconds) * gpuCount(cluster)) / HOUR;
}

function trainingTables(rows: readonly Row[], { card }: GpuCluster): string[] {
  const trained = rows.flatMap(({ name, plan: { training } }) => (training ? [{ name, ...training }] : []));
  if (trained.length === 0) return [];
  const ofMemory = table(
    [
      [
        'stage',
        'data',
        'tensor',
        'expert',
        'shards',
        'tokens',
        'weights',
        'gradients',
        'moments',
        'frozen',
        'layers',
        'activations',
        'logits',
        'sum',
      ],
      ...trained.map(({ name, layout, memory }) => [
        name,
        ...[layout.data, layout.tensor, layout.expert, layout.shard].map(String),
        `${layout.tokens.toLocaleString('en')}${layout.recompute ? ' r' : ''}`,
        ...[
          memory.weights,
          memory.gradients,
          memory.moments,
          memory.frozen,
          memory.gathered,
          memory.activations,
          memory.logits,
        ].map(size),
        bytesInWords(totalBytes(memory)),
      ]),
    ],
    [0],
  );
  const ofTraffic = table(
    [
      [
        'stage',
        'weights',
        'gradients',
        'experts',
        'tensor',
        'seconds of',
        'computing',
        'gathering',
        'experts',
        'tensor',
        'AdamW',
        'step',
        'MFU',
      ],
      ...trained.map(({ name, step }) => [
        name,
        ...[step.traffic.weights, step.traffic.gradients, step.traffic.experts, step.traffic.tensors].map(
          both,
        ),
        '',
        ...[step.computing, step.gathering, step.experts, step.tensors, step.optimiser, step.seconds].map(
          inSeconds,
        ),
        `${Math.round(step.mfu * 100)} %`,
      ]),
    ],
    [0],
  );
  const reasons = grouped(
    trained.map(({ name, layout, step, fitting, tried, smallest }) => {
      const rest =
        same(layout, smallest.layout) || step.seconds === smallest.seconds
          ? 'It is the smallest that fits.'
          : `The smallest that fits, ${layoutInWords(smallest.layout)}, takes ${inSeconds(smallest.seconds)} s a step.`;
      return [
        name,
        `${layoutInWords(layout)}: fastest of ${fitting} layouts that fit, of ${tried}. ${rest}`,
      ] as const;
    }),
  );
  return [
    `Training: ranks, and memory of a GPU, of ${card.memoryGiB} GiB (r: activations are computed again)\n\n${ofMemory}`,
    reasons,
    `Training: GiB that a GPU sends in an optimiser step, over ${card.link} + network, and its time\n\n${ofTraffic}`,
  ];
}

function samplingTables(rows: readonly Row[], { card }: GpuCluster): string[] {
  const sampled = rows.flatMap(({ name, plan: { sampling, training } }) =>
    sampling ? [{ name, trains: training !== undefined, ...sampling }] : [],
  );
  if (sampled.length === 0) return [];
  const cells = sampled.map(({ name, rollout, rows: responses, trains, weightSeconds, smallest }) => [
    name,
    `${rollout.copies} × ${rollout.layout.gpus}`,
    String(rollout.layout.tensor),
    String(rollout.layout.expert),
    compact(responses),
    String(rollout.rows),
    size(rollout.memory.weights),
    size(rollout.memory.cache),
    `${(rollout.firstStep * 1000).toFixed(1)} ms`,
    formatDuration(rollout.seconds),
    `${smallest.layout.gpus} a copy, ${formatDuration(smallest.seconds)}`,
    trains ? `${bytesInWords(rollout.weightBytes)}, ${inSeconds(weightSeconds)} s` : '',
  ]);
  const head = [
    'stage',
    'copies',
    'tensor',
    'expert',
    'responses',
    'at once',
    'weights',
    'cache',
    'step',
    'rollout',
    'smallest that fits',
    'new weights',
  ];
  return [
    `Sampling: copies of the model × their GPUs, memory of a GPU beside what training holds of its ${card.memoryGiB} GiB, and time\n\n${table([head, ...cells], [0])}`,
  ];
}

function timeTable(rows: readonly Row[], { cluster, price }: PlanOptions): string {
  const dollars = (hours: number) => (price === undefined ? [] : [`$${compact(hours * price)}`]);
  const line = (name: string, counts: readonly string[], part: StageSeconds) => {
    const hours = (totalSeconds(part) * gpuCount(cluster)) / HOUR;
    const parts = [part.rollouts, part.weights, part.reading, part.updates].map((one) =>
      one === 0 ? '' : formatDuration(one),
    );
    return [name, ...counts, ...parts, formatDuration(totalSeconds(part)), compact(hours), ...dollars(hours)];
  };
  const sum = (of: keyof StageSeconds) => rows.reduce((total, { plan }) => total + plan.seconds[of], 0);
  const total = {
    rollouts: sum('rollouts'),
    weights: sum('weights'),
    reading: sum('reading'),
    updates: sum('updates'),
  };
  const cells = [
    [
      'stage',
      'rollouts',
      'steps',
      'sampling',
      'new weights',
      'reference',
      'updates',
      'in all',
      'GPU-hours',
      ...(price === undefined ? [] : [`at $${price}`]),
    ],
    ...rows.map(({ name, plan }) =>
      line(name, [String(plan.sampling?.rollouts ?? ''), String(plan.training?.steps ?? '')], plan.seconds),
    ),
    line('total', ['', ''], total),
  ];
  return `Time and cost\n\n${table(cells, [0])}`;
}

function publishedTable(rows: readonly Row[], { cluster, assume }: PlanOptions): string[] {
  const published = assume?.published ?? [];
  if (published.length === 0) return [];
  const hours = new Map(rows.map(({ name, plan }) => [name, planHours(plan, cluster)]));
  const lines = published.map(({ what, stages, gpuHours }) => {
    const planned = stages.reduce((sum, name) => sum + (hours.get(name) ?? Number.NaN), 0);
    return { what, planned, gpuHours, stages: stages.join(', ') };
  });
  const sum = (of: 'planned' | 'gpuHours') => lines.reduce((total, line) => total + line[of], 0);
  // A sum of which a stage has no plan is left out.
  const figure = (planned: number) => (Number.isNaN(planned) ? '' : compact(planned));
  return [
    table(
      [
        ['GPU-hours', 'plan', 'published', 'stages'],
        ...lines.map(({ what, planned, gpuHours, stages }) => [
          what,
          figure(planned),
          compact(gpuHours),
          stages,
        ]),
        ['total', figure(sum('planned')), compact(sum('gpuHours')), ''],
      ],
      [0, 3],
    ),
  ];
}

function missing(rows: readonly { readonly name: string; readonly plan: NoPlan }[]): string[] {
  return rows.length === 0
    ? []
    : [['Without a plan:', ...rows.map(({ name, plan }) => `  ${name}: ${plan.reason}`)].join('\n')];
}

function reservations({ card }: GpuCluster): string {
  const error = Math.round(LARGEST_ERROR * 100);
  return [
    '`aha run` cannot carry out this plan: each of its ranks (--nproc) holds a whole model. Shards of weights, gradients and moments,',
    'tensor and expert parallel ranks, and samplers of this package that share a copy do not exist yet. A stage needs none of',
    'these if it has 1 in the columns tensor, expert and shards, and copies of 1 GPU.',
    '',
    `The model of time is off by up to ${error} % on one H200, where it was compared with what was measured (docs/distributed.md).`,
    `Nothing was measured on 2 GPUs or more, nor on another card: ${card.link} is taken to reach ${LINK.share * 100} % of its bandwidth, the network ${NETWORK.share * 100} %.`,
    'Experts are taken to be evenly loaded, lengths to be exponential with the stated mean. Prompts, rewards, checkpoints, loading',
    'models, failures and waiting between phases are not counted. All in bf16 over a float32 master.',
  ].join('\n');
}

function layoutInWords({ data, tensor, expert, shard, recompute, tokens }: Layout): string {
  const parts = [`data ${data}`, `tensor ${tensor}`, `expert ${expert}`, `shards ${shard}`];
  return `${parts.join(' · ')}, ${recompute ? 'recomputed ' : ''}micro-batches of ${tokens.toLocaleString('en')}`;
}

function same(a: Layout, b: Layout): boolean {
  return layoutInWords(a) === layoutInWords(b);
}

/** A line for each text, after the names of all that have it. */
function grouped(lines: readonly (readonly [name: string, text: string])[]): string {
  const names = new Map<string, string[]>();
  for (const [name, text] of lines) names.set(text, [...(names.get(text) ?? []), name]);
  return [...names].map(([text, of]) => `${of.join(', ')}: ${text}`).join('\n');
}

function size(bytes: number): string {
  return bytes === 0 ? '' : (bytes / 2 ** 30).toFixed(1);
}

/** GiB over the link, and over the network. */
function both({ link, network }: Traffic): string {
  if (link === 0 && network === 0) return '';
  return network === 0 ? size(link) : `${size(link) || '0'} + ${size(network)}`;
}

function inSeconds(value: number): string {
  if (value === 0) return '';
  return value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(3);
}
