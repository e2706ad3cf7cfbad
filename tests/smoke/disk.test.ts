/** A disk that is full, read-only, limited or taken away while a run works: a named error, and the last states stay. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FileSum } from '../../src/run/checksum.ts';
import { damageOf } from '../../src/run/checksum.ts';
import { eventually } from '../support/eventually.ts';
import { LONG } from '../support/long.ts';
import { requirement } from '../support/requirement.ts';
import { TINY_CONFIG } from '../support/tiny-checkpoint.ts';

const ENTRY = fileURLToPath(new URL('../support/aha.ts', import.meta.url));
const root = mkdtempSync(path.join(tmpdir(), 'aha-disk-'));
/** A disk of its own, of 4 MiB. */
const disk = path.join(root, 'disk');

/** Whether a program can be run. */
function works(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function mounts(): boolean {
  mkdirSync(disk);
  return works('mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk);
}

const long = LONG ? null : 'npm run test:long';
const mounted = requirement(long ?? (mounts() ? null : 'a tmpfs can be mounted by root only'));
const limits = requirement(long ?? (works('prlimit', '--version') ? null : 'prlimit is not installed'));

const recipe = path.join(root, 'tiny.json');
beforeAll(() => {
  const optimizer = { peak: 5e-3 };
  // More steps than are taken before the disk is changed.
  const shape = { steps: 100_000, rowLength: 96, rowsPerStep: 4, checkpointEvery: 2 };
  const base = { stage: 'pretrain', name: 'base', model: TINY_CONFIG, optimizer, ...shape };
  writeFileSync(recipe, JSON.stringify({ name: 'tiny', device: 'cpu', stages: [base] }));
});
afterAll(() => {
  if (!mounted.missing) execFileSync('umount', [disk]);
  rmSync(root, { recursive: true, force: true });
});

/** Starts the run, changes the disk once two states are saved, and gives what the run says. */
async function errorOf(dir: string, change: (pid: number) => void | Promise<void>): Promise<string> {
  const child = spawn(process.execPath, ['--import', 'tsx', ENTRY, 'run', recipe, '--out', dir], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const status = new Promise<number | null>((resolve) => child.once('exit', resolve));
  try {
    await eventually(() => expect(statesIn(dir)).toHaveLength(2));
    await change(child.pid!);
    expect([await status, said.join('')]).toEqual([1, expect.not.stringMatching(/\n\s+at /)]);
  } finally {
    child.kill('SIGKILL');
  }
  return said.join('');
}

interface State {
  readonly files: { readonly [name: string]: FileSum };
}

function statesIn(dir: string): readonly State[] {
  const file = path.join(dir, 'base', 'state', 'state.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { states: State[] }).states : [];
}

/** The states to resume from are the two last, and whole. */
function expectStates(dir: string): void {
  const states = statesIn(dir);
  expect(states).toHaveLength(2);
  for (const { files } of states)
    for (const [name, sum] of Object.entries(files))
      expect(damageOf(path.join(dir, 'base', 'state', name), sum, 'state.json')).toBeNull();
}

it('ends when its directory is removed, and does not make it again', async () => {
  const dir = path.join(root, 'removed');
  // In one go: a run may write into a directory while it is emptied.
  const remove = () => renameSync(dir, path.join(root, 'gone'));
  expect(await errorOf(dir, remove)).toMatch(
    /removed: the run directory, or its lock, was removed .*\n.*--resume/,
  );
});

describe.skipIf(limits.missing)(`a limit on the size of files${limits.note}`, () => {
  it('ends the run by the name of the file', async () => {
    const dir = path.join(root, 'limited');
    const error = await errorOf(dir, (pid) => {
      execFileSync('prlimit', ['--pid', String(pid), '--fsize=2000']);
    });
    expect(error).toMatch(
      /limited\/.*: the file would be larger than is allowed here \(EFBIG, .*\n.*ulimit -f/,
    );
    expectStates(dir);
  });
});

describe.skipIf(mounted.missing)(`a disk${mounted.note}`, () => {
  it('that is full ends the run by the name of the file', async () => {
    const dir = path.join(disk, 'full');
    const ballast = path.join(disk, 'ballast');
    const error = await errorOf(dir, () => {
      expect(() => writeFileSync(ballast, Buffer.alloc(8e6))).toThrow('ENOSPC');
    });
    expect(error).toMatch(/full\/.*: no space is left on the device \(ENOSPC, .*\n.*--resume/);
    expectStates(dir);
    rmSync(ballast);
    rmSync(dir, { recursive: true });
  });

  it('that becomes read-only ends the run by the name of the file', async () => {
    const dir = path.join(disk, 'frozen');
    // Refused while a file is open for writing.
    const freeze = () => eventually(() => expect(works('mount', '-o', 'remount,ro', disk)).toBe(true));
    expect(await errorOf(dir, freeze)).toMatch(/frozen\/.*: the file system is read-only \(EROFS, .*\n/);
    expectStates(dir);
  });
});
