/**
 * @file Figures of one stage in `report.json`: greedy accuracy, pass@1, pass@k, cons@k, and how the responses look.
 *
 * The protocol is the DeepSeek-R1 report's: k samples a problem at temperature 0.6, top-p 0.95; pass@1 is the mean
 * over samples, not one greedy try. Greedy accuracy is reported beside it because it needs no sampling.
 *
 * What counts as right, and what becomes of responses that could not be scored, is decided in `graded.ts`.
 */
import { type Interval, type Uniform, wilsonInterval } from './bootstrap.ts';
import { measured, type ProblemFigures, problemFigures } from './figures.ts';
import { type GeneralReport, generalReport } from './general.ts';
import { type Graded, isRight } from './graded.ts';
import { mean, quantiles } from './quantile.ts';
import { type ReflectionFigures, reflectionFigures } from './reflections.ts';
import { type ThoughtLanguages, thoughtLanguages } from './thoughts.ts';

/** What one stage's evaluation drew. Either kind of decoding may be absent (an empty list), not both. */
export interface StageSamples {
  readonly name: string;
  /** At most one greedy response per problem. */
  readonly greedy: readonly Graded[];
  /** Per problem, its samples; the same number for each problem. */
  readonly sampled: readonly (readonly Graded[])[];
  /** Per general prompt, its samples. */
  readonly general?: readonly (readonly Graded[])[];
  /** Sampling temperature and top-p of `sampled`. */
  readonly temperature: number;
  readonly topP: number;
  /** Longest response allowed, in tokens. */
  readonly maxTokens: number;
}

/** Quantiles of the response length in tokens. */
export interface LengthPercentiles {
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** One stage in `report.json`. Rates and accuracies are in [0, 1]; null where nothing was drawn or scored. */
export interface StageReport extends Partial<GeneralReport>, Partial<ThoughtLanguages> {
  readonly name: string;
  /** Accuracy of the greedy responses, with its Wilson interval (95 %). */
  readonly greedy: number | null;
  readonly greedyInterval: Interval | null;
  /** Mean accuracy over samples, with its bootstrap interval over problems (95 %). */
  readonly passAt1: number | null;
  readonly passAt1Interval: Interval | null;
  /** Unbiased pass@k, for k = 1, 4, 16, 64 as far as samples go, and k = samples per problem. */
  readonly [passAtK: `passAt${number}`]: number | null;
  /** Majority vote over all samples of a problem. */
  readonly [consAtK: `consAt${number}`]: number | null;
  /** Which responses the next five figures were measured on: the sampled ones, or the greedy where none were drawn. */
  readonly measuredOn: 'sampled' | 'greedy';
  /** Share of responses that keep the format. */
  readonly formatRate: number;
  /** Mean response length in tokens. */
  readonly meanLength: number;
  readonly lengthPercentiles: LengthPercentiles;
  /** Share of responses cut by the length limit. */
  readonly truncationRate: number;
  /** Words of doubt and second attempts, on the same responses; null where they were not looked at. */
  readonly reflection?: ReflectionFigures | null;
  /** Problems of which no response could be scored, left out of the accuracies above. */
  readonly unscored: number;
  readonly problems: number;
  readonly samplesPerProblem: number;
  readonly temperature: number;
  readonly topP: number;
  readonly maxTokens: number;
  /** What training and sampling on the way to this checkpoint took; in the report of a run only. */
  readonly tokens?: number;
  readonly minutes?: number;
}

/** Settings of `summarise`. */
export interface SummaryOptions {
  /** Whether answers vote (default true); equivalent answers have to be equal texts by now. */
  readonly votes?: boolean;
  /** Number of bootstrap resamples (default 2,000). */
  readonly resamples?: number;
}

/**
 * Measures one stage.
 *
 * @param random - the stream of the bootstrap, e.g. `Random.derive(seed, 'bootstrap')`
 * @throws RangeError when nothing was drawn, or problems have different numbers of samples
 */
export function summarise(samples: StageSamples, random: Uniform, options: SummaryOptions = {}): StageReport {
  const { name, greedy, sampled, temperature, topP, maxTokens } = samples;
  const figures = problemFigures(sampled, options.votes ?? true);
  const { samplesPerProblem } = figures;
  const drawn = samplesPerProblem > 0;
  const described = drawn ? sampled.flat() : greedy;
  if (described.length === 0) throw new RangeError(`summarise: ${name}: no responses`);

  const answered = greedy.filter((response) => response.correct !== null);
  const right = answered.filter(isRight).length;
  const passAt1 = measured(figures.passAt1, random, options);
  return {
    name,
    greedy: answered.length > 0 ? right / answered.length : null,
    greedyInterval: answered.length > 0 ? wilsonInterval(right, answered.length) : null,
    passAt1: passAt1?.value ?? null,
    passAt1Interval: passAt1?.interval ?? null,
    ...overSamples(figures),
    measuredOn: drawn ? 'sampled' : 'greedy',
    ...describeResponses(described),
    ...thoughtLanguages(described),
    reflection: reflectionFigures(described),
    ...(samples.general !== undefined && generalReport(samples.general, random, options)),
    unscored: drawn ? figures.unscored : greedy.length - answered.length,
    problems: drawn ? sampled.length : greedy.length,
    samplesPerProblem,
    temperature,
    topP,
    maxTokens,
  };
}

/** pass@k and cons@k under their names in `report.json`. */
function overSamples({ passAt, consAt, samplesPerProblem: n }: ProblemFigures): {
  [figure: `passAt${number}` | `consAt${number}`]: number | null;
} {
  const meanOf = (values: readonly number[] = []) => (values.length > 0 ? mean(values) : null);
  return {
    ...Object.fromEntries(passAt.map(({ k, values }) => [`passAt${k}`, meanOf(values)])),
    ...(n > 1 && { [`consAt${n}`]: meanOf(consAt?.values) }),
  };
}

/** How responses look, whatever they are worth. */
export interface ResponseShape {
  /** Share of responses that keep the format. */
  readonly formatRate: number;
  /** Mean response length in tokens. */
  readonly meanLength: number;
  readonly lengthPercentiles: LengthPercentiles;
  /** Share of responses cut by the length limit. */
  readonly truncationRate: number;
}

/** Format, length and truncation of at least one response. */
export function describeResponses(responses: readonly Graded[]): ResponseShape {
  const lengths = responses.map((response) => response.length);
  const [p10, p50, p90, p99, max] = quantiles(lengths, [0.1, 0.5, 0.9, 0.99, 1]);
  return {
    formatRate: mean(responses.map((response) => (response.formatted ? 1 : 0))),
    meanLength: mean(lengths),
    lengthPercentiles: { p10: p10!, p50: p50!, p90: p90!, p99: p99!, max: max! },
    truncationRate: mean(responses.map((response) => (response.finish === 'length' ? 1 : 0))),
  };
}
