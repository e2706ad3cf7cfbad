/** A copied or moved package uses the addon inside it, never that of the place it came from. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { currentAddon } from '../../setup/status.mjs';

let copy: string;
beforeEach(() => {
  copy = realpathSync(mkdtempSync(path.join(tmpdir(), 'aha-copy-')));
  for (const part of ['native', 'setup', 'build', 'package.json', 'package-lock.json']) {
    const filter = (from: string): boolean => !from.endsWith('build/addon/objects');
    cpSync(part, path.join(copy, part), { recursive: true, preserveTimestamps: true, filter });
  }
  cpSync('src/torch', path.join(copy, 'src/torch'), { recursive: true });
  cpSync('src/errors.ts', path.join(copy, 'src/errors.ts'));
  symlinkSync(path.resolve('node_modules'), path.join(copy, 'node_modules'));
});
afterEach(() => rmSync(copy, { recursive: true, force: true }));

/** Runs a script inside the copy; its exit status and what it printed. */
function inCopy(script: string): { status: number | null; printed: string } {
  const args = ['--import', 'tsx', '--input-type=module', '-e', script];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' });
  return { status, printed: stdout + stderr };
}

const LOADED = `
  import { readFileSync } from 'node:fs';
  await import('./src/torch/native.ts');
  const files = readFileSync('/proc/self/maps', 'utf8').match(/\\/.*aha\\.node/g);
  console.log([...new Set(files)].join());`;

describe('a copy of the package', () => {
  it('loads its own addon', () => {
    const own = path.join(copy, path.relative('.', currentAddon()!.path));
    expect(inCopy(LOADED)).toEqual({ status: 0, printed: `${own}\n` });
  });

  it('with the absolute record of an older set-up asks for the set-up, which makes its own', () => {
    const file = path.join(copy, 'build/addon/current.json');
    const record = readFileSync(file, 'utf8');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(record), path: currentAddon()!.path }));
    const { status, printed } = inCopy(LOADED);
    expect(status).not.toBe(0);
    expect(printed).toContain('the native addon is not built');
    const built = inCopy(`
      import { buildAddon, planAddon } from './setup/build-addon.mjs';
      import { findTorch } from './setup/find-torch.mjs';
      import { compilerVersion } from './setup/system-packages.mjs';
      await buildAddon(planAddon((await findTorch()).torch, await compilerVersion()));`);
    expect(built).toEqual({ status: 0, printed: '' });
    expect(readFileSync(file, 'utf8')).toBe(record);
    expect(inCopy(LOADED).printed).toContain(copy);
  });
});
