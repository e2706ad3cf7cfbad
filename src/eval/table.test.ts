import { describe, expect, it } from 'vitest';
import type { StageReport } from './summary.ts';
import { resultTable } from './table.ts';

const base: StageReport = {
  name: 'base',
  greedy: 0.2402,
  greedyInterval: [0.205, 0.279],
  passAt1: 0.151,
  passAt1Interval: [0.13, 0.175],
  passAt4: 0.46,
  passAt16: 0.86,
  consAt16: 0.3,
  measuredOn: 'sampled',
  formatRate: 0.17,
  meanLength: 8.63,
  lengthPercentiles: { p10: 3, p50: 8, p90: 20, p99: 40, max: 60 },
  truncationRate: 0,
  unscored: 0,
  problems: 256,
  samplesPerProblem: 16,
  temperature: 1,
  topP: 1,
  maxTokens: 128,
};
const zero: StageReport = {
  ...base,
  name: 'R1-Zero',
  greedy: 0.9414,
  greedyInterval: [0.918, 0.959],
  passAt1: 0.73,
  passAt1Interval: [0.701, 0.76],
  passAt16: 1,
  consAt16: 0.95,
  formatRate: 0.98,
  meanLength: 43.9,
};

describe('resultTable', () => {
  it('shows stages with intervals in 80 columns', () => {
    const table = resultTable([base, zero]);
    expect(table).toMatchInlineSnapshot(`
      "stage              greedy            pass@1  pass@16  cons@16  format  length
      base     24.0 [20.5–27.9]  15.1 [13.0–17.5]     86.0     30.0    17.0     8.6
      R1-Zero  94.1 [91.8–95.9]  73.0 [70.1–76.0]    100.0     95.0    98.0    43.9"
    `);
    expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('writes Markdown', () => {
    expect(resultTable([base, zero], 'markdown')).toMatchInlineSnapshot(`
      "| stage   |           greedy |           pass@1 | pass@16 | cons@16 | format | length |
      | ------- | ---------------: | ---------------: | ------: | ------: | -----: | -----: |
      | base    | 24.0 [20.5–27.9] | 15.1 [13.0–17.5] |    86.0 |    30.0 |   17.0 |    8.6 |
      | R1-Zero | 94.1 [91.8–95.9] | 73.0 [70.1–76.0] |   100.0 |    95.0 |   98.0 |   43.9 |"
    `);
  });

  it('leaves out what no stage has, and shows cut responses where there are any', () => {
    const { consAt16: _cons, passAt16: _pass, passAt4: _pass4, ...greedyOnly } = base;
    const stage = { ...greedyOnly, passAt1: null, passAt1Interval: null, truncationRate: 0.031 };
    expect(resultTable([stage])).toMatchInlineSnapshot(`
      "stage            greedy  format  length  cut
      base   24.0 [20.5–27.9]    17.0     8.6  3.1"
    `);
  });

  it('aligns names of wide characters, and keeps a name from breaking the table', () => {
    const rows = resultTable([base, { ...base, name: '冷启动' }]).split('\n');
    expect(rows[1]?.startsWith('base    ')).toBe(true);
    expect(rows[2]?.startsWith('冷启动  ')).toBe(true);
    const row = resultTable([{ ...base, name: 'a|b\u001b[31m' }], 'markdown').split('\n')[2];
    expect(row).toContain('| a\\|b�[31m |');
  });
});
