import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { ALONE } from '../../ranks.ts';
import { openArtifact } from '../../run/artifact.ts';
import { RunDirectory } from '../../run/directory.ts';
import type { RunWatcher } from '../terminal/terminal.ts';
import { resolveRecipe } from './resolve.ts';
import { runRecipe, stageSeed } from './run.ts';
import { testStages } from './testing.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'recipe-'));
  writeFileSync(join(base, 'start'), '100');
});

const A = { stage: 'count', name: 'A', from: 'start' };
const B = { stage: 'count', name: 'B', from: '@A/number' };

/** Runs stages in base/run and returns what the watcher was told; `abortAfter` interrupts after so many steps. */
async function run(
  stages: object[],
  options: { seed?: number; abortAfter?: number } = {},
): Promise<string[]> {
  const recipe = resolveRecipe(
    { name: 'r', seed: options.seed ?? 0, stages },
    { definitions: testStages, origin: 'test' },
  );
  const controller = new AbortController();
  const told: string[] = [];
  let steps = 0;
  const watcher: RunWatcher = {
    note: (text) => told.push(text),
    warn: (_, text) => told.push(text),
    step: () => {
      steps += 1;
      if (steps === options.abortAfter) controller.abort(new Error('interrupted'));
    },
    startStage: (name) => told.push(`start ${name}`),
    endStage: () => told.push('end'),
  };
  const path = join(base, 'run');
  const directory = existsSync(path) ? RunDirectory.open(path) : RunDirectory.create(path);
  const { signal } = controller;
  try {
    const rest = { definitions: testStages, roots: [base], device: 'cpu', signal, ranks: ALONE, watcher };
    await runRecipe({ recipe, directory, ...rest });
    return told;
  } finally {
    await directory.close();
  }
}

