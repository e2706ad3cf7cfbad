/** The base model in the shape of DeepSeek-V3 that the package brings: whole, and a base that guesses as its README says. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { aha } from '../../src/app/cli/testing.ts';
import { openArtifact } from '../../src/run/artifact.ts';

const out = mkdtempSync(path.join(tmpdir(), 'aha-tiny-v3-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

describe('models/tiny-v3-base', () => {
  it('has the files that its run sealed', async () => {
    expect((await openArtifact('models/tiny-v3-base')).manifest.kind).toBe('pretrain');
  });

  it('answers about a quarter of held-out chains, and takes steps of R1-Zero', async () => {
    const settings = {
      'evaluate-base.checkpoint': 'models/tiny-v3-base',
      'evaluate-base.greedyProblems': 64,
      'evaluate-base.problems': 4,
      'evaluate-base.samples': 2,
      'R1-Zero.model': 'models/tiny-v3-base',
      'R1-Zero.steps': 1,
      'R1-Zero.promptsPerStep': 4,
      'R1-Zero.groupSize': 4,
      'evaluate-r1-zero.greedyProblems': 4,
      'evaluate-r1-zero.problems': 2,
      'evaluate-r1-zero.samples': 2,
    };
    const set = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
    const { code } = await aha('run', 'r1-zero-tiny', ...set, '--device', 'cpu', '--out', out);
    expect(code).toBe(0);
    const report = readFileSync(path.join(out, 'report.json'), 'utf8');
    const { stages } = JSON.parse(report) as { stages: { greedy: number }[] };
    expect(stages[0]!.greedy).toBeGreaterThan(0.1);
    expect(stages[0]!.greedy).toBeLessThan(0.45);
  });
});
