import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { writeChunks } from '../../run/chunks.ts';
import { productionPackages, startScript } from './bundle.ts';

describe('productionPackages', () => {
  it('is what running needs, without what developing needs, each directory once', async () => {
    const packages = await productionPackages();
    expect(packages).toEqual(expect.arrayContaining(['node_modules/zod', 'node_modules/commander']));
    expect(packages).not.toContain('node_modules/vitest');
    expect(packages.filter((path) => packages.some((other) => path.startsWith(`${other}/`)))).toEqual([]);
  });
});

describe('start.sh', () => {
  let base: string;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'bundle-'));
    const staging = join(base, 'staging');
    mkdirSync(staging);
    // Stands for Node: says what it was asked to run, from where it lies.
    writeFileSync(join(staging, 'node'), '#!/bin/sh\necho "node $(basename "$1")" "$2" "$3"\n');
    chmodSync(join(staging, 'node'), 0o755);
    execFileSync('tar', ['--xz', '-cf', join(base, 'aha.tar.xz'), '-C', staging, '.']);
    writeFileSync(join(base, 'start.sh'), startScript('0123'));
  });

  const start = (...args: string[]) =>
    execFileSync('sh', [join(base, 'start.sh'), ...args], {
      env: { PATH: process.env.PATH, AHA_CACHE: join(base, 'the cache') },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  it('unpacks, sets up, and becomes the command with its arguments as they were', () => {
    expect(start('run', 'a b.ts')).toBe('node aha run a b.ts\n');
    expect(readdirSync(join(base, 'the cache')).sort()).toEqual(['0123', 'build']);
  });

  it('puts the archive together where it comes in chunks, and names one that is altered', async () => {
    const archive = readFileSync(join(base, 'aha.tar.xz'));
    rmSync(join(base, 'aha.tar.xz'));
    const chunks = await writeChunks([archive], base, 'aha.tar.xz', 100);
    expect(chunks.length).toBeGreaterThan(1);
    writeFileSync(join(base, 'aha.sums'), chunks.map(({ sha256, file }) => `${sha256}  ${file}\n`).join(''));
    expect(start('doctor')).toBe('node aha doctor \n');
    rmSync(join(base, 'the cache'), { recursive: true });
    writeFileSync(join(base, 'aha.tar.xz.001'), 'other');
    expect(() => start('doctor')).toThrow(/aha\.tar\.xz\.001: FAILED[\s\S]*Copy the files named here again/);
    expect(existsSync(join(base, 'the cache/0123'))).toBe(false);
  });

  it('takes the chunks that have sums, in the order of these', async () => {
    const archive = readFileSync(join(base, 'aha.tar.xz'));
    rmSync(join(base, 'aha.tar.xz'));
    const [first, ...others] = await writeChunks([archive], base, 'aha.tar.xz', 100);
    // As .999 comes before .1000, and after it by name.
    renameSync(join(base, first!.file), join(base, 'aha.tar.xz.last'));
    const listed = [{ ...first!, file: 'aha.tar.xz.last' }, ...others];
    writeFileSync(join(base, 'aha.sums'), listed.map(({ sha256, file }) => `${sha256}  ${file}\n`).join(''));
    writeFileSync(join(base, 'aha.tar.xz.000'), 'of an earlier bundle');
    expect(start('doctor')).toBe('node aha doctor \n');
  });

  it('unpacks once', () => {
    start('doctor');
    rmSync(join(base, 'aha.tar.xz'));
    expect(start('doctor')).toBe('node aha doctor \n');
  });

  it('keeps what was built when a new bundle comes', () => {
    start('doctor');
    writeFileSync(join(base, 'the cache/0123/build/addon'), 'built');
    writeFileSync(join(base, 'start.sh'), startScript('4567'));
    start('doctor');
    expect(existsSync(join(base, 'the cache/4567/build/addon'))).toBe(true);
  });

  it('runs the benchmarks where they were packed, and leaves `bench` to the command where not', () => {
    const staging = join(base, 'staging');
    writeFileSync(join(staging, 'node'), '#!/bin/sh\nfor one in "$@"; do basename -- "$one"; done\n');
    const pack = (id: string) => {
      execFileSync('tar', ['--xz', '-cf', join(base, 'aha.tar.xz'), '-C', staging, '.']);
      writeFileSync(join(base, 'start.sh'), startScript(id));
    };
    pack('without');
    expect(start('bench', 'gpu').split('\n').slice(-3)).toEqual(['bench', 'gpu', '']);
    mkdirSync(join(staging, 'bench'));
    pack('with');
    const said = start('bench', 'gpu', 'sft', 'rows=2').trim().split('\n');
    expect(said).toEqual(['--import', 'loader.mjs', 'run.ts', 'gpu', 'sft', 'rows=2']);
  });
});
