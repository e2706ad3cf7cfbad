import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { RunDirectory } from './directory.ts';

let path: string;
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'run-')), 'runs', 'one');
});

const metrics = async () => (await readFile(join(path, 'metrics.jsonl'), 'utf8')).trimEnd().split('\n');

describe('RunDirectory', () => {
  it('is created once, and not over something', async () => {
    const run = RunDirectory.create(path);
    await run.close();
    await writeFile(join(path, 'precious'), '');
    expect(() => RunDirectory.create(path)).toThrow(UsageError);
    expect(() => RunDirectory.create(path)).toThrow('--overwrite');
  });

  it('is refused where nothing can be written', async () => {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, 'a file');
    expect(() => RunDirectory.create(path)).toThrow(UsageError);
    expect(() => RunDirectory.create(path)).toThrow(`${path} cannot be used as a run directory`);
    expect(() => RunDirectory.open(path)).toThrow(UsageError);
    expect(() => RunDirectory.create(join(path, 'below'))).toThrow('cannot be used as a run directory');
  });

  it('belongs to one process at a time', async () => {
    const run = RunDirectory.create(path);
    expect(() => RunDirectory.open(path)).toThrow('is working in this run directory');
    await run.close();
    await RunDirectory.open(path).close();
  });

  it('keeps the recipe', async () => {
    const run = RunDirectory.create(path);
    await run.writeRecipe({ name: 'r', stages: [] });
    expect(run.readRecipe()).toEqual({ name: 'r', stages: [] });
  });

  it('records reports in order, marked with their stage', async () => {
    const run = RunDirectory.create(path);
    for (let step = 1; step <= 50; step++) run.record('zero', { step, reward: step / 100 });
    await run.close();
    const lines = await metrics();
    expect(lines).toHaveLength(50);
    expect(lines[49]).toBe('{"stage":"zero","step":50,"reward":0.5}');
    expect(lines.map((line) => JSON.parse(line).step)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  it('keeps an event file for TensorBoard of each stage', async () => {
    const run = RunDirectory.create(path);
    run.record('sft', { step: 1, loss: 2 });
    run.record('zero', { step: 1, reward: 0.5 });
    run.record('zero', { step: 2, reward: 0.5 });
    await run.close();
    for (const stage of ['sft', 'zero']) {
      const dir = join(path, 'tensorboard', stage);
      const names = await readdir(dir);
      expect(names).toHaveLength(1);
      const events = await readFile(join(dir, names[0]!), 'latin1');
      expect(events.split('reward')).toHaveLength(stage === 'zero' ? 3 : 1);
    }
  });

  it('drops what lies beyond the step an interrupted stage resumes at, and a torn line', async () => {
    await mkdir(path, { recursive: true });
    const lines = [
      '{"stage":"sft","step":9}',
      ...[1, 2, 3, 4].map((step) => `{"stage":"zero","step":${step}}`),
    ];
    await writeFile(join(path, 'metrics.jsonl'), `${lines.join('\n')}\n{"stage":"zero","st`);
    const run = RunDirectory.open(path);
    run.record('zero', { step: 3, reward: 1 });
    run.record('zero', { step: 4, reward: 2 });
    await run.close();
    expect(await metrics()).toEqual([
      ...lines.slice(0, 3),
      '{"stage":"zero","step":3,"reward":1}',
      '{"stage":"zero","step":4,"reward":2}',
    ]);
  });

  it('truncates on request', async () => {
    const run = RunDirectory.create(path);
    for (const step of [1, 2, 3]) run.record('zero', { step });
    await run.truncateMetrics('zero', 2);
    await run.close();
    expect(await metrics()).toEqual(['{"stage":"zero","step":1}']);
  });

  it('reports a failed write when flushed', async () => {
    const run = RunDirectory.create(path);
    await mkdir(join(path, 'metrics.jsonl'));
    run.record('zero', { step: 1 });
    await expect(run.flush()).rejects.toThrow('EISDIR');
  });
});
