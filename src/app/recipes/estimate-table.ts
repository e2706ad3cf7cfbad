/** @file Table of the estimated cost of each stage on the device. */

import { bytesInWords } from '../../bytes.ts';
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
    bytes === undefined ? '' : bytesInWords(bytes),
    seconds === undefined ? '' : formatDuration(seconds),
  ];
}

const FORMAT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });

/** 812160 as `812K`, 1.27e6 as `1.27M`. */
export function compact(value: number): string {
  return FORMAT.format(value);
}
