/** The set-up installs what the Python sandbox needs where it may, says what to do where not, and goes on. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { installPythonSandbox } from '../../setup/python-sandbox.mjs';

const root = mkdtempSync(path.join(tmpdir(), 'aha-python-setup-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let machines = 0;
/** A machine of its own: a directory of programs, an apt-get that records its arguments, and what the set-up says. */
function machine(programs: readonly string[], apt?: 'installs' | 'fails') {
  const bin = path.join(root, `${machines++}`);
  mkdirSync(bin);
  const program = (name: string, text = '') => {
    writeFileSync(path.join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(path.join(bin, name), 0o755);
  };
  for (const name of programs) program(name);
  const log = path.join(bin, 'log');
  const tried = path.join(bin, 'build', 'tried');
  writeFileSync(log, '');
  const install = `case "$*" in *install*) /bin/cp ${bin}/apt-get ${bin}/bwrap; /bin/cp ${bin}/apt-get ${bin}/python3;; esac`;
  if (apt)
    program('apt-get', `echo "$@" >> ${log}\n${apt === 'installs' ? install : '[ "$1" = --version ]'}`);
  return {
    async setUp(asRoot: boolean): Promise<string> {
      const said: string[] = [];
      const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0);
      const where = { programs: [bin], pythons: [bin], root: asRoot, tried };
      await installPythonSandbox(where).finally(() => spy.mockRestore());
      return said.join('');
    },
    tried,
    calls: () => readFileSync(log, 'utf8').trim().split('\n'),
  };
}

it('does nothing where bubblewrap and CPython are there', async () => {
  const { setUp, calls } = machine(['bwrap', 'python3'], 'installs');
  expect(await setUp(true)).toBe('');
  expect(calls()).toEqual(['']);
});

it('installs what is missing', async () => {
  const { setUp, calls } = machine(['python3'], 'installs');
  expect(await setUp(true)).toBe('setup: bubblewrap not found: apt-get install -y bubblewrap\n');
  const [, update, install] = calls();
  expect(update).toMatch(/^update /);
  expect(install).toMatch(/^install -y .* bubblewrap$/);
  expect(await setUp(true)).toBe('');
});

it('goes on where the installation fails, and says what to install', async () => {
  const said = await machine([], 'fails').setUp(true);
  expect(said).toContain('bubblewrap and python3 not found, so the reward `code` cannot run Python programs');
  expect(said).toContain(
    'sudo apt-get update && sudo apt-get install -y --no-install-recommends bubblewrap python3',
  );
});

it('tries once a day, so that a start without a network does not wait for it', async () => {
  const { setUp, calls, tried } = machine([], 'fails');
  expect(await setUp(true)).toContain('to have it');
  const before = calls().length;
  expect(await setUp(true)).toBe('');
  expect(calls()).toHaveLength(before);
  const yesterday = Date.now() / 1000 - 25 * 60 * 60;
  utimesSync(tried, yesterday, yesterday);
  expect(await setUp(true)).toContain('to have it');
  expect(calls()).toHaveLength(2 * before);
});

it('installs nothing without root', async () => {
  const { setUp, calls } = machine(['python3'], 'installs');
  expect(await setUp(false)).toMatch(
    /to have it: sudo apt-get update && sudo apt-get install -y .* bubblewrap\n$/,
  );
  expect(calls()).toEqual(['--version']);
});

it('names the packages where there is no apt', async () => {
  expect(await machine([]).setUp(true)).toMatch(
    /install bubblewrap and python3 with your package manager\n$/,
  );
});
