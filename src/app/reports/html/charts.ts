/**
 * @file The curves of one stage: rewards, reward models, validations, response length, entropy and KL; or the loss.
 */
import type { StepReport } from '../../../records.ts';
import { rewardsSaying } from '../../../rl/reward/index.ts';
import { series } from '../../../run/metrics.ts';
import { type Axis, linePlot, PAGE, type PlotOptions, type Series } from '../../terminal/plot.ts';
import { doubts } from '../../terminal/step-line.ts';
import { html, Markup } from './markup.ts';

/** Points of a line: more say nothing at this size. */
const MAX_POINTS = 300;
const SIZE = { width: 560, height: 320 };
/** Rewards that are reward models, not rules. */
const MODELS: readonly string[] = rewardsSaying('preference');

/** A figure for each group of curves that the stage has; none where it recorded fewer than two steps. */
export function stageCharts(stage: string, steps: readonly StepReport[]): Markup[] {
  if (steps.length < 2) return [];
  return charts(steps)
    .filter(({ left }) => left.series.length > 0)
    .map((chart) => figure(stage, chart, steps.length));
}

type Chart = Pick<PlotOptions, 'title' | 'left' | 'right'>;

function charts(steps: readonly StepReport[]): Chart[] {
  const curves = (...named: readonly (readonly [metric: string, name: string])[]): Series[] =>
    named
      .map(([metric, name]) => ({ name, points: thin(series(steps, metric)) }))
      .filter(({ points }) => points.length > 0);
  const parts = rewardNames(steps);
  const means = (names: readonly string[]) =>
    curves(...names.map((name) => [`rewards/${name}/mean`, name] as const));
  const training: Chart[] = [
    {
      title: 'loss',
      left: { label: 'nats', series: curves(['loss', 'loss']) },
      ...right('share', curves(['accuracy', 'accuracy'], ['mean_token_accuracy', 'token accuracy']), [0, 1]),
    },
  ];
  const reinforcement: Chart[] = [
    {
      title: 'rewards by rule',
      left: {
        label: 'mean over completions',
        include: [0, 1],
        series: means(parts.filter((name) => !MODELS.includes(name))),
      },
      ...right('total reward', curves(['reward', 'total']), [0]),
    },
    {
      title: 'reward models',
      left: {
        label: 'mean score',
        include: [0, 1],
        series: means(parts.filter((name) => MODELS.includes(name))),
      },
    },
    {
      title: 'validation',
      left: {
        label: 'mean over held-out responses',
        include: [0, 1],
        series: curves(['validation/accuracy', 'accuracy'], ['validation/reward', 'total reward']),
      },
      ...right('tokens', curves(['validation/length', 'length']), [0]),
    },
    {
      title: 'response length',
      left: {
        label: 'tokens',
        include: [0],
        series: curves(
          ['completions/mean_length', 'mean'],
          ['completions/length_p50', 'median'],
          ['completions/length_p90', '90th percentile'],
        ),
      },
    },
    {
      title: 'self-reflection',
      left: {
        label: 'in a response',
        include: [0],
        series: steps.some(doubts)
          ? curves(['reflection/attempts', 'attempts'], ['reflection/words', 'words of doubt'])
          : [],
      },
      ...right('share', curves(['reflection/to_right', 'corrected'], ['reflection/to_wrong', 'spoilt']), [0]),
    },
    {
      title: 'entropy and KL',
      left: { label: 'entropy, nats', include: [0], series: curves(['entropy', 'entropy']) },
      ...right('KL to the reference, nats', curves(['kl', 'KL']), [0]),
    },
  ];
  return steps.some((step) => 'reward' in step) ? reinforcement : training;
}

function right(label: string, curves: readonly Series[], include: readonly number[]): { right?: Axis } {
  return curves.length === 0 ? {} : { right: { label, include, series: curves } };
}

/** Names of the rewards that any step reports, in order of appearance. */
function rewardNames(steps: readonly StepReport[]): string[] {
  const metrics = new Set(steps.flatMap((step) => Object.keys(step)));
  return [...metrics].flatMap((metric) => /^rewards\/(.+)\/mean$/.exec(metric)?.[1] ?? []);
}

/** Means of at most MAX_POINTS bins of consecutive points. */
export function thin(points: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const size = Math.ceil(points.length / MAX_POINTS);
  if (size <= 1) return [...points];
  return Array.from({ length: Math.ceil(points.length / size) }, (_, bin) => {
    const some = points.slice(bin * size, (bin + 1) * size);
    const finite = some.map(([, y]) => y).filter(Number.isFinite);
    return [some.at(-1)![0], finite.reduce((sum, y) => sum + y, 0) / finite.length] as const;
  });
}

function figure(stage: string, chart: Chart, steps: number): Markup {
  const title = `${stage}: ${chart.title}`;
  const smooth = steps >= 20 ? 5 : 1;
  return html`<figure>
${new Markup(linePlot({ ...SIZE, ...chart, title, xLabel: 'step', theme: PAGE, smooth }))}</figure>
`;
}
