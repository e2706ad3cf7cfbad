/**
 * @file The report of a run as one HTML file: tables, curves and samples of every stage, and what it was run with.
 *
 * It loads nothing and runs nothing (its content security policy forbids both), so that it can be sent to anyone. What
 * models wrote is shown as text.
 */
import {
  hardwareLine,
  kindRows,
  type RunReport,
  resultRows,
  type StageSamples,
} from '../../../evaluation/statistics/index.ts';
import type { Metrics } from '../../../run/metrics.ts';
import type { ResolvedRecipe } from '../../recipes/index.ts';
import { formatDuration } from '../../terminal/step-line.ts';
import { readingOf } from '../reading.ts';
import { comparisonRows } from '../report-markdown.ts';
import { stageCharts } from './charts.ts';
import { type Content, html, Markup } from './markup.ts';
import { STYLE } from './style.ts';
import { table } from './tables.ts';
import { generalTraces, problemTraces } from './traces.ts';

/** What the page shows. */
export interface PageFacts {
  readonly recipe: ResolvedRecipe;
  readonly report: RunReport;
  readonly samples: readonly StageSamples[];
  readonly metrics: Metrics;
  /** What stages have to say beside their curves, by their names. */
  readonly notes: ReadonlyMap<string, string>;
}

/** The whole file. */
export function reportPage(facts: PageFacts): string {
  const title = facts.recipe.title ?? facts.recipe.name;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${about(facts)}
<h2>Result</h2>
${results(facts.report)}
${reading(facts)}
<h2>Stages</h2>
${facts.recipe.stages.map((stage) => stageSection(stage.name, facts))}
<h2>The same problems, checkpoint by checkpoint</h2>
${problemTraces(facts.samples)}
${section('The same general prompts', generalTraces(facts.samples))}
<h2>Settings</h2>
${facts.recipe.stages.map(settings)}
</main>
</body>
</html>
`;
  return page.text;
}

function about({ recipe, report }: PageFacts): Markup {
  const { hardware } = report;
  const rows: readonly (readonly [string, string])[] = [
    ['recipe', recipe.name],
    ['seed', String(report.seed)],
    ['ended', report.date],
    ['took', formatDuration(report.seconds)],
    ['hardware', hardwareLine(hardware)],
  ];
  return html`${recipe.about ? html`<pre>${recipe.about.trim()}</pre>` : null}
<dl>
${rows.map(
  ([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>
`,
)}</dl>`;
}

function reading({ recipe, report }: PageFacts): Content {
  const text = readingOf(recipe, report);
  return text === null ? null : html`<p>${text}</p>`;
}

function results(report: RunReport): Content {
  const kinds = kindRows(report.stages);
  return [
    table(
      'Accuracies, intervals (95 %) and rates in percent; length in response tokens',
      resultRows(report.stages),
    ),
    kinds && table('General prompts answered rightly, by kind, in percent', kinds),
    report.comparisons.length > 0
      ? table('Differences on the same problems, in percentage points', comparisonRows(report.comparisons))
      : null,
  ];
}

function stageSection(name: string, { metrics, notes }: PageFacts): Content {
  const charts = stageCharts(name, metrics.get(name) ?? []);
  const note = notes.get(name);
  if (charts.length === 0 && note === undefined) return null;
  return html`<h3>${name}</h3>
${note === undefined ? null : html`<div class="wide" role="region" aria-label="${name}: outcome" tabindex="0"><pre>${note}</pre></div>`}
<div class="charts">
${charts}</div>
`;
}

function section(heading: string, parts: readonly Markup[]): Content {
  return parts.length === 0
    ? null
    : html`<h2>${heading}</h2>
${parts}`;
}

function settings({ name, stage, config }: ResolvedRecipe['stages'][number]): Markup {
  return html`<details><summary>${name} (${stage})</summary><pre>${JSON.stringify(config, null, 2)}</pre></details>
`;
}
