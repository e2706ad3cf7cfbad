import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { chooseDirectory, type DirectoryOptions, differences, timestamp } from './choose-directory.ts';
import { resolveRecipe } from './resolve.ts';
import { testStages } from './testing.ts';

let runs: string;
beforeEach(() => {
  runs = join(mkdtempSync(join(tmpdir(), 'place-')), 'runs');
});

const now = new Date(2026, 0, 2, 3, 4, 5);
const recipe = (steps = 3, name = 'r') =>
  resolveRecipe(
    { name, stages: [{ stage: 'count', name: 'A', steps }] },
    { definitions: testStages, origin: 'test' },
  );
/** Opens and closes; the path. */
async function open(options: Partial<DirectoryOptions> = {}, of = recipe()): Promise<string> {
  const directory = await chooseDirectory(of, { runs, now, ...options });
  await directory.close();
  return directory.path;
}

describe('chooseDirectory', () => {
  it('starts in a directory named after recipe and time, the resolved recipe in it', async () => {
    const path = await open();
    expect(path).toBe(join(runs, 'r-20260102-030405'));
    expect(JSON.parse(readFileSync(join(path, 'recipe.json'), 'utf8'))).toEqual({
      name: 'r',
      seed: 0,
      device: 'auto',
      precision: 'auto',
      stages: [{ stage: 'count', name: 'A', steps: 3 }],
    });
  });

  it('resumes the newest run of this recipe, not of one whose name begins the same', async () => {
    const oldest = await open({ now: new Date(2025, 0, 1) });
    const newest = await open();
    await open({ now: new Date(2027, 0, 1) }, recipe(3, 'r-other'));
    expect(await open({ resume: true })).toBe(newest);
    expect(await open({ resume: true, out: oldest })).toBe(oldest);
  });

  it('refuses to resume with another recipe and says what differs, leaving the lock free', async () => {
    const path = await open();
    mkdirSync(join(path, 'A/state'), { recursive: true });
    await expect(open({ resume: true }, recipe(4))).rejects.toThrow('A.steps: 3 there, 4 now');
    expect(existsSync(join(path, 'lock'))).toBe(false);
  });

  it('resumes with other settings of a stage that has left nothing, and keeps them in recipe.json', async () => {
    const path = await open();
    expect(await open({ resume: true }, recipe(4))).toBe(path);
    expect(readFileSync(join(path, 'recipe.json'), 'utf8')).toContain('"steps": 4');
  });

  it('refuses when there is nothing to resume', async () => {
    await expect(open({ resume: true })).rejects.toThrow('no run of "r"');
    await expect(open({ resume: true, out: join(runs, 'none') })).rejects.toThrow('does not exist');
  });

  it('writes over a run only when asked, and over nothing else', async () => {
    const out = await open();
    writeFileSync(join(out, 'metrics.jsonl'), '');
    await expect(open({ out })).rejects.toThrow('--overwrite');
    await open({ out, overwrite: true });
    expect(existsSync(join(out, 'metrics.jsonl'))).toBe(false);
    const home = join(runs, 'home');
    mkdirSync(home);
    writeFileSync(join(home, 'thesis.tex'), '');
    await expect(open({ out: home, overwrite: true })).rejects.toThrow('is not a run directory');
    expect(existsSync(join(home, 'thesis.tex'))).toBe(true);
  });
});

describe('differences', () => {
  it('lists what was changed, added and removed; title and device are free', () => {
    const there = { title: 'x', device: 'cpu', seed: 0, stages: [{ name: 'A', lr: 1, rewards: ['a', 'b'] }] };
    const here = {
      title: 'y',
      device: 'cuda',
      seed: 0,
      stages: [{ name: 'A', lr: 2, rewards: ['a'], extra: {} }],
    };
    expect(differences(there, here)).toEqual([
      { path: ['stages', 0, 'lr'], text: 'A.lr: 1 there, 2 now' },
      { path: ['stages', 0, 'rewards', 1], text: 'A.rewards.1: "b" there, not set now' },
      { path: ['stages', 0, 'extra'], text: 'A.extra: not set there, {} now' },
    ]);
    expect(differences(there, there)).toEqual([]);
  });
});

describe('timestamp', () => {
  it('sorts like the time', () => expect(timestamp(now)).toBe('20260102-030405'));
});
