import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { measure, type StageSamples, summarise } from '../../evaluation/statistics/index.ts';
import { evaluationFiles } from '../../evaluation/testing.ts';
import { Random } from '../../random.ts';
import { aha } from '../cli/testing.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-report-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A run directory with one finished evaluation. */
function writeRun(name: string): string {
  const dir = path.join(root, name);
  const response = { promptId: 'a', correct: 1, formatted: true, length: 5, answer: '2', text: '2' };
  const samples: StageSamples = {
    name: 'Base',
    greedy: [{ ...response, finish: 'stop' }],
    sampled: [],
    temperature: 0,
    topP: 1,
    maxTokens: 8,
  };
  mkdirSync(path.join(dir, 'check'), { recursive: true });
  const write = (file: string, value: unknown) => writeFileSync(path.join(dir, file), JSON.stringify(value));
  for (const [file, content] of Object.entries(evaluationFiles(samples))) {
    writeFileSync(path.join(dir, 'check', file), content);
  }
  write('recipe.json', {
    name,
    seed: 5,
    device: 'cpu',
    stages: [{ stage: 'evaluate', name: 'check', checkpoint: 'm' }],
  });
  write('check/report.json', summarise(samples, Random.derive(0, 'bootstrap')));
  write('elapsed.json', { seconds: 61 });
  return dir;
}

it('writes the reports of a run again, and shows them', async () => {
  const dir = writeRun('one');
  const { code, stdout, stderr } = await aha('report', dir);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^stage .*greedy.*\nBase +100\.0 /);
  expect(stdout).toContain(path.join(dir, 'report.html'));
  const report = JSON.parse(readFileSync(path.join(dir, 'report.json'), 'utf8')) as Record<string, unknown>;
  expect(report).toMatchObject({
    recipe: 'one',
    seed: 5,
    seconds: 61,
    stages: [{ name: 'Base', greedy: 1 }],
  });
  expect(JSON.parse((await aha('report', dir, '--json')).stdout)).toEqual(report);
  expect((await aha('report', dir, '--markdown')).stdout).toBe(
    readFileSync(path.join(dir, 'report.md'), 'utf8'),
  );
});

it('does not mix runs and evaluations', async () => {
  const { code, stderr } = await aha('report', writeRun('two'), root);
  expect(code).toBe(2);
  expect(stderr).toContain(`${root}: no directory of a run`);
});

/** The directory of a finished evaluation, or of one whose result is this text. */
function writeEvaluation(name: string, text?: string): string {
  const dir = path.join(root, name);
  mkdirSync(dir, { recursive: true });
  const response = { promptId: 'a', correct: 1, formatted: true, length: 5, answer: '2', text: '2' };
  const measures = measure([[{ ...response, finish: 'stop' }]], Random.derive(0, 'x'), { votes: true });
  const decoding = { samples: 1, temperature: 0.6, topP: 0.95, maxTokens: 8, problems: 1 };
  const settings = { format: 1, benchmark: 'sum', title: 'Sums', model: name, ...decoding };
  const result = { settings, measures, finished: '2025-01-20T00:00:00.000Z', comparison: null };
  writeFileSync(path.join(dir, 'result.json'), text ?? JSON.stringify(result));
  return dir;
}

it.each([
  '{"settings": {',
  '[]',
  '{}',
  '{"settings": {}, "measures": {}, "finished": "now"}',
  '',
  'one\n\u001b[31mtwo\n',
])('names the damaged result %j, and shows the others', async (text) => {
  const good = writeEvaluation('good');
  const bad = writeEvaluation('bad', text);
  const both = await aha('report', good, bad);
  expect(both.code).toBe(0);
  expect(both.stdout).toContain('good');
  expect(both.stderr).toMatch(/^warning: .*bad\/result\.json: damaged \(.*\)\n.*measured anew/);
  expect(both.stderr).not.toContain('\u001B');
  const alone = await aha('report', bad);
  expect(alone.code).toBe(1);
  expect(alone.stderr).toMatch(/bad\/result\.json: damaged/);
});
