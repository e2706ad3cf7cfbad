/**
 * @file Results as text: each benchmark's figures, the comparison, and the table with the published results.
 */
import path from 'node:path';
import { writeFileAtomic, writeJsonAtomic } from '../run/atomic.ts';
import { printable } from '../text/index.ts';
import type { ComparedResult, EvaluationResult } from './result.ts';
import type { EvaluationSettings } from './settings.ts';
import { repoOf } from './source.ts';
import {
  type CardScore,
  cardScores,
  type Interval,
  type Measured,
  type MeasuredRow,
  type Paired,
  percent,
  publishedTable,
} from './statistics/index.ts';

/** Files of a report over several results. */
export const REPORT_JSON = 'report.json';
export const REPORT_MARKDOWN = 'report.md';

/** Writes report.json and report.md into `dir` and returns the text to be shown. */
export async function writeResults(dir: string, results: readonly EvaluationResult[]): Promise<string> {
  await writeJsonAtomic(path.join(dir, REPORT_JSON), { results });
  const figures = results.map((result) => `\`\`\`\n${resultText(result)}\n\`\`\``);
  const markdown = [
    `# Evaluation`,
    ...figures,
    '## Beside published results',
    resultsTable(results, 'markdown'),
  ];
  await writeFileAtomic(path.join(dir, REPORT_MARKDOWN), `${markdown.join('\n\n')}\n`);
  return resultsText(results);
}

/** The results, then the table. */
export function resultsText(results: readonly EvaluationResult[]): string {
  return [...results.map(resultText), resultsTable(results, 'plain')].join('\n\n');
}

/** The measured results beside the published ones. Results of one model share a row. */
export function resultsTable(results: readonly EvaluationResult[], format: 'plain' | 'markdown'): string {
  const models = [...new Set(results.map(({ settings }) => settings.model))];
  const rows: MeasuredRow[] = models.map((model) => ({
    model,
    results: results
      .filter(({ settings }) => settings.model === model)
      .map((result) => ({
        benchmark: result.settings.benchmark,
        figures: figuresOf(result),
        how: howMeasured(result),
      })),
  }));
  const titles = Object.fromEntries(results.map(({ settings }) => [settings.benchmark, settings.title]));
  return publishedTable(rows, titles, format);
}

/** The figures a published table has: pass@1, the majority, and pass@k at the most samples. */
function figuresOf({ measures }: EvaluationResult): { readonly [metric: string]: Measured } {
  const { passAt1, passAt, consAt } = measures;
  const most = passAt.at(-1);
  return {
    ...(passAt1 && { 'pass@1': passAt1 }),
    ...(consAt && { [`cons@${consAt.k}`]: consAt }),
    ...(most && { [`pass@${most.k}`]: most }),
  };
}

function howMeasured({ settings, finished }: EvaluationResult): string {
  return `${finished.slice(0, 10)}, ${protocolText(settings)}; 95 % intervals over problems`;
}

function protocolText(settings: EvaluationResult['settings']): string {
  const { problems, samples, temperature, topP, maxTokens, form, shots } = settings;
  const asked = form === undefined ? '' : `, form ${form} with ${shots} examples`;
  return `${problems} problems × k=${samples}, T ${temperature}, top-p ${topP}, at most ${maxTokens} tokens${asked}`;
}

/** The scores that are published of this very model, in the mode that was measured, beside what they are of. */
function publishedLines({ settings, measures }: EvaluationResult): string[] {
  const repo = settings.source === undefined ? null : repoOf(settings.source);
  const own = measures.passAt1;
  if (repo === null || own === null) return [];
  const { thinking } = settings.identity;
  const scores = cardScores(repo, settings.benchmark).filter(
    ({ protocol }) => thinking === undefined || (protocol.thinking ?? thinking) === thinking,
  );
  return scores.map(({ score, protocol, source, differs }) => {
    const [low, high] = own.interval;
    const inside = score / 100 >= low && score / 100 <= high ? 'within' : 'outside';
    const unlike = unlikeProtocol(settings, protocol);
    const notes = [differs, unlike.length > 0 ? `not the same here: ${unlike.join(', ')}` : undefined];
    const said = notes.filter((note) => note !== undefined).map((note) => `; ${note}`);
    return `  published ${score.toFixed(1).padStart(5)}  ${inside} the interval of pass@1; ${source}${said.join('')}`;
  });
}

