/** @file Table of the estimated cost of each stage on the device. */

import type { Estimate } from '../../run/stage.ts';
import { formatDuration } from '../terminal/step-line.ts';
import { table } from '../terminal/text-table.ts';

/** One stage and its cost. */
export interface StageEstimate {
  readonly name: string;
  readonly stage: string;
  readonly estimate: Estimate;
}

/**
 * The estimates as a table for people, with totals of tokens and time.
 *
 * @param withBasis - whether the last column says how the figures were arrived at
 */
export function estimateTable(rows: readonly StageEstimate[], withBasis = true): string {
  const total = (key: 'tokens' | 'seconds') => rows.reduce((sum, row) => sum + (row.estimate[key] ?? 0), 0);
  const cells = [
    ['stage', 'kind', 'parameters', 'tokens', 'memory', 'time', 'basis'],
    ...rows.map(({ name, stage, estimate }) => [name, stage, ...figures(estimate), estimate.basis ?? '']),
    ['total', '', ...figures({ tokens: total('tokens'), seconds: total('seconds') }), ''],
  ];
  if (!withBasis) for (const row of cells) row.pop();
  return table(cells, [0, 1, 6]);
}

function figures({ parameters, tokens, bytes, seconds }: Estimate): string[] {
  return [
    parameters === undefined ? '' : compact(parameters),
    tokens === undefined ? '' : compact(tokens),
    bytes === undefined ? '' : memory(bytes),
    seconds === undefined ? '' : formatDuration(seconds),
  ];
}

const FORMAT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });

/** 812160 as `812K`, 1.27e6 as `1.27M`. */
export function compact(value: number): string {
  return FORMAT.format(value);
}

/** Bytes in the largest unit that leaves at least one of it: MiB, GiB or TiB. */
export function memory(bytes: number): string {
  const gib = bytes / 2 ** 30;
  if (gib >= 1024) return `${(gib / 1024).toFixed(1)} TiB`;
  return gib >= 1 ? `${gib.toFixed(1)} GiB` : `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
