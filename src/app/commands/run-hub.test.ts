/** `aha run` with inputs that are named on the hub. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ALONE } from '../../ranks.ts';
import { commitOf, TestHub } from '../../remote/hub/testing.ts';
import { testStages } from '../recipes/testing.ts';
import { addRun } from './run-command.ts';

const NAME = 'hf:org/numbers/number';

let base: string;
let hub: TestHub;
beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'run-hub-'));
  const commits = {
    [commitOf('a')]: { number: { content: '10' } },
    [commitOf('b')]: { number: { content: '20' } },
  };
  hub = await TestHub.start([{ kind: 'model', name: 'org/numbers', commits, refs: { main: commitOf('a') } }]);
  for (const [key, value] of Object.entries({
    HF_HOME: base,
    HF_ENDPOINT: hub.endpoint,
    HF_HUB_OFFLINE: '',
  })) {
    vi.stubEnv(key, value);
  }
  const stages = [
    { stage: 'interrupt', name: 'Stop' },
    { stage: 'count', name: 'A', from: NAME },
  ];
  writeFileSync(join(base, 'recipe.json'), JSON.stringify({ name: 'r', stages }));
});
afterEach(() => {
  hub.close();
  vi.unstubAllEnvs();
  rmSync(base, { recursive: true, force: true });
});

/** Runs `aha run` with the test stages; what it wrote to stdout. */
async function run(out: string, ...argv: string[]): Promise<string> {
  let written = '';
  const stdout = {
    write: (text: string) => {
      written += text;
    },
  };
  const stderr = { write: () => undefined };
  const program = new Command().exitOverride();
  addRun(program, { stdout, stderr }, async () => ({
    stageDefinitions: testStages,
    resolveDevice: () => 'cpu',
    openRanks: (device) => ({ ranks: ALONE, device }),
    deviceReport: () => ({ torchVersion: '0', devices: [{ device: 'cpu' }], threads: 1, kernel: 'Prescott' }),
    endOnSecondInterrupt: () => ({ again: () => undefined, [Symbol.dispose]: () => undefined }),
    useDeterministic: () => undefined,
  }));
  const args = ['run', join(base, 'recipe.json'), '--out', join(base, out), ...argv];
  await program.parseAsync(args, { from: 'user' });
  return written;
}

const numberOf = (out: string) => readFileSync(join(base, out, 'A/number'), 'utf8');

it('keeps the commit that a run began with, wherever the branch goes', async () => {
  await expect(run('first')).rejects.toMatchObject({ exitCode: 130 });
  const record = JSON.parse(readFileSync(join(base, 'first/hub.json'), 'utf8'));
  const pinned = `${NAME}@${commitOf('a')}`;
  expect(record).toEqual({ format: 1, inputs: [{ kind: 'model', name: NAME, pinned }] });
  expect(readFileSync(join(base, 'first/recipe.json'), 'utf8')).toContain(`"from": "${pinned}"`);
  hub.repos[0]!.refs = { main: commitOf('b') };
  expect(await run('first', '--resume')).toContain(`${NAME} is ${pinned}`);
  expect(numberOf('first')).toBe('13');
  expect(await run('first', '--resume')).toContain('A: complete, not run again');
  // Another run takes what the branch points to by now.
  await expect(run('second')).rejects.toMatchObject({ exitCode: 130 });
  await run('second', '--resume');
  expect(numberOf('second')).toBe('23');
});

it('resumes without a network once all is in the cache', async () => {
  await expect(run('first')).rejects.toMatchObject({ exitCode: 130 });
  hub.close();
  vi.stubEnv('HF_HUB_OFFLINE', '1');
  await run('first', '--resume');
  expect(numberOf('first')).toBe('13');
});

it('lists in a dry run what would be downloaded, and leaves it there', async () => {
  const text = await run('dry', '--dry-run');
  expect(text).toContain(`From the hub:\n  ${NAME}@${commitOf('a')}: 1 file, 1 MiB, 1 MiB to download`);
  const json = JSON.parse(await run('dry', '--dry-run', '--json')) as { hub: unknown };
  expect(json.hub).toMatchObject([
    { name: NAME, bytes: 2, missingBytes: 2, files: [{ path: 'number', bytes: 2 }] },
  ]);
  expect(readdirSync(join(base, 'hub/models--org--numbers'))).toEqual(['refs']);
  expect(existsSync(join(base, 'dry'))).toBe(false);
});

it('fails before anything is made where a name leads nowhere', async () => {
  await expect(run('none', '--set', 'A.from=hf:org/number/number')).rejects.toThrow(
    /did you mean "org\/numbers"\?/,
  );
  expect(existsSync(join(base, 'none'))).toBe(false);
});
