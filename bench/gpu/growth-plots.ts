/**
 * @file Plots of `gpu growth`: speed and memory over what grows, on a logarithmic axis, one SVG each.
 *
 *   npm run bench -- growth-plots <lines of gpu growth> <directory>
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { linePlot, type Series } from '../../src/app/terminal/plot.ts';
import { UsageError } from '../../src/errors.ts';
import type { Axis } from './growth.ts';

/** A line that `gpu growth` prints. */
interface Line {
  readonly axis: Axis;
  readonly x: number | null;
  readonly shape: string;
  readonly recompute?: boolean;
  readonly tokps?: number;
  readonly mfu?: number;
  readonly peakGiB?: number;
}

interface Plot {
  readonly title: string;
  readonly xLabel: string;
  /** What is drawn on the left axis, beside the peak of memory on the right. */
  readonly left: 'tokps' | 'mfu';
}

const PLOTS: Readonly<Record<Axis, Plot>> = {
  length: { title: 'Fine-tuning: length of rows', xLabel: 'tokens of a row', left: 'tokps' },
  rows: { title: 'Decoding: rows at once', xLabel: 'rows', left: 'tokps' },
  group: { title: 'Decoding: size of groups', xLabel: 'responses of a group', left: 'tokps' },
  model: { title: 'Fine-tuning: size of the model', xLabel: 'parameters', left: 'mfu' },
};

const LABELS = { tokps: 'tokens/s', mfu: 'MFU, %' } as const;

/** Writes `growth-<axis>.svg` for each axis that the file has lines of. */
export function growthPlots(file = '', directory = '.'): void {
  if (file === '') throw new UsageError('growth-plots needs a file', 'Give the output of `gpu growth`.');
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
  for (const [axis, plot] of Object.entries(PLOTS) as [Axis, Plot][]) {
    const own = lines.filter((line) => line.axis === axis && line.x !== null);
    if (own.length === 0) continue;
    const name = path.join(directory, `growth-${axis}.svg`);
    writeFileSync(name, drawn(own, plot));
    console.log(name);
  }
}

function drawn(lines: readonly Line[], { title, xLabel, left }: Plot): string {
  const places = [...new Set(lines.map(({ x }) => x!))].sort((a, b) => a - b);
  return linePlot({
    title,
    xLabel,
    xTicks: { values: places.map(Math.log2), labels: places.map(inShort) },
    left: { label: LABELS[left], series: seriesOf(lines, left), include: [0] },
    right: { label: 'GiB at most', series: seriesOf(lines, 'peakGiB'), include: [0] },
  });
}

/** One series, or where some steps recompute and some do not at the same place one of each. */
function seriesOf(lines: readonly Line[], of: 'tokps' | 'mfu' | 'peakGiB'): Series[] {
  const kinds = new Set(lines.map(({ axis, recompute }) => (axis === 'length' ? recompute === true : false)));
  const name = of === 'peakGiB' ? 'memory' : LABELS[of];
  return [...kinds].map((recomputed) => ({
    name: recomputed ? `${name}, recomputed` : name,
    points: lines
      .filter(({ axis, recompute }) => axis !== 'length' || (recompute === true) === recomputed)
      .map((line) => [Math.log2(line.x!), line[of] ?? Number.NaN] as const),
  }));
}

/** 1024 → 1k, 494032768 → 494M. */
function inShort(value: number): string {
  if (value >= 1e9) return `${Number((value / 1e9).toPrecision(2))}B`;
  if (value >= 1e6) return `${Math.round(value / 1e6)}M`;
  return value >= 1024 && value % 1024 === 0 ? `${value / 1024}k` : `${value}`;
}
