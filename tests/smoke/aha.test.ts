/** The demo of the aha moment, cut short: base, training, the trained checkpoint held back, and what the report tells of it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { aha } from '../../src/app/cli/testing.ts';
import type { RunReport } from '../../src/evaluation/statistics/index.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-moment-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const HELD_BACK = ['attempts-1', 'attempts-2', 'attempts-3', 'attempts-5'];
const small = ['evaluate-base', ...HELD_BACK, 'evaluate-r1-zero'].flatMap((stage) => [
  `${stage}.problems=12`,
  ...(HELD_BACK.includes(stage) ? [] : [`${stage}.greedyProblems=4`]),
]);
const settings = [...small, 'R1-Zero.steps=2', 'R1-Zero.promptsPerStep=4', 'R1-Zero.groupSize=8'];

describe('recipes/aha-tiny.ts', () => {
  it('measures the base first, R1-Zero last, and between them R1-Zero with fewer attempts', async () => {
    const dir = path.join(root, 'run');
    const set = settings.flatMap((setting) => ['--set', setting]);
    const { code, stdout, stderr } = await aha('run', 'recipes/aha-tiny.ts', '--out', dir, ...set);
    expect([code, stderr]).toEqual([0, '']);
    const report = JSON.parse(readFileSync(path.join(dir, 'report.json'), 'utf8')) as RunReport;
    expect(report.stages.map(({ name }) => name)).toEqual([
      'Base',
      '… "wait" forbidden',
      '… at most 2 attempts',
      '… at most 3 attempts',
      '… at most 5 attempts',
      'R1-Zero',
    ]);
    const attempts = report.stages.map(({ reflection }) => reflection!.attempts);
    expect(attempts.slice(0, 2)).toEqual([expect.any(Number), 1]);
    expect(report.stages[1]!.reflection!.words).toBe(0);
    for (const [i, most] of [2, 3, 5].entries()) {
      const lines = readFileSync(path.join(dir, `attempts-${most}`, 'samples.jsonl'), 'utf8')
        .trim()
        .split('\n');
      const tried = lines.map(
        (line) => (JSON.parse(line) as { reflection: { attempts: number } }).reflection,
      );
      expect(Math.max(...tried.map((one) => one.attempts))).toBeLessThanOrEqual(most);
      expect(attempts[i + 2]).toBeGreaterThan(1);
    }
    for (const stage of report.stages) {
      expect(stage.passAt1).not.toBeNull();
      expect(stage.meanLength).toBeGreaterThan(0);
    }
    // The chat page begins with questions of this world.
    expect(readFileSync(path.join(dir, 'R1-Zero/examples.json'), 'utf8')).toContain(
      'make 9 from 7 . 6 . 4 ?',
    );
    const steps = readFileSync(path.join(dir, 'metrics.jsonl'), 'utf8');
    expect(steps).toContain('"reflection/attempts"');
    for (const shown of ['attempts', '59 %', `on ${report.hardware.cpu}`]) expect(stdout).toContain(shown);
    expect(stdout).toMatch(/R1-Zero 2\/2 .*accuracy \d+% .*length \d+ .*wait \d\.\d .*attempts \d\.\d/);
  });
});
