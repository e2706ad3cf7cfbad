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

  it('becomes a list where the terminal is narrower than the table', () => {
    const lines = resultTable([base, zero], 'plain', 40);
    expect(lines).toMatchInlineSnapshot(`
      "base
        greedy   24.0 [20.5–27.9]
        pass@1   15.1 [13.0–17.5]
        pass@16  86.0
        cons@16  30.0
        format   17.0
        length   8.6
      R1-Zero
        greedy   94.1 [91.8–95.9]
        pass@1   73.0 [70.1–76.0]
        pass@16  100.0
        cons@16  95.0
        format   98.0
        length   43.9"
    `);
    expect(resultTable([base, zero], 'plain', 78)).toBe(resultTable([base, zero]));
    for (const width of [1, 5, 20, 77]) {
      const widths = resultTable([base, zero], 'plain', width)
        .split('\n')
        .map((line) => line.length);
      expect(Math.max(...widths)).toBeLessThanOrEqual(width);
    }
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

  it('shows language, general success, and cost where checkpoints can be compared by it', () => {
    const more = (stage: StageReport, minutes: number): StageReport => ({
      ...stage,
      languageConsistency: 0.5,
      generalSuccess: 0.25,
      tokens: minutes * 81_216,
      minutes,
    });
    expect(resultTable([more(base, 0), more(zero, 2.5)])).not.toMatch(/tokens|minutes/);
    const dev = { ...more(zero, 4), name: 'Dev1', languageConsistency: null, generalSuccess: null };
    expect(resultTable([more(base, 0), more(zero, 2.5), dev])).toMatchInlineSnapshot(`
      "stage              pass@1  pass@16  cons@16  format  language  general  length  tokens  minutes
      base     15.1 [13.0–17.5]     86.0     30.0    17.0      50.0     25.0     8.6       0      0.0
      R1-Zero  73.0 [70.1–76.0]    100.0     95.0    98.0      50.0     25.0    43.9    203K      2.5
      Dev1     73.0 [70.1–76.0]    100.0     95.0    98.0         –        –    43.9    325K      4.0"
    `);
    const narrow = resultTable([more(base, 0), more(zero, 2.5), dev], 'plain', 90);
    expect(narrow.split('\n')[0]).toMatch(/general {2}length$/);
    expect(resultTable([more(base, 0), more(zero, 2.5), dev], 'plain', 70)).toMatch(/^base\n {2}pass@1 .*\n/);
    const markdown = resultTable([more(base, 0), more(zero, 2.5), dev], 'markdown');
    expect(markdown.split('\n')[0]).toMatch(/language \| general \| length \| tokens \| minutes \|$/);
  });

  it('aligns names of wide characters, and keeps a name from breaking the table', () => {
    const rows = resultTable([base, { ...base, name: '冷启动' }]).split('\n');
    expect(rows[1]?.startsWith('base    ')).toBe(true);
    expect(rows[2]?.startsWith('冷启动  ')).toBe(true);
    const row = resultTable([{ ...base, name: 'a|b\u001b[31m' }], 'markdown').split('\n')[2];
    expect(row).toContain('| a\\|b�[31m |');
  });
});