const number = (stage: string) => readFileSync(join(base, 'run', stage, 'number'), 'utf8');
const metrics = () =>
  readFileSync(join(base, 'run/metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { stage: string; step: number; value: number; seed: number });
const steps = () => metrics().map(({ stage, step }) => `${stage}${step}`);

describe('runRecipe', () => {
  it('runs stages in order, each from the artifact of the one before', async () => {
    expect(await run([A, B])).toEqual(['start A', 'from step 0', 'end', 'start B', 'from step 0', 'end']);
    expect(number('B')).toBe('106');
    expect(steps()).toEqual(['A1', 'A2', 'A3', 'B1', 'B2', 'B3']);
    const { manifest } = await openArtifact(join(base, 'run/B'));
    expect(manifest).toMatchObject({ kind: 'count', stage: 'B' });
    expect(Object.keys(manifest.inputs)).toEqual(['@A/number']);
    expect(readdirSync(join(base, 'run/B')).sort()).toEqual(['artifact.json', 'number']);
  });

  it('runs nothing that is done', async () => {
    await run([A, B]);
    expect(await run([A, B])).toEqual(['A: complete, not run again', 'B: complete, not run again']);
    expect(steps()).toHaveLength(6);
  });

  it('goes on where it was interrupted, to the same result and the same metrics', async () => {
    await run([A, B]);
    const uninterrupted = metrics();
    rmSync(join(base, 'run'), { recursive: true });
    await expect(run([A, B], { abortAfter: 5 })).rejects.toThrow('interrupted');
    expect(await run([A, B])).toEqual(['A: complete, not run again', 'start B', 'from step 2', 'end']);
    expect(number('B')).toBe('106');
    // The memory of the process is another at every step.
    const same = (lines: ReturnType<typeof metrics>) =>
      lines.map((line) => ({ ...line, 'memory/resident_bytes': expect.any(Number) }));
    expect(metrics()).toEqual(same(uninterrupted));
  });

  it('stops between stages too', async () => {
    await expect(run([A, B], { abortAfter: 3 })).rejects.toThrow('interrupted');
    expect(existsSync(join(base, 'run/B'))).toBe(false);
  });

  it('leaves a failed stage incomplete and runs it again', async () => {
    await expect(run([{ ...A, failAt: 2 }])).rejects.toThrow('step 2 failed');
    expect(existsSync(join(base, 'run/A/artifact.json'))).toBe(false);
    expect(steps()).toEqual(['A1']);
  });

  it('starts a stage again when its configuration or the seed changed', async () => {
    await run([A, B]);
    const told = await run([{ ...A, steps: 4 }, B]);
    expect(told[0]).toBe('A: starts again, since its configuration changed');
    expect(told).toContain('B: starts again, since its input @A/number changed');
    expect(number('B')).toBe('107');
    expect(await run([{ ...A, steps: 4 }, B], { seed: 1 })).toContain('start A');
  });

  it('goes on where a setting that changes no result has changed', async () => {
    await expect(run([{ ...A, address: 'here' }], { abortAfter: 1 })).rejects.toThrow('interrupted');
    expect(await run([{ ...A, address: 'there' }])).toEqual(['start A', 'from step 1', 'end']);
  });

  it('does not go on from a state made from another input', async () => {
    await expect(run([A, B], { abortAfter: 1 })).rejects.toThrow('interrupted');
    writeFileSync(join(base, 'start'), '2000');
    expect(await run([A, B])).toContain('A: starts again, since its input start changed');
    expect(number('B')).toBe('2006');
    expect(metrics()[0]).toMatchObject({ stage: 'A', step: 1, value: 2001 });
  });

  it('keeps what follows when an input was made again the same', async () => {
    await run([A, B]);
    rmSync(join(base, 'run/A'), { recursive: true });
    expect(await run([A, B])).toContain('B: complete, not run again');
  });

  it('refuses a damaged artifact before the stage that reads it', async () => {
    await run([A, B]);
    writeFileSync(join(base, 'run/A/number'), '999');
    rmSync(join(base, 'run/B'), { recursive: true });
    await expect(run([A, B])).rejects.toThrow(`${join(base, 'run/A/number')} was altered`);
  });

  it('refuses it also where the stage that read it is complete, and leaves that one alone', async () => {
    await run([A, B]);
    writeFileSync(join(base, 'run/A/number'), '10x');
    await expect(run([A, B])).rejects.toThrow(`${join(base, 'run/A/number')} was altered`);
    expect(number('B')).toBe('106');
    writeFileSync(join(base, 'run/A/number'), '103');
    expect(await run([A, B])).toContain('B: complete, not run again');
  });

  it('refuses a damaged artifact that is given by its path, before any stage runs', async () => {
    await run([A]);
    const given = join(base, 'given');
    cpSync(join(base, 'run/A'), given, { recursive: true });
    rmSync(join(base, 'run'), { recursive: true });
    const C = { stage: 'count', name: 'C', from: 'given/number' };
    truncateSync(join(given, 'number'), 1);
    for (const setting of [{ from: 'given/number' }, { model: 'given' }]) {
      const later = { ...C, from: 'start', ...setting };
      await expect(run([A, later])).rejects.toThrow(`${join(given, 'number')} is 1 bytes long, but was 3`);
      expect(existsSync(join(base, 'run/A'))).toBe(false);
    }
    await expect(run([A, C])).rejects.toThrow(`delete ${join(given, 'artifact.json')} to use the files`);
    writeFileSync(join(given, 'number'), '103');
    await run([A, C]);
    expect(number('C')).toBe('106');
    expect(await run([A, C])).toContain('C: complete, not run again');
  });

  it('removes what a killed process left: half a file, and the state of a stage that had just finished', async () => {
    await expect(run([A], { abortAfter: 1 })).rejects.toThrow('interrupted');
    const half = join(base, 'run/A/.number.0123456789ab.tmp');
    writeFileSync(half, 'ha');
    await run([A]);
    expect(existsSync(half)).toBe(false);
    mkdirSync(join(base, 'run/A/state'));
    writeFileSync(join(base, 'run/A/started.json'), '{}');
    await run([A]);
    expect(readdirSync(join(base, 'run/A')).sort()).toEqual(['artifact.json', 'number']);
  });

  it('gives each stage a seed of its own that other stages do not change', async () => {
    await run([A, B]);
    const seeds = new Map(metrics().map(({ stage, seed }) => [stage, seed]));
    expect(seeds.get('A')).not.toBe(seeds.get('B'));
    expect(seeds.get('B')).toBe(stageSeed(0, 'B'));
    expect(stageSeed(1, 'B')).not.toBe(stageSeed(0, 'B'));
  });
});