/** The settings that differ from a published protocol. */
function unlikeProtocol(settings: EvaluationSettings, protocol: CardScore['protocol']): string[] {
  const { temperature, topP, maxTokens, samples, form, shots } = settings;
  const here = { temperature, topP, maxTokens, samples, form, shots, topK: settings.identity.topK };
  const keys = Object.keys(here) as (keyof typeof here)[];
  return keys.filter((key) => protocol[key] !== undefined && protocol[key] !== here[key]);
}

function resultText(result: EvaluationResult): string {
  const { settings, measures, comparison } = result;
  const {
    passAt1,
    passAt,
    consAt,
    formatRate,
    meanLength,
    lengthPercentiles,
    truncationRate,
    unscored,
    reflection,
  } = measures;
  const figures: (readonly [string, Measured])[] = [
    ...(passAt1 ? [['pass@1', passAt1] as const] : []),
    ...passAt.map((measured) => [`pass@${measured.k}`, measured] as const),
    ...(consAt ? [[`cons@${consAt.k}`, consAt] as const] : []),
  ];
  const { p50, p99, max } = lengthPercentiles;
  const lines = [
    `${printable(settings.title)}: ${printable(settings.model)}, ${protocolText(settings)}`,
    ...figures.map(
      ([name, { value, interval }]) =>
        `  ${name.padEnd(10)}${percent(value).padStart(5)}  ${bounds(interval)}`,
    ),
    ...publishedLines(result),
    `  format ${percent(formatRate)} %, cut ${percent(truncationRate)} %, length ${meanLength.toFixed(1)} tokens ` +
      `(median ${p50.toFixed(0)}, 99th percentile ${p99.toFixed(0)}, longest ${max})`,
    ...reflectionLine(reflection),
    ...(unscored > 0 ? [`  ${unscored} problems could not be scored and are left out`] : []),
    ...(comparison === null ? [] : comparisonLines(comparison, consAt?.k)),
  ];
  return lines.join('\n');
}

/** Words of doubt and attempts, where there are any. A result of an earlier version has no reflection. */
function reflectionLine(reflection: EvaluationResult['measures']['reflection'] | undefined): string[] {
  if (reflection == null || reflection.words === 0) return [];
  const { words, attempts, toRight, toWrong } = reflection;
  return [
    `  words of doubt ${words.toFixed(2)}, attempts ${attempts.toFixed(2)} a response, ` +
      `changed to right ${percent(toRight)} %, to wrong ${percent(toWrong)} %`,
  ];
}

function comparisonLines({ model, with: other, passAt1, consAt, unequal }: ComparedResult, k = 0): string[] {
  return [
    `  against ${printable(model)} (${printable(other)}), ${passAt1.problems} problems in common, paired:`,
    `    pass@1  ${change(passAt1)}`,
    ...(consAt === null ? [] : [`    cons@${k}  ${change(consAt)}`]),
    ...unequal.map((what) => `    not the same: ${what}`),
  ];
}

function change({ difference, interval, pValue }: Paired): string {
  const sign = difference >= 0 ? '+' : '−';
  const p = pValue < 0.001 ? 'p < 0.001' : `p = ${pValue.toFixed(3)}`;
  return `${sign}${percent(Math.abs(difference))} points ${bounds(interval)}, ${p}`;
}

function bounds([low, high]: Interval): string {
  return `[${percent(low)}, ${percent(high)}]`;
}
